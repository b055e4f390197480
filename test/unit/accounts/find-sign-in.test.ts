import { expect, test } from 'vitest'
import { findSignIn } from '../../../electron/contract/account.ts'
import type { Account } from '../../../electron/contract/account.ts'
import { account as accountOf } from '../../support/records.ts'

const [north, south] = [
  { id: 'north', name: 'North' },
  { id: 'south', name: 'South' },
]
const account = (id: string, change: Partial<Account> = {}) =>
  accountOf('ann', { id, teams: [north, south], ...change })
const device = account('device', { kind: 'device' })
const expired = account('own', { state: 'signed-out' })

/** The id of the account that uploads a file for the team North, which was queued for `own`. */
const uploaderOf = (accounts: readonly Account[], needsParts = false) =>
  findSignIn(accounts, { accountId: 'own', teamId: 'north', needsParts })?.id ?? null

test('an upload uses its own account, although another one of the user could send it', () => {
  expect(uploaderOf([account('other'), account('own')])).toBe('own')
})

test.each<[string, Account, string | null]>([
  ['another sign-in of the user', account('other'), 'other'],
  ['a device of the user', device, 'device'],
  ['no sign-in that has expired too', account('other', { state: 'signed-out' }), null],
  ['no other user', account('other', { personId: 'bob' }), null],
  ['no user with the same id on another server', account('other', { server: 'https://b.example' }), null],
  ['no sign-in without the team', account('other', { teams: south ? [south] : [] }), null],
])('an upload whose account has expired uses %s', (_what, other, expected) => {
  expect(uploaderOf([expired, other])).toBe(expected)
})

test('a file in parts is not sent with a device key', () => {
  const own = { ...device, id: 'own' }
  expect([uploaderOf([own], false), uploaderOf([own], true)]).toEqual(['own', null])
  expect(uploaderOf([own, device, account('session')], true)).toBe('session')
})

test('a password sign-in is preferred to a device', () => {
  expect(uploaderOf([expired, device, account('session')])).toBe('session')
})

test('an upload of an account that is not known any more has none', () => {
  expect(uploaderOf([account('other')])).toBeNull()
})
