import { describe, expect, test } from 'vitest'
import {
  departedAccounts,
  hasSameEmail,
  hiddenAccounts,
  isAccountIdOf,
  type Account,
} from '../../../electron/contract/account.ts'
import { account as accountOf } from '../../support/records.ts'

const server = 'https://core.example/api/v1'
const elsewhere = 'https://other.example/api/v1'
const account = (id: string, change: Partial<Account> = {}) =>
  accountOf('ann', { id, server, name: 'Ann', email: 'ann@example.com', teams: [], ...change })
const bob = account('bob', { personId: 'bob', email: 'bob@example.com' })
/** Ann's account after she has signed out. */
const left = (change: Partial<Account> = {}) =>
  account('left', { state: 'signed-out', hasLeft: true, ...change })
const hiddenBeside = (departed: Account, ...others: readonly Account[]) =>
  hiddenAccounts([departed, ...others]).has(departed.id)

describe('an account whose user has signed out', () => {
  test.each<[string, readonly Account[], boolean]>([
    ['while nobody is signed in', [], true],
    ['while another user is signed in', [bob], true],
    ['while its user is signed in with a device', [account('device', { kind: 'device' })], false],
    [
      'while another sign-in of its user has expired',
      [account('expired', { state: 'signed-out' }), bob],
      true,
    ],
    [
      'while a user with the same e-mail address is signed in elsewhere',
      [account('there', { server: elsewhere, personId: '7' })],
      true,
    ],
  ])('%s, is hidden: %s', (_when, others, isHidden) => {
    for (const departed of [left(), left({ data: 'removed' })])
      expect([hiddenBeside(departed, ...others), departedAccounts([departed, ...others])]).toEqual([
        isHidden,
        isHidden ? [departed] : [],
      ])
  })

  test.each<[string, readonly Account[], boolean]>([
    ['while nobody is signed in', [], false],
    ['while another user is signed in', [bob], true],
    ['while its user is signed in too', [bob, account('again')], false],
    [
      'while its user is signed in elsewhere',
      [account('there', { server: elsewhere, personId: '7', email: 'Ann@Example.com' })],
      false,
    ],
  ])('and has kept its uploads readable is hidden %s: %s', (_when, others, isHidden) => {
    const departed = left({ data: 'kept' })
    expect(hiddenBeside(departed, ...others)).toBe(isHidden)
    // What was kept is neither encrypted nor deleted.
    expect(departedAccounts([departed, ...others])).toEqual([])
  })
})

test.each<[string, boolean, Partial<Account>]>([
  ['the same user with another address', true, { email: 'ann@new.example' }],
  ['another user of the same server with the same address', false, { personId: '7' }],
  [
    'the same address on another server',
    true,
    { server: elsewhere, personId: '7', email: 'ANN@example.com' },
  ],
  ['another address on another server', false, { server: elsewhere, personId: '7', email: 'a@example.com' }],
  ['the same id on another server', false, { server: elsewhere, email: 'other@example.com' }],
])('%s may belong to the same human being: %s', (_who, expected, change) => {
  expect(hasSameEmail(account('a'), account('b', change))).toBe(expected)
})

test.each([
  ['core.example ann', true],
  ['core.example ann north', true],
  ['core.example anna', false],
  ['core.example bob', false],
  ['other.example ann', false],
])('%j is the id of an account of Ann on core.example: %s', (id, expected) => {
  expect(isAccountIdOf({ server, personId: 'ann' }, id)).toBe(expected)
})
