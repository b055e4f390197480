import { expect, test } from 'vitest'
import type { Account, SessionView } from '../../../electron/contract/account.ts'
import {
  storageTestBytes,
  storageTestBlocker,
  type StorageTest,
} from '../../../electron/contract/storage-test.ts'
import { storageTestText } from '../../../electron/messages/storage-test-text.ts'
import { failure } from '../../../electron/contract/failures.ts'
import { translatorFor } from '../../../electron/messages/messages.ts'

const team = { id: 'team-1', name: 'North' }
const account = (change: Partial<Account>): Account => ({
  id: 'a',
  kind: 'session',
  server: 'https://h.example/api/v1',
  personId: 'ann',
  name: 'Ann',
  email: 'ann@example.com',
  teams: [team],
  state: 'ready',
  ...change,
})
const session = (...accounts: readonly Account[]): SessionView => ({
  server: 'https://h.example/api/v1',
  accounts,
  keychain: 'ok',
  pairing: null,
  proxy: null,
  chosen: accounts[0] ? { accountId: accounts[0].id, teamId: team.id } : null,
})
const device = account({ id: 'd', kind: 'device' })

test.each([
  ['nobody', session(), 'sign-in'],
  ['a password’s sign-in', session(account({})), null],
  ['a device alone', session(device), 'device'],
  ['a device, and the same person’s password', session(device, account({})), null],
  ['a device, and another person’s password', session(device, account({ personId: 'bob' })), 'device'],
  ['a device, and a password without that team', session(device, account({ teams: [] })), 'device'],
  ['somebody who has signed out', session(account({ state: 'signed-out' })), 'sign-in'],
  ['a device that has signed out', session({ ...device, state: 'signed-out' }), 'sign-in'],
  ['a device, and an expired password', session(device, account({ state: 'signed-out' })), 'device'],
  ['somebody without a team', { ...session(account({})), chosen: null }, 'team'],
  [
    'nobody but an expired sign-in',
    { ...session(account({ state: 'signed-out' })), chosen: null },
    'sign-in',
  ],
  [
    'a team of an unknown account',
    { ...session(account({})), chosen: { accountId: 'x', teamId: team.id } },
    'team',
  ],
])('decides whether storage can be tested: %s', (_who, view, hindrance) => {
  expect(storageTestBlocker(view)).toBe(hindrance)
})

const t = translatorFor('en')
const resultOf = (change: Partial<StorageTest>): StorageTest => ({
  state: 'good',
  sentBytes: storageTestBytes,
  tookMs: 1000,
  failure: null,
  isLeft: false,
  ...change,
})

test('shows the speed and the resulting time for a model', () => {
  expect(storageTestText(resultOf({}), t, false)).toBe(
    'Uploaded 8 MB in 1.0 s (8.0 MB/s). At this speed, a 10 GB model takes about 21 minutes. The test data was deleted.',
  )
  expect(storageTestText(resultOf({ tookMs: 60_000 }), t, true)).toBe(
    'Uploaded 8 MB in 60.0 s (133 kB/s). At this speed, a 10 GB model takes about 21 hours. Your speed limit was applied. The test data was deleted.',
  )
})

test('shows the failure with its remedy, and that leftovers are still being deleted', () => {
  const why = failure('timed-out', { host: 's3.example' })
  const bad = storageTestText(resultOf({ state: 'bad', failure: why, isLeft: true }), t, false)
  expect(bad).toContain('can’t be reached')
  expect(bad).toContain('The connection timed out.')
  expect(bad).toMatch(/It will be deleted automatically\.$/)
  expect(storageTestText(resultOf({ state: 'cancelled', sentBytes: 0 }), t, false)).toBe('Stopped.')
})

test('does not blame storage for the temporary folder of this computer', () => {
  const why = failure('temporary-folder-not-writable', { folder: '/tmp' })
  expect(storageTestText(resultOf({ state: 'bad', failure: why, sentBytes: 0 }), t, false)).toBe(
    'Can’t write to the temporary folder /tmp. Nothing was uploaded. Make sure that it exists, is writable and has free space, then try again.',
  )
})
