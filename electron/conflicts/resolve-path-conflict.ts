import { pathKey } from '../contract/library-path.ts'
import type { LibraryModel, ReplacedFate } from '../contract/library.ts'
import {
  pathConflictFailure,
  findPathConflict,
  freeTarget,
  pathsToSearch,
  type PathConflict,
} from './path-conflict.ts'
import type { Outcome } from '../journal/outcome.ts'
import type { RecordChange, UploadRecord } from '../journal/upload-record.ts'
import type { Rows } from '../journal/rows.ts'

/** The one before it is there first: then there is a model to replace or to leave, and if it never comes, this one goes. */
export interface WaitsFor {
  readonly kind: 'behind'
  readonly other: UploadRecord
}

export function resolvePathConflict(
  options: {
    readonly rows: Rows
    readonly replacedFate: () => ReplacedFate
    readonly leftOut: (record: UploadRecord) => void
  },
  id: string,
  models: readonly LibraryModel[],
): Outcome | WaitsFor | null {
  const { rows } = options
  for (;;) {
    const record = rows.get(id)?.record
    if (!record) return { kind: 'stopped' }
    const paths = pathsToSearch(models, rows, record)
    const clash = findPathConflict(record, paths, true)
    if (!clash) return keepStanding(rows, record, models)
    const policy = record.library?.onConflict ?? 'ask'
    const waits = policy === 'replace' || policy === 'skip'
    if (waits && clash.with === 'upload') return { kind: 'behind', other: clash.other }
    const change = changeFor(record, clash, freeTarget(record.target, paths), options.replacedFate())
    if (change === 'skip') {
      const gone = rows.remove([id])
      if (gone.ok) options.leftOut(record)
      return gone.ok ? { kind: 'stopped' } : { kind: 'failed', failure: gone.failure }
    }
    if (change === 'ask') return { kind: 'failed', failure: pathConflictFailure(record, clash, paths) }
    const written = rows.change(id, change)
    if (!written.ok) return { kind: 'failed', failure: written.failure }
  }
}

/**
 * Forgets what was to be replaced once one of the two stands elsewhere, since somebody moved it: a model in whose place nothing
 * comes is nobody's to delete. One that isn't listed is gone, or its list is missing; whoever removes it looks once more.
 */
function keepStanding(rows: Rows, record: UploadRecord, models: readonly LibraryModel[]): Outcome | null {
  const { replaces, ...library } = record.library ?? {}
  if (!replaces || record.modelId !== null) return null
  const standsAt = models.find(({ id }) => id === replaces.modelId)?.modelPath ?? replaces.path
  const isMoved = replaces.asidePath === null && standsAt !== replaces.path
  if (pathKey(replaces.path) === pathKey(record.target.modelPath) && !isMoved) return null
  const written = rows.change(record.id, { library })
  return written.ok ? null : { kind: 'failed', failure: written.failure }
}

function changeFor(
  record: UploadRecord,
  clash: PathConflict,
  free: UploadRecord['target'],
  usualFate: ReplacedFate,
): RecordChange | 'skip' | 'ask' {
  const { library = {}, target } = record
  switch (library.onConflict ?? 'ask') {
    case 'ask':
      return 'ask'
    case 'skip':
      return 'skip'
    case 'rename':
      return { target: { ...target, modelPath: free.modelPath } }
    case 'keep-both':
      return { target: free }
    case 'replace': {
      if (clash.with === 'upload') return 'ask'
      const { id, displayName, modelPath } = clash.model
      const path = modelPath ?? target.modelPath
      const fate = library.fate ?? usualFate
      return {
        library: {
          ...library,
          replaces: { modelId: id, name: displayName || path, path, fate, asidePath: null },
        },
      }
    }
  }
}
