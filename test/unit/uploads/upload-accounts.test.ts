import { expect, test } from 'vitest'
import type { Account } from '../../../electron/contract/account.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { createUploadAccounts } from '../../../electron/uploads/upload-accounts.ts'
import {
  account,
  multipartOpenState,
  registeredRecord,
  storedState,
  uploadRecord,
} from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const deviceKey = account('alice', { kind: 'device', server: 'https://cloud.example/api' })
const session: Account = { ...deviceKey, id: 'cloud.example alice session', kind: 'session' }
const signedOut: Account = { ...deviceKey, state: 'signed-out' }

function setup(accounts: readonly Account[], records: readonly UploadRecord[] = []) {
  const { rows } = rowsOnJournal(records)
  const settings = {
    server: 'https://new.example',
    servers: [{ address: 'https://cloud.example/api/', name: '', singlePutLimitBytes: 10 }],
    singlePutLimitBytes: 20,
  }
  return createUploadAccounts({ accounts: { list: () => accounts }, rows, settings: () => settings })
}

const ofSize = (sizeBytes: number, given: Partial<UploadRecord> = {}) =>
  uploadRecord({ accountId: deviceKey.id, identity: { sizeBytes, mtimeNs: 1n, inode: 1n }, ...given })

test.each<[string, UploadRecord, Account]>([
  ['a file up to the limit', ofSize(10), deviceKey],
  ['a larger file', ofSize(11), session],
  ['a file that was begun in parts', ofSize(10, { state: multipartOpenState(5) }), session],
  ['a larger file that is stored already', ofSize(11, { state: storedState() }), deviceKey],
])('a device key is enough only without parts: %s', (_, record, expected) => {
  expect(setup([deviceKey, session]).accountFor(record)).toEqual(expected)
})

test.each<[string, readonly Account[], readonly UploadRecord[], boolean]>([
  ['has a signed-in user', [deviceKey], [], true],
  ['has only a signed-out user', [signedOut], [], false],
  ['has an upload of a signed-out user', [signedOut], [ofSize(1)], true],
  [
    'has a finished upload of a signed-out user',
    [signedOut],
    [registeredRecord({ accountId: deviceKey.id })],
    false,
  ],
  ['has only an upload for another server', [signedOut], [ofSize(1, { accountId: 'other' })], false],
])('a server is in use if it %s', (_, accounts, records, isUsed) => {
  const { usesServer } = setup(accounts, records)
  expect([usesServer('https://cloud.example/api/'), usesServer('https://new.example')]).toEqual([
    isUsed,
    false,
  ])
})
