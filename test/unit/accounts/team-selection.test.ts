import { expect, test } from 'vitest'
import type { Account } from '../../../electron/contract/account.ts'
import { success } from '../../../electron/contract/failures.ts'
import { createTeamSelection } from '../../../electron/accounts/team-selection.ts'
import { valueOf } from '../../support/engine.ts'

const account = (name: string, teams: readonly string[], change: Partial<Account> = {}): Account => ({
  id: `cloud.example ${name}`,
  kind: 'session',
  server: 'https://cloud.example/api/v1',
  personId: name,
  name,
  email: `${name}@example.com`,
  teams: teams.map((id) => ({ id, name: id })),
  state: 'ready',
  ...change,
})
const choiceOf = (name: string, teamId: string) => ({ accountId: `cloud.example ${name}`, teamId })

/** The selection among accounts, which may be replaced, as one process sees it. */
function setup(accounts: readonly Account[], stored: string | null = null) {
  const state = { accounts, stored }
  const start = () =>
    createTeamSelection(() => state.accounts, {
      get: () => state.stored,
      set(_name, value) {
        state.stored = value
        return success(undefined)
      },
    })
  return { state, start, selection: start() }
}

test('uses the only team, also if a paired device has it too', () => {
  const device = account('alice', ['north'], { id: 'cloud.example alice north', kind: 'device' })
  const { selection } = setup([account('alice', ['north']), device])
  expect([selection.chosen(), selection.hasChoice()]).toEqual([choiceOf('alice', 'north'), false])
})

const aliceDevice = account('alice', ['north'], { id: 'cloud.example alice north', kind: 'device' })

test.each<[string, Account, string | undefined]>([
  ['the same user', account('alice', ['north', 'south']), aliceDevice.id],
  ['another user', account('bob', ['east']), undefined],
])(
  'the only team after a sign-in of %s is chosen as long as that user is the same',
  (_who, added, expected) => {
    const { selection, state, start } = setup([aliceDevice])
    state.accounts = [aliceDevice, added]
    selection.accountsChanged()
    expect(start().chosen()?.accountId).toBe(expected)
  },
)

test('the team of a sign-in that has ended is used by another one of the same user', () => {
  const { selection, state } = setup([aliceDevice, account('alice', ['north', 'south'])])
  valueOf(selection.store({ accountId: aliceDevice.id, teamId: 'north' }))
  state.accounts = [{ ...aliceDevice, state: 'signed-out' }, account('alice', ['north', 'south'])]
  expect([selection.chosen(), selection.decided()]).toEqual([
    choiceOf('alice', 'north'),
    choiceOf('alice', 'north'),
  ])
})

test('remembers the last choice of each account', () => {
  const alice = account('alice', ['north', 'south'])
  const bob = account('bob', ['east', 'west'])
  const { selection, state, start } = setup([alice, bob])
  valueOf(selection.store(choiceOf('bob', 'west')))
  valueOf(selection.store(choiceOf('alice', 'north')))
  valueOf(selection.store(choiceOf('alice', 'south')))
  expect(selection.chosen()).toEqual(choiceOf('alice', 'south'))

  state.accounts = [{ ...alice, state: 'signed-out', hasLeft: true }, bob]
  expect(start().chosen()).toEqual(choiceOf('bob', 'west'))
  // Files that were added meanwhile may have been meant for Alice's team.
  expect(start().decided()).toBe(null)
  state.accounts = [alice, bob]
  expect(start().chosen()).toEqual(choiceOf('alice', 'south'))
})

test('resolves a choice only of a signed-in account that has the team', () => {
  const alice = account('alice', ['north', 'south'])
  const { selection, state } = setup([alice, account('bob', ['east'])])
  const resolved = { accountId: alice.id, team: { id: 'south', name: 'south' } }
  expect(selection.resolve(choiceOf('alice', 'south'))).toEqual(resolved)
  expect(selection.resolve(choiceOf('alice', 'east'))).toBeNull()
  expect(selection.resolve(choiceOf('carol', 'east'))).toBeNull()
  valueOf(selection.store(choiceOf('alice', 'south')))
  expect(selection.resolve(null)).toEqual(resolved)
  state.accounts = [{ ...alice, state: 'signed-out' }]
  expect(selection.resolve(choiceOf('alice', 'south'))).toBeNull()
})

test('reads the choice that an older version stored', () => {
  const stored = JSON.stringify(choiceOf('alice', 'south'))
  const { selection } = setup([account('alice', ['north', 'south'])], stored)
  expect(selection.chosen()).toEqual(choiceOf('alice', 'south'))
})

test.each(['', '{}', '[]', '{"accountId":1,"teamId":"south"}'])('ignores the stored text %j', (stored) => {
  const { selection } = setup([account('alice', ['north', 'south'])], stored)
  expect([selection.chosen(), selection.hasChoice()]).toEqual([null, false])
})
