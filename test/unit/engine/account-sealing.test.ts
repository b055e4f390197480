import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Account } from '../../../electron/contract/account.ts'
import { success } from '../../../electron/contract/failures.ts'
import { createAccountSealing } from '../../../electron/engine/account-sealing.ts'
import { createAccountStore } from '../../../electron/journal/account-store.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createSealedAccounts } from '../../../electron/journal/sealing/sealed-accounts.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { uploadRecord } from '../../support/records.ts'

const departed: Account = {
  id: 'https://cloud.example alice',
  kind: 'session',
  server: 'https://cloud.example/api/v1',
  personId: 'alice',
  name: 'Alice',
  email: 'alice@studio.example',
  teams: [],
  state: 'signed-out',
  hasLeft: true,
}

test('encrypts nothing of a signed-out user while this process still needs it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-sealing-'))
  const environment = createTestEnvironment(standingClock())
  const { database } = openJournal(folder, 0)
  onTestFinished(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  const accountStore = createAccountStore(database, environment)
  const store = createUploadStore(database, 'this process', environment)
  const upload = uploadRecord({ accountId: departed.id })
  store.add([upload])
  accountStore.save(departed)
  const secrets = new Map<string, string>()
  let isReleased = false
  const sealing = createAccountSealing({
    sealed: createSealedAccounts(database, environment, folder),
    accountStore,
    readyAccounts: () => [],
    secretStore: {
      get: async (name) => success(secrets.get(name) ?? null),
      set: async (name, secret) => success(void secrets.set(name, secret)),
      delete: async (name) => success(void secrets.delete(name)),
    },
    keychainState: () => 'ok',
    environment,
    folder,
    logFolders: [],
    flushLog: async () => {},
    checkEveryMs: null,
    release: async () => isReleased,
    secretsErased: async () => {},
    onChange: () => {},
  })
  expect(await sealing.sealDeparted()).toMatchObject({ failure: { code: 'seal-pending' } })
  expect(store.find(upload.id)).not.toBeNull()
  isReleased = true
  expect(await sealing.sealDeparted()).toEqual(success(undefined))
  expect(store.find(upload.id)).toBeNull()
  await sealing.close()
})
