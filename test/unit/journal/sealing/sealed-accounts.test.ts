import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import type { Account } from '../../../../electron/contract/account.ts'
import { createAccountStore, createStoredChoices } from '../../../../electron/journal/account-store.ts'
import { addAbandonedUpload } from '../../../../electron/journal/abandoned-store.ts'
import { createHashCache } from '../../../../electron/journal/hash-cache.ts'
import { openJournal } from '../../../../electron/journal/journal-file.ts'
import {
  createSeal,
  decrypt,
  encrypt,
  ownerTag,
  type Seal,
} from '../../../../electron/journal/sealing/seal.ts'
import {
  createSealedAccounts,
  type SealedAccounts,
  type SealedUser,
} from '../../../../electron/journal/sealing/sealed-accounts.ts'
import { createUploadStore } from '../../../../electron/journal/upload-store.ts'
import { choiceOwners, type ChoiceName } from '../../../../electron/platform/environment.ts'
import { createTestEnvironment, standingClock } from '../../../support/hand-clock.ts'
import { multipartOpenState, registeredRecord, uploadRecord } from '../../../support/records.ts'
import { createOldJournal } from '../../../support/old-journal.ts'
import { unfinishedIn } from '../../../support/rows-on-journal.ts'

const accountOf = (name: string): Account => ({
  id: `cloud.example ${name}`,
  kind: 'session',
  server: 'https://cloud.example/api/v1',
  personId: name,
  name,
  email: `${name}@studio.example`,
  teams: [{ id: 'team_01', name: 'Studio North' }],
  state: 'signed-out',
  hasLeft: true,
})
const alice = accountOf('alice')
const bob = accountOf('bob')
const user: SealedUser = { account: alice, hasOtherUsers: false }

function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-sealed-'))
  const environment = createTestEnvironment(standingClock())
  const { database } = openJournal(folder, 0)
  onTestFinished(() => {
    if (database.isOpen) database.close()
    rmSync(folder, { recursive: true })
  })
  const accounts = createAccountStore(database, environment)
  accounts.save(alice)
  const store = createUploadStore(database, environment)
  return {
    folder,
    database,
    environment,
    accounts,
    store,
    choices: createStoredChoices(database, environment),
    hashes: createHashCache(database, environment),
    sealed: createSealedAccounts(database, environment, folder),
  }
}

/** Seals everything; returns the last remainder. */
function sealAll(sealed: SealedAccounts, seal: Seal, who: SealedUser = user): string {
  for (;;) {
    const step = sealed.sealNext(who, seal)
    if (!step.ok) return step.failure.code
    if (step.value !== 'more') return step.value
  }
}

function unsealAll(sealed: SealedAccounts, seal: Seal): readonly number[] {
  const damaged: number[] = []
  let afterId = 0
  for (;;) {
    const part = sealed.unsealNext(seal, afterId)
    if (!part.ok) throw new Error(part.failure.code)
    if (part.value === null) return damaged
    afterId = part.value.id
    if (part.value.isDamaged) damaged.push(afterId)
  }
}

/** All rows of the tables that accounts have. */
function contentOf(database: DatabaseSync): unknown {
  const tables = database
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'sealed'`)
    .all()
    .map(({ name }) => String(name))
  return tables.map((table) => [
    table,
    database
      .prepare(`SELECT * FROM ${table}`)
      .all()
      .map((row) => JSON.stringify(row))
      .filter((row) => !row.includes('"name":"erase"'))
      .sort(),
  ])
}

const filesText = (folder: string) =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name)).toString('latin1'))
    .join('\n')

test('returns exactly what was sealed', () => {
  const { database, store, choices, hashes, sealed } = setup()
  const multipart = uploadRecord({ state: multipartOpenState(5_000_000) })
  store.add([uploadRecord(), multipart, registeredRecord(), uploadRecord({ phase: 'review' })])
  store.parts.add(multipart.id, { number: 1, etag: '"e"', checksum: 1 })
  store.logs.append(multipart.id, { kind: 'event', event: { event: 'sending', atMs: 1 } })
  store.logs.flush()
  addAbandonedUpload(database, { uploadId: 'u', storageKey: 'k', accountId: alice.id, teamId: 't' })
  hashes.remember('/models/other', uploadRecord().identity, 'f'.repeat(64))
  choices.set('team', JSON.stringify({ accountId: alice.id, teamId: 'team_01', earlier: [] }))
  choices.set('known-folders', JSON.stringify(['/models']))
  const before = contentOf(database)
  const seal = createSeal()
  expect(sealAll(sealed, seal)).toBe('nothing')
  expect(sealed.seals()).toEqual([{ id: seal.id, owner: ownerTag(seal, alice) }])
  expect(unsealAll(sealed, seal)).toEqual([])
  expect([contentOf(database), sealed.seals()]).toEqual([before, []])
})

test('leaves no byte of the account in the files, and keeps the rows of another one', () => {
  const { folder, accounts, store, hashes, sealed, choices } = setup()
  accounts.save({ ...bob, state: 'ready' })
  const his = uploadRecord({ accountId: bob.id, path: '/bobs/model.safetensors' })
  const hers = uploadRecord({ path: '/alices/model.safetensors' })
  store.add([his, hers, registeredRecord({ path: '/alices/done.safetensors' })])
  hashes.remember(hers.path, hers.identity, 'a'.repeat(64))
  hashes.remember(his.path, his.identity, 'b'.repeat(64))
  choices.set('known-folders', JSON.stringify(['/alices', '/bobs']))
  // Rows that were deleted before leave their bytes in free pages of journals of older versions.
  store.add(Array.from({ length: 50 }, () => uploadRecord({ path: '/alices/removed.safetensors' })))
  sealAll(sealed, createSeal(), { account: alice, hasOtherUsers: true })
  expect([sealed.erase(), sealed.needsErasing()]).toEqual([true, false])
  const text = filesText(folder)
  for (const gone of ['alice', 'a'.repeat(64)]) expect(text).not.toContain(gone)
  for (const kept of ['/bobs/model', bob.email, 'b'.repeat(64)]) expect(text).toContain(kept)
  expect(store.find(his.id)).toEqual(his)
  expect(choices.get('known-folders')).toBe(JSON.stringify(['/bobs']))
})

test('erases what a journal of an older version has left in free pages', () => {
  const { folder, database, store, sealed } = setup()
  database.exec('PRAGMA secure_delete = OFF')
  const removed = Array.from({ length: 500 }, () => uploadRecord({ path: '/alices/removed.safetensors' }))
  store.add(removed)
  store.remove(removed.map(({ id }) => id))
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  expect(filesText(folder)).toContain('/alices/removed')
  sealAll(sealed, createSeal())
  expect(sealed.erase()).toBe(true)
  expect(filesText(folder)).not.toContain('/alices/removed')
})

test('each step is complete in itself: after a hard stop the rest is sealed or unsealed later', () => {
  const { folder, database, environment, store, sealed } = setup()
  store.add(Array.from({ length: 1_000 }, () => registeredRecord()))
  const before = contentOf(database)
  const first = createSeal()
  sealed.sealNext(user, first)
  database.close()

  const { database: next } = openJournal(folder, 0)
  const after = createSealedAccounts(next, environment, folder)
  const second = createSeal()
  expect(sealAll(after, second)).toBe('nothing')
  after.unsealNext(second, 0)
  next.close()

  const { database: last } = openJournal(folder, 0)
  const again = createSealedAccounts(last, environment, folder)
  unsealAll(again, second)
  unsealAll(again, first)
  expect(contentOf(last)).toEqual(before)
  last.close()
})

test('seals the uploads of the same user’s other sign-ins and of a token', () => {
  const { store, accounts, sealed } = setup()
  accounts.save({ ...alice, id: `${alice.id} team_01`, kind: 'device' })
  store.add(
    [`${alice.id} team_01`, `${alice.id} team_02`, 'cloud.example alice2'].map((accountId) =>
      uploadRecord({ accountId }),
    ),
  )
  expect(sealAll(sealed, createSeal())).toBe('nothing')
  expect(unfinishedIn(store).map(({ accountId }) => accountId)).toEqual(['cloud.example alice2'])
})

test('returns what is not damaged, and discards the rest only on request', () => {
  const { database, store, sealed } = setup()
  store.add(Array.from({ length: 500 }, () => registeredRecord()))
  const seal = createSeal()
  sealAll(sealed, seal)
  const [first] = database.prepare('SELECT id FROM sealed ORDER BY id').all()
  const damagedId = Number(first?.['id'])
  database.prepare('UPDATE sealed SET content = zeroblob(100) WHERE id = ?').run(damagedId)
  expect(unsealAll(sealed, seal)).toEqual([damagedId])
  expect(store.finishedSince(0, new Set())).toBe(300)
  expect(unsealAll(sealed, seal)).toEqual([damagedId])
  sealed.discard({ seals: [], parts: [damagedId] })
  expect(sealed.seals()).toEqual([])
})

test('migrates rows that an older version has sealed', () => {
  const { database, sealed, store } = setup()
  const seal = createSeal()
  const record = uploadRecord()
  const version = 19
  const old = createOldJournal(':memory:', version, [record])
  const uploads = old.prepare('SELECT * FROM uploads').all()
  old.close()
  database
    .prepare('INSERT INTO sealed (seal, owner, content) VALUES (?, ?, ?)')
    .run(seal.id, ownerTag(seal, alice), encrypt(seal, JSON.stringify({ version, rows: { uploads } })))
  expect(unsealAll(sealed, seal)).toEqual([])
  expect(store.find(record.id)).toEqual(record)
})

/**
 * All columns of the journal, by what a sign-out does with them. A new column belongs to one of these; of what it
 * holds of an account, nothing may stay readable.
 */
const columnsByFate = {
  encrypted: {
    accounts: 'id account',
    hashes: 'path size_bytes mtime_ns inode sha256 used_at_ms ctime_ns',
    leftovers: 'upload_id storage_key account_id team_id',
    moved_aside: 'model_id account_id team_id path aside_path',
    parts: 'upload number etag checksum',
    upload_logs: 'upload changed_at_ms log',
    uploads:
      'id position path file_name folder size_bytes mtime_ns inode account_id team_id team_name display_name ' +
      'model_type model_path recognition phase started failure storage_key sha256 model_id added_at_ms ' +
      'finished_at_ms multipart allowed library seen dismissed verification to_verify device sample in_review ' +
      'ctime_ns',
    watched_files: 'folder path size_bytes mtime_ms state',
    watched_folders: 'id path account_id team_id team_name paused added_at root_id',
  },
  /** Each choice says whose it is, see `choiceOwners`. */
  encryptedByOwner: { choices: 'name value' },
  /** What is encrypted already. */
  harmless: { sealed: 'id seal owner content' },
}

test('every column of the journal is encrypted at a sign-out or holds nothing of an account', () => {
  const { database } = setup()
  const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all()
  const columns = database.prepare('SELECT name FROM pragma_table_info(?)')
  const found = tables.map(({ name }) => [
    String(name),
    columns
      .all(String(name))
      .map((column) => String(column['name']))
      .join(' '),
  ])
  const { encrypted, encryptedByOwner, harmless } = columnsByFate
  expect(Object.fromEntries(found)).toEqual({ ...encrypted, ...encryptedByOwner, ...harmless })
})

test('a sign-out empties every table and choice that can hold something of an account', () => {
  const { database, store, choices, hashes, sealed } = setup()
  const open = uploadRecord({ state: multipartOpenState(5_000_000) })
  store.add([open, registeredRecord()])
  store.parts.add(open.id, { number: 1, etag: '"e"', checksum: 1 })
  store.logs.append(open.id, { kind: 'event', event: { event: 'sending', atMs: 1 } })
  store.logs.flush()
  addAbandonedUpload(database, { uploadId: 'u', storageKey: 'k', accountId: alice.id, teamId: 't' })
  hashes.remember('/models/other', uploadRecord().identity, 'f'.repeat(64))
  database.exec(
    `INSERT INTO watched_folders VALUES ('w', '/models', '${alice.id}', 't', 'Studio North', 0, 1, NULL);
     INSERT INTO watched_files VALUES ('w', '/models/a', 1, 1, 'known');
     INSERT INTO moved_aside VALUES ('m', '${alice.id}', 't', 'models/a', 'models/b')`,
  )
  const values: Partial<Record<ChoiceName, string>> = {
    team: JSON.stringify({ accountId: alice.id, teamId: 'team_01', earlier: [] }),
  }
  const names = Object.keys(choiceOwners) as ChoiceName[]
  for (const name of names) choices.set(name, values[name] ?? JSON.stringify(['/models']))
  const countOf = (table: string) =>
    Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count'])
  const tables = Object.keys(columnsByFate.encrypted)
  expect(tables.filter((table) => countOf(table) === 0)).toEqual([])

  expect(sealAll(sealed, createSeal())).toBe('nothing')
  expect(tables.filter((table) => countOf(table) > 0)).toEqual([])
  const left = database.prepare('SELECT name FROM choices').all()
  expect(left.map(({ name }) => String(name)).sort()).toEqual(
    ['erase', ...names.filter((name) => choiceOwners[name] === 'setting')].sort(),
  )
})

test('a key that could not be used on a full disk is used once there is room', () => {
  const { database, store, sealed } = setup()
  store.add([uploadRecord()])
  const seal = createSeal()
  const fill = (table: string) =>
    database.exec(
      `CREATE TRIGGER no_room BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'no room'); END`,
    )
  // The second is written after the part, in the same transaction.
  for (const table of ['sealed', 'choices']) {
    fill(table)
    expect([sealAll(sealed, seal), sealed.seals()]).toEqual(['journal-trouble', []])
    database.exec('DROP TRIGGER no_room')
  }
  expect(sealAll(sealed, seal)).toBe('nothing')
  expect(sealed.seals().map(({ id }) => id)).toEqual([seal.id])
})

test('a part that was replaced by one of another account is returned to neither', () => {
  const { database, store, accounts, sealed } = setup()
  accounts.save(bob)
  store.add([uploadRecord(), uploadRecord({ accountId: bob.id })])
  const [hers, his] = [createSeal(), createSeal()]
  sealAll(sealed, hers, { account: alice, hasOtherUsers: true })
  sealAll(sealed, his, { account: bob, hasOtherUsers: true })
  const partsOf = ({ id }: Seal) => database.prepare('SELECT * FROM sealed WHERE seal = ?').all(id)
  const [[her], [its]] = [partsOf(hers), partsOf(his)]
  database
    .prepare('UPDATE sealed SET content = ? WHERE id = ?')
    .run(its?.['content'] ?? null, her?.['id'] ?? null)
  expect(unsealAll(sealed, hers)).toEqual([her?.['id']])
  expect(database.prepare('SELECT account_id FROM uploads').all()).toEqual([])
  expect(unsealAll(sealed, his)).toEqual([])
  expect(database.prepare('SELECT account_id FROM uploads').all()).toEqual([{ account_id: bob.id }])
})

test('refuses changed content, other keys and other formats', () => {
  const seal = createSeal()
  const content = encrypt(seal, 'text')
  expect(decrypt(seal, content)).toBe('text')
  for (let index = 0; index < content.length; index += 1) {
    const changed = Buffer.from(content)
    changed[index] = (changed[index] ?? 0) ^ 1
    expect(decrypt(seal, changed)).toBeNull()
  }
  expect([
    decrypt(createSeal(), content),
    decrypt({ ...seal, id: 'x' }, content),
    decrypt(seal, Buffer.of(1)),
  ]).toEqual([null, null, null])
  expect(ownerTag(seal, alice)).not.toBe(ownerTag(seal, bob))
  expect(ownerTag(seal, alice)).not.toBe(ownerTag(createSeal(), alice))
})

test('keeps the copy of a damaged journal whose user is back before it was erased', () => {
  const { folder, sealed, accounts } = setup()
  const copy = join(folder, 'journal.sqlite.damaged-1')
  writeFileSync(copy, 'rows')
  const seal = createSeal()
  sealAll(sealed, seal)
  // As after erasing that has failed behind the deletion of the file.
  rmSync(copy)
  accounts.save({ ...alice, state: 'ready' })
  unsealAll(sealed, seal)
  expect(sealed.erase()).toBe(true)
  expect(readFileSync(copy, 'utf8')).toBe('rows')
})

test('stays marked until everything else is erased too, and is rewritten once', () => {
  const { store, sealed, database } = setup()
  store.add([uploadRecord()])
  sealAll(sealed, createSeal())
  expect([sealed.erase({ isLast: false }), sealed.needsErasing()]).toEqual([false, true])
  // Each rewriting increases the schema's version (sqlite.org/pragma.html#pragma_schema_version).
  const schemaVersion = () => database.prepare('PRAGMA schema_version').get()?.['schema_version']
  const rewritten = schemaVersion()
  expect([sealed.erase({ isLast: false }), schemaVersion()]).toEqual([false, rewritten])
  expect([sealed.erase({ isLast: true }), sealed.needsErasing()]).toEqual([true, false])
})

test('removes the uploads of a user, and keeps listed what storage and library still have of them', () => {
  const { accounts, database, store, sealed } = setup()
  accounts.save({ ...alice, data: 'removed' })
  const replaces = { modelId: 'old', name: 'Old', path: 'p', fate: 'disable', asidePath: 'q' } as const
  store.add([uploadRecord({ state: multipartOpenState(5_000_000) }), uploadRecord({ library: { replaces } })])
  addAbandonedUpload(database, { uploadId: 'v', storageKey: 'k', accountId: alice.id, teamId: 't' })
  for (let left: unknown = 'more'; left === 'more';) {
    const step = sealed.removeNext(user)
    left = step.ok && step.value
  }
  expect([unfinishedIn(store), accounts.list(), sealed.seals()]).toEqual([[], [], []])
  expect(
    store
      .abandonedUploads()
      .map(({ uploadId }) => uploadId)
      .toSorted(),
  ).toEqual(['u', 'v'])
  expect(store.displacedModels().map(({ modelId }) => modelId)).toEqual(['old'])
})
