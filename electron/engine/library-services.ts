import type { DatabaseSync } from 'node:sqlite'
import type { Accounts } from '../accounts/accounts.ts'
import type { Result } from '../contract/failures.ts'
import type { LibraryModel, LibraryNews, OnConflict, ReplacedFate } from '../contract/library.ts'
import type { Environment } from '../platform/environment.ts'
import { createLibrary } from '../library/library.ts'
import type { Hasher } from '../transfer/hasher.ts'
import type { StoredChoices } from '../platform/environment.ts'
import { modelOf } from '../conflicts/registered-copies.ts'
import { createFileHashes } from '../conflicts/file-hashes.ts'
import { createConflictCheck } from '../conflicts/check-before-upload.ts'
import { createHashCache } from '../journal/hash-cache.ts'
import type { UploadRecord } from '../journal/upload-record.ts'
import { createReplacer } from '../conflicts/replace.ts'
import type { Rows } from '../journal/rows.ts'

/** What the person wants where a library path is taken; what is left out is as another process of theirs wrote it down. */
export interface ConflictSettings {
  readonly onConflict?: OnConflict
  readonly replacedFate?: ReplacedFate
}

/** All that stands between the uploads and what their teams have already. */
export function openLibraryServices(options: {
  readonly accounts: Pick<Accounts, 'list' | 'accessFor'>
  readonly database: DatabaseSync
  readonly rows: Rows
  readonly hasher: Hasher
  readonly choices: StoredChoices
  readonly environment: Environment
  readonly settings: { readonly now: ConflictSettings }
  readonly listeners: Iterable<{
    library?(news: LibraryNews): void
    leftOut?(upload: { readonly id: string; readonly fileName: string }): void
  }>
}) {
  const { accounts, database, rows, hasher, choices, environment, settings } = options
  const library = createLibrary({ accounts, environment })
  const hashCache = createHashCache(database, environment)
  const hashes = createFileHashes({ hasher, cache: hashCache })
  const replacer = createReplacer({
    library,
    environment,
    now: (id) => rows.get(id)?.record.library?.replaces,
  })
  library.subscribe((news) => {
    for (const listener of options.listeners) listener.library?.(news)
  })

  /** The command line has no settings of its own: it goes by what the app wrote down. */
  function keep({ onConflict, replacedFate }: ConflictSettings): void {
    if (onConflict) choices.set('on-conflict', onConflict)
    if (replacedFate) choices.set('replaced-fate', replacedFate)
  }

  keep(settings.now)
  return {
    ...{ library, hashCache, replacer, keep },
    onConflict: () => settings.now.onConflict ?? (choices.get('on-conflict') as OnConflict | null) ?? 'ask',
    conflictCheck: (found: (id: string, sha256: string, model: LibraryModel) => Result<void>) =>
      createConflictCheck({
        ...{ rows, library, hashes, environment, found },
        leftOut({ id, fileName }) {
          for (const listener of options.listeners) listener.leftOut?.({ id, fileName })
        },
        replacedFate: () =>
          settings.now.replacedFate ?? (choices.get('replaced-fate') as ReplacedFate | null) ?? 'disable',
      }),
    /** A model has come into the library by our sending: it is listed, and its file's hash is known. */
    brought(record: UploadRecord) {
      library.noted({ accountId: record.accountId, teamId: record.team.id }, modelOf(record))
      if (record.sha256 !== null) hashCache.remember(record.path, record.identity, record.sha256)
    },
  }
}
