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
  const store = createUploadStore(database, 'this process', environment)
  const uploads = accounts.map(({ id }) => uploadRecord({ accountId: id }))
  store.add(uploads)
  accountStore.save(...accounts)
  const secretStore = createMemorySecretStore()
  const state = { isReleased: true, keychain: 'ok' as KeychainState, changes: 0, releasedIds: [] as string[] }
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
    async release(released) {
      state.releasedIds.push(...released.map(({ id }) => id))
      return state.isReleased
    },
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
    /** Advances the clock to the next check, which it waits for. */
    async check(afterMs = 2_000) {
      environment.clock.advance(afterMs)
      await expect.poll(() => environment.clock.waits()).toEqual([2_000])
    },
    breakJournal: () => database.exec('PRAGMA query_only = ON'),
    repairJournal: () => database.exec('PRAGMA query_only = OFF'),
  }
}

type Context = ReturnType<typeof setup>

const done = success(undefined)
const pending = (detail?: string) => failed(failure('seal-pending', {}, { detail }))

test('encrypts nothing of a signed-out user while this process still needs it', async () => {
  const { sealing, state, readable } = setup()
  state.isReleased = false
  expect(await sealing.sealDeparted()).toEqual(pending())
  expect([readable(), state.releasedIds]).toEqual([[departed.id], [departed.id]])
  state.isReleased = true
  expect(await sealing.sealDeparted()).toEqual(done)
  expect(readable()).toEqual([])
})

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

test('notices within two seconds that another process has signed a user out or in', async () => {
  const { sealing, accountStore, readable, check, state, writeLog, hasLog } = setup([ready])
  sealing.watch()
  writeLog()
  await check()
  expect([readable(), state.changes, hasLog()]).toEqual([[ready.id], 0, true])
  accountStore.save({ ...departed })
  await check()
  expect(readable()).toEqual([])
  expect(state.changes).toBeGreaterThan(0)
  accountStore.save(ready)
  await check()
  expect(readable()).toEqual([ready.id])
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
  const { sealing, readable, check, hasLog } = context
  const repair = disturb(context)
  await sealing.sealDeparted()
  repair()
  sealing.watch()
  await check(60_000)
  expect([readable(), hasLog()]).toEqual([[], false])
})

test('decrypts the rest by itself once the journal can be written again', async () => {
  const { sealing, accountStore, readable, check, breakJournal, repairJournal } = setup()
  await sealing.sealDeparted()
  accountStore.save(ready)
  breakJournal()
  await sealing.unsealPresent()
  repairJournal()
  sealing.watch()
  await check()
  expect([readable(), sealing.problem()]).toEqual([[departed.id], null])
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

test('releases an account that another process has encrypted, and deletes lines of the log that followed', async () => {
  const { sealing, database, state, check, writeLog, hasLog } = setup([ready])
  sealing.watch()
  writeLog()
  database.exec(`DELETE FROM accounts WHERE id = '${ready.id}'`)
  await check()
  expect([state.releasedIds, hasLog()]).toEqual([[ready.id], false])
  await check()
  expect(state.releasedIds).toEqual([ready.id])
})

test('releases an account that could not be encrypted here, signed in again and was encrypted elsewhere', async () => {
  const { sealing, accountStore, state, database, check, breakJournal, repairJournal } = setup([ready])
  sealing.watch()
  accountStore.save(departed)
  breakJournal()
  await sealing.sealDeparted()
  repairJournal()
  accountStore.save({ ...departed, state: 'ready', hasLeft: false })
  await check()
  state.releasedIds = []
  database.exec(`DELETE FROM accounts WHERE id = '${ready.id}'`)
  await check()
  expect(state.releasedIds).toEqual([ready.id])
})
