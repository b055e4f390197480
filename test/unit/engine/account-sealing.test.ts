import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Account, KeychainState } from '../../../electron/contract/account.ts'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { createAccountSealing } from '../../../electron/engine/account-sealing.ts'
import { createAccountStore } from '../../../electron/journal/account-store.ts'
import { createSealedAccounts } from '../../../electron/journal/sealing/sealed-accounts.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { createMemorySecretStore } from '../../support/memory-secret-store.ts'
import { account, uploadRecord } from '../../support/records.ts'
import { openTestJournal } from '../../support/test-journal.ts'

const accountOf = (personId: string) => account(personId, { state: 'signed-out', hasLeft: true })
const departed = accountOf('alice')
const ready: Account = { ...departed, state: 'ready', hasLeft: false }

/** A journal with an upload of each of these accounts, and the sealing of accounts with a keychain in memory. */
function setup(accounts: readonly Account[] = [departed]) {
  const { folder, database, environment } = openTestJournal()
  const accountStore = createAccountStore(database, environment)
  const store = createUploadStore(database, environment)
  const uploads = accounts.map(({ id }) => uploadRecord({ accountId: id }))
  store.add(uploads)
  accountStore.save(...accounts)
  const secretStore = createMemorySecretStore()
  const state = { keychain: 'ok' as KeychainState, changes: 0 }
  const log = join(folder, 'modelferry.log')
  const sealing = createAccountSealing({
    sealed: createSealedAccounts(database, environment, folder),
    accountStore,
    readyAccounts: () => accountStore.list().filter((one) => one.state === 'ready'),
    secretStore,
    keychainState: () => state.keychain,
    environment,
    folder,
    logFolders: [folder],
    flushLog: async () => {},
    release: async () => {},
    secretsErased: async () => {},
    onChange: () => void (state.changes += 1),
  })
  onTestFinished(() => sealing.close())
  return {
    sealing,
    state,
    secretStore,
    database,
    accountStore,
    /** The ids of the accounts whose uploads can be read. */
    readable: () => uploads.flatMap(({ id }) => store.find(id)?.accountId ?? []),
    keyCount: () => secretStore.entries.size,
    sealedCount: () => Number(database.prepare('SELECT count(*) AS count FROM sealed').get()?.['count']),
    writeLog: () => writeFileSync(log, 'a line'),
    hasLog: () => existsSync(log),
    /** Makes deleting the log fail until the returned function is called. */
    protectLog() {
      mkdirSync(log)
      return () => rmSync(log, { recursive: true })
    },
    clock: environment.clock,
    breakJournal: () => database.exec('PRAGMA query_only = ON'),
    repairJournal: () => database.exec('PRAGMA query_only = OFF'),
  }
}

type Context = ReturnType<typeof setup>

const done = success(undefined)
const pending = (detail?: string) => failed(failure('seal-pending', {}, { detail }))

test.for<[string, (context: Context) => void, string]>([
  ['refuses the key', ({ secretStore }) => secretStore.failWith('keychain-locked'), 'keychain-locked'],
  ['keeps it in memory only', ({ state }) => void (state.keychain = 'absent'), 'absent'],
  [
    'does not return it',
    ({ secretStore }) =>
      void (secretStore.beforeCall = (call) => {
        if (call.startsWith('get')) secretStore.entries.clear()
      }),
    'ok',
  ],
])('encrypts nothing if the keychain %s', async ([, disturb, detail]) => {
  const context = setup()
  const { sealing, readable, keyCount } = context
  disturb(context)
  expect(await sealing.prepare()).toEqual(failed(failure('seal-unavailable', {}, { detail })))
  expect(await sealing.sealDeparted()).toEqual(pending('seal-unavailable'))
  expect([readable(), keyCount()]).toEqual([[departed.id], 0])
})

test.for<[string, (context: Context) => () => void, string]>([
  [
    'the keychain is locked',
    ({ secretStore }) => {
      secretStore.failWith('keychain-locked')
      return () => secretStore.failWith(null)
    },
    'sealed-locked',
  ],
  [
    'a locked keychain looks empty',
    ({ secretStore, state }) => {
      const keys = [...secretStore.entries]
      secretStore.entries.clear()
      state.keychain = 'locked'
      return () => {
        for (const [name, key] of keys) secretStore.entries.set(name, key)
        state.keychain = 'ok'
      }
    },
    'sealed-locked',
  ],
  [
    'the journal cannot be written',
    ({ breakJournal, repairJournal }) => {
      breakJournal()
      return repairJournal
    },
    'sealed-full',
  ],
])('keeps what cannot be decrypted now, since %s', async ([, disturb, code]) => {
  const context = setup()
  const { sealing, accountStore, readable, state } = context
  await sealing.sealDeparted()
  accountStore.save(ready)
  const repair = disturb(context)
  const { changes } = state
  await sealing.unsealPresent()
  expect([sealing.problem()?.code, readable(), state.changes]).toEqual([code, [], changes + 1])
  repair()
  await sealing.unsealPresent()
  expect([sealing.problem(), readable()]).toEqual([null, [departed.id]])
})

test.for<[string, (context: Context) => void, string]>([
  ['its key is missing', ({ secretStore }) => secretStore.entries.clear(), 'sealed-key-missing'],
  [
    'it is damaged',
    ({ database }) =>
      database.exec(`UPDATE sealed SET content = x'01' WHERE id = (SELECT min(id) FROM sealed)`),
    'sealed-damaged',
  ],
])('deletes what can never be decrypted, since %s, only on request', async ([, disturb, code]) => {
  const context = setup()
  const { sealing, accountStore, sealedCount, keyCount, state } = context
  await sealing.sealDeparted()
  accountStore.save(ready)
  disturb(context)
  await sealing.unsealPresent()
  expect(sealing.problem()?.code).toBe(code)
  // No key of a probe is left in the keychain, and that of a damaged part stays.
  expect([sealedCount() > 0, keyCount()]).toEqual([true, code === 'sealed-damaged' ? 1 : 0])
  const { changes } = state
  expect(await sealing.discard()).toEqual(done)
  expect([sealing.problem(), sealedCount(), state.changes]).toEqual([null, 0, changes + 1])
})

test.for<[string, (context: Context) => () => void]>([
  [
    'encrypts what a keychain refused',
    ({ secretStore }) => {
      secretStore.failWith('keychain-locked')
      return () => secretStore.failWith(null)
    },
  ],
  [
    'erases what could not be erased',
    ({ protectLog, writeLog }) => {
      const unprotect = protectLog()
      return () => {
        unprotect()
        writeLog()
      }
    },
  ],
])('%s a minute later', async ([, disturb]) => {
  const context = setup()
  const { sealing, readable, clock, hasLog } = context
  const repair = disturb(context)
  expect((await sealing.sealDeparted()).ok).toBe(false)
  // A failed repetition is repeated too.
  clock.advance(60_000)
  await expect.poll(() => clock.waits()).toEqual([60_000])
  repair()
  clock.advance(60_000)
  await expect.poll(() => [readable(), hasLog()]).toEqual([[], false])
  expect(clock.waits()).toEqual([])
})

test('decrypts the rest a minute later, once the journal can be written again', async () => {
  const { sealing, accountStore, readable, clock, breakJournal, repairJournal } = setup()
  await sealing.sealDeparted()
  accountStore.save(ready)
  breakJournal()
  await sealing.unsealPresent()
  repairJournal()
  clock.advance(60_000)
  await expect.poll(() => [readable(), sealing.problem()]).toEqual([[departed.id], null])
})

test('deletes the log with what is encrypted, and again on request, if anything was', async () => {
  const { sealing, accountStore, writeLog, hasLog } = setup([ready])
  writeLog()
  await sealing.sealDeparted()
  await sealing.eraseLogsAgain()
  expect(hasLog()).toBe(true)
  accountStore.save(departed)
  await sealing.sealDeparted()
  expect(hasLog()).toBe(false)
  writeLog()
  await sealing.eraseLogsAgain()
  expect(hasLog()).toBe(false)
})
