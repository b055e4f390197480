import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import * as v from 'valibot'
import { isAccountIdOf, isSamePerson, isToBeRemoved, type Account } from '../../contract/account.ts'
import { success, type Result } from '../../contract/failures.ts'
import type { Environment } from '../../platform/environment.ts'
import { abandonUpload } from '../abandoned-store.ts'
import { storedAccounts } from '../account-store.ts'
import { createDisplacedModelTable } from '../displaced-models.ts'
import { lockTimeoutMs } from '../journal-file.ts'
import { createWrite } from '../journal-write.ts'
import { createSchema, journalVersion, migrate } from '../schema.ts'
import { returnChoices, takeChoices } from './account-choices.ts'
import { accountTables, insertRows, takeRows, type StoredRow, type StoredRows } from './account-rows.ts'
import { filePart, takeDamagedJournals, writeDamagedJournal, type FilePart } from './damaged-journals.ts'
import { decrypt, encrypt, ownerTag, type Seal } from './seal.ts'

/**
 * Rows of one transaction: about 20 ms of the main thread, so that the window responds while the history of
 * years is encrypted.
 */
const rowsPerStep = 200
const hashesPerStep = 2_000
/** How long erasing waits for workers and for commands that read the journal, in ms; it is tried again later. */
const eraseTimeoutMs = 200

const content = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    version: v.number(),
    rows: v.record(v.string(), v.array(v.record(v.string(), v.union([v.string(), v.number(), v.null()])))),
    file: v.exactOptional(filePart),
  }),
)
type Content = v.InferOutput<typeof content>

/** One user's accounts on one server, and whether other users are signed in. */
export interface SealedUser {
  readonly account: Account
  readonly hasOtherUsers: boolean
}

interface UnsealedPart {
  readonly id: number
  /** It can't be decrypted and stays as it is. */
  readonly isDamaged: boolean
}

/** A seal in the journal, and whose it is for those who have its key. */
export interface StoredSeal {
  readonly id: string
  readonly owner: string
}

/** What a step left to do. */
export type Remainder = 'more' | 'nothing'

/**
 * What belongs to accounts that have signed out, in the journal as encrypted parts. Each step is one
 * transaction, so that a hard stop leaves every row either readable or encrypted.
 */
export interface SealedAccounts {
  /** Encrypts some of what belongs to a user. Stops when the user is signed in again. */
  sealNext(user: SealedUser, seal: Seal): Result<Remainder>
  /** Deletes some of it instead. What storage still holds of it stays listed until the user signs in again. */
  removeNext(user: SealedUser): Result<Remainder>
  seals(): readonly StoredSeal[]
  /** Decrypts the part after the part `afterId`; null if there is none. */
  unsealNext(seal: Seal, afterId: number): Result<UnsealedPart | null>
  /** Deletes encrypted parts that can't be decrypted: all of these seals, and single ones. */
  discard(which: { readonly seals: readonly string[]; readonly parts: readonly number[] }): Result<void>
  /** Whether the file may still hold bytes of deleted rows. */
  needsErasing(): boolean
  /**
   * Erases them from the journal and its log; false if it is in use or the disk is full. Unless it `isLast`, the journal stays marked, so that what else is to be erased is tried again.
   */
  erase(options?: { readonly isLast: boolean }): boolean
}

/** @param folder the data folder, which may have copies of damaged journals */
export function createSealedAccounts(
  database: DatabaseSync,
  environment: Environment,
  folder: string,
): SealedAccounts {
  const write = createWrite(database, environment)
  const insert = database.prepare('INSERT INTO sealed (seal, owner, content) VALUES (?, ?, ?)')
  const next = database.prepare(
    'SELECT id, content FROM sealed WHERE seal = ? AND id > ? ORDER BY id LIMIT 1',
  )
  const removePart = database.prepare('DELETE FROM sealed WHERE id = ?')
  /** Whether the journal was rewritten after the last deletion. */
  let isRewritten = false

  function takeNext(user: SealedUser, keeping: Keeping): Result<Remainder> {
    let remainder: Remainder = 'nothing'
    isRewritten = false
    const written = write(() => {
      const step = takeStep({ database, folder, user, keeping })
      markForErasing(database, step.files)
      remainder = step.remainder
    })
    return written.ok ? success(remainder) : written
  }

  return {
    sealNext(user, seal) {
      const owner = ownerTag(seal, user.account)
      return takeNext(user, {
        isAccountTaken: () => true,
        isTableKept: () => false,
        beforeDelete: () => {},
        keep(part) {
          insert.run(seal.id, owner, encrypt(seal, JSON.stringify({ version: journalVersion, ...part })))
        },
      })
    },
    removeNext(user) {
      const displaced = createDisplacedModelTable(database)
      return takeNext(user, {
        isAccountTaken: isToBeRemoved,
        // What is still to be cleaned up in storage and library.
        isTableKept: (table) => table === 'leftovers' || table === 'moved_aside',
        beforeDelete(table, rows) {
          for (const { id } of table === 'uploads' ? rows : []) {
            abandonUpload(database, String(id), null)
            displaced.update(String(id), null)
          }
        },
        keep: () => {},
      })
    },
    seals: () =>
      database
        .prepare('SELECT DISTINCT seal, owner FROM sealed')
        .all()
        .map(({ seal, owner }) => ({ id: String(seal), owner: String(owner) })),
    unsealNext(seal, afterId) {
      let unsealed: UnsealedPart | null = null
      const written = write(() => {
        const part = next.get(seal.id, afterId)
        if (!part) return
        const id = Number(part['id'])
        const parsed = v.safeParse(content, decrypt(seal, part['content'] as Uint8Array))
        unsealed = { id, isDamaged: !parsed.success }
        if (!parsed.success) return
        returnContent(database, folder, parsed.output)
        removePart.run(id)
      })
      return written.ok ? success(unsealed) : written
    },
    discard({ seals, parts }) {
      isRewritten = false
      return write(() => {
        markForErasing(database, [])
        for (const seal of seals) database.prepare('DELETE FROM sealed WHERE seal = ?').run(seal)
        for (const id of parts) removePart.run(id)
      })
    },
    needsErasing: () => filesToErase(database) !== null,
    erase({ isLast } = { isLast: true }) {
      isRewritten ||= rewrite(database, environment)
      if (!isRewritten || !isLast) return false
      database.prepare('DELETE FROM choices WHERE name = ?').run(eraseMark)
      return true
    },
  }
}

/** The row of `choices` that lists the files that are to be deleted when the journal is erased. */
const eraseMark = 'erase'

/** The files to delete; null if there is nothing to erase. */
function filesToErase(database: DatabaseSync): readonly string[] | null {
  const mark = database.prepare('SELECT value FROM choices WHERE name = ?').get(eraseMark)
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.array(v.string())), mark?.['value'])
  if (mark === undefined) return null
  return parsed.success ? parsed.output : []
}

function markForErasing(database: DatabaseSync, files: readonly string[]): void {
  setFilesToErase(database, new Set([...(filesToErase(database) ?? []), ...files]))
}

/** Keeps a file that is back: its encrypted copy is deleted. */
function keepFile(database: DatabaseSync, file: string): void {
  const files = new Set(filesToErase(database))
  if (files.delete(file)) setFilesToErase(database, files)
}

function setFilesToErase(database: DatabaseSync, files: ReadonlySet<string>): void {
  database
    .prepare('INSERT OR REPLACE INTO choices (name, value) VALUES (?, ?)')
    .run(eraseMark, JSON.stringify([...files]))
}

/** What happens to the rows that a step takes. */
interface Keeping {
  /** Which of the user's accounts are taken. */
  readonly isAccountTaken: (account: Account) => boolean
  /** Whether the rows of a table stay as they are. */
  readonly isTableKept: (table: string) => boolean
  readonly beforeDelete: (table: string, rows: readonly StoredRow[]) => void
  readonly keep: (part: { readonly rows: StoredRows; readonly file?: FilePart }) => void
}

interface Step {
  readonly database: DatabaseSync
  readonly folder: string
  readonly user: SealedUser
  readonly keeping: Keeping
}

interface StepResult {
  readonly remainder: Remainder
  /** Files that are to be deleted. */
  readonly files: readonly string[]
}

/** Takes some rows of the first table that has any; hashes, choices and accounts come last. */
function takeStep({ database, folder, user, keeping }: Step): StepResult {
  const { keep } = keeping
  const known = storedAccounts(database)
  const ofUser = known.filter((other) => isSamePerson(other, user.account))
  // The user may have signed in again meanwhile.
  if (ofUser.some(({ state }) => state === 'ready')) return { remainder: 'nothing', files: [] }
  const own = ofUser.filter(keeping.isAccountTaken)
  const hasOtherUsers = user.hasOtherUsers || own.length < ofUser.length
  const listedIds = own.map(({ id }) => id)
  const rows = takeAccountRows(database, listedIds, keeping)
  // Only once the listed ones have none left, since this reads all rows.
  const accountIds = rows ? listedIds : [...listedIds, ...unlistedIds(database, user.account, known)]
  const taken = rows ?? takeAccountRows(database, accountIds, keeping)
  if (taken) {
    keep({ rows: taken })
    return { remainder: 'more', files: [] }
  }
  const hashes = takeHashes(database)
  if (hashes.length > 0) {
    keep({ rows: { hashes } })
    return { remainder: 'more', files: [] }
  }
  const files = takeDamagedJournals(folder, (file) => keep({ rows: {}, file }))
  keep({
    rows: {
      choices: takeChoices(database, accountIds, hasOtherUsers),
      accounts: own.map((account) => ({ id: account.id, account: JSON.stringify(account) })),
    },
  })
  for (const { id } of own) database.prepare('DELETE FROM accounts WHERE id = ?').run(id)
  return { remainder: 'nothing', files }
}

/** Takes some rows of the first table that has any of these accounts; null if none has. */
function takeAccountRows(
  database: DatabaseSync,
  accountIds: readonly string[],
  { isTableKept, beforeDelete }: Keeping,
): StoredRows | null {
  for (const table of accountTables(database).filter(({ name }) => !isTableKept(name))) {
    const rows = takeRows(database, table, { accountIds, limit: rowsPerStep, beforeDelete })
    if ((rows[table.name]?.length ?? 0) > 0) return rows
  }
  return null
}

/** Ids of uploads with a token of the same user, which are no accounts of this computer (accounts/accounts.ts). */
function unlistedIds(database: DatabaseSync, account: Account, known: readonly Account[]): readonly string[] {
  const listed = new Set(known.map(({ id }) => id))
  const ids = accountTables(database)
    .flatMap(({ name }) => database.prepare(`SELECT DISTINCT account_id AS id FROM ${name}`).all())
    .map(({ id }) => String(id))
    .filter((id) => !listed.has(id) && isAccountIdOf(account, id))
  return [...new Set(ids)]
}

/** Takes some hashes of files that no upload and no watched folder of another user has. */
function takeHashes(database: DatabaseSync): readonly StoredRow[] {
  const hashes = database
    .prepare(
      `SELECT * FROM hashes AS hash WHERE path NOT IN (SELECT path FROM uploads) AND NOT EXISTS (
         SELECT 1 FROM watched_folders AS watched
         WHERE substr(hash.path, 1, length(watched.path) + 1) IN (watched.path || '/', watched.path || '\'))
       LIMIT ?`,
    )
    .all(hashesPerStep)
  database
    .prepare('DELETE FROM hashes WHERE path IN (SELECT value FROM json_each(?))')
    .run(JSON.stringify(hashes.map(({ path }) => path)))
  return hashes
}

/** Inserts what a part contains. A part of an older version is migrated like a journal of that version. */
function returnContent(database: DatabaseSync, folder: string, { version, rows, file }: Content): void {
  if (file) keepFile(database, writeDamagedJournal(folder, file))
  const { choices = [], ...others } = version === journalVersion ? rows : migrateRows(rows, version)
  insertRows(database, others)
  returnChoices(database, choices)
}

/** Migrates rows of an older version in a journal of their own, in memory. */
function migrateRows(rows: StoredRows, version: number): StoredRows {
  const old = new DatabaseSync(':memory:', { enableForeignKeyConstraints: false })
  try {
    createSchema(old, version)
    insertRows(old, rows)
    migrate(old)
    const tables = old
      .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'sealed'`)
      .all()
      .map(({ name }) => String(name))
    return Object.fromEntries(tables.map((name) => [name, old.prepare(`SELECT * FROM ${name}`).all()]))
  } finally {
    old.close()
  }
}

/**
 * Rewrites the journal, so that it has no free space with bytes of deleted rows, and empties its log, which has
 * earlier versions of its pages.
 */
function rewrite(database: DatabaseSync, { log }: Environment): boolean {
  try {
    for (const file of filesToErase(database) ?? []) rmSync(file, { force: true })
    // A journal in use is rewritten later, without blocking this thread. Temporary files would be readable.
    database.exec(`PRAGMA busy_timeout = ${eraseTimeoutMs}; PRAGMA temp_store = MEMORY; VACUUM`)
    return database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] === 0
  } catch (error) {
    log.warn('deleted rows could not be erased from the journal yet', { error: String(error) })
    return false
  } finally {
    database.exec(`PRAGMA busy_timeout = ${lockTimeoutMs}; PRAGMA temp_store = DEFAULT`)
  }
}
