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

test('returns the limit of an account’s server, and without an account that of the set server', () => {
  const accounts = setup([deviceKey])
  expect([accounts.singlePutLimitBytes(deviceKey.id), accounts.singlePutLimitBytes('other')]).toEqual([
    10, 20,
  ])
})

test.each<[string, UploadRecord, Account]>([
  ['a file up to the limit', ofSize(10), deviceKey],
  ['a larger file', ofSize(11), session],
  ['a file that was begun in parts', ofSize(10, { state: multipartOpenState(5) }), session],
  ['a larger file that is stored already', ofSize(11, { state: storedState() }), deviceKey],
])('a device key is enough only without parts: %s', (_, record, expected) => {
  expect(setup([deviceKey, session]).accountFor(record)).toEqual(expected)
})

test('returns no account for a file that needs parts if there is only a device key', () => {
  expect(setup([deviceKey]).accountFor(ofSize(11))).toBeNull()
})

test('returns the sign-in of the same user that can upload for a team', () => {
  const choice = { accountId: deviceKey.id, teamId: 'team_01' }
  expect(setup([deviceKey, session]).accountForTeam(choice)).toEqual(choice)
  expect(setup([signedOut, session]).accountForTeam(choice)).toEqual({ ...choice, accountId: session.id })
  expect(setup([signedOut]).accountForTeam(choice)).toBeNull()
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
