import { expect, test } from 'vitest'
import type { Account, SessionView } from '../../../electron/contract/account.ts'
import { storageTestBlocker } from '../../../electron/contract/storage-test.ts'

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
