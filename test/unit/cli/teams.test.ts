import { expect, test } from 'vitest'
import { findTeam, uploadTeams } from '../../../electron/cli/commands/teams.ts'
import { toTeam } from '../../../electron/cloud/auth.ts'
import type { Account, TeamChoice } from '../../../electron/contract/account.ts'
import { account as accountWith, signedIn } from '../../components/support/rows.ts'
import { fakeEngine } from '../../support/fake-engine.ts'

const account = (id: string, server: string, kind: Account['kind'] = 'session', name = 'Studio') =>
  accountWith({ id, server, kind, personId: 'person', teams: [{ id: 'team', name }] })

const engineWith = (...accounts: readonly Account[]) => engineWithChoice(null, ...accounts)
const engineWithChoice = (chosen: TeamChoice | null, ...accounts: readonly Account[]) =>
  fakeEngine({ session: () => ({ ...signedIn(...accounts), chosen }) })

test('keeps the teams of two servers apart if their ids are equal', () => {
  const engine = engineWith(account('one', 'https://one.example'), account('two', 'https://two.example'))
  expect(uploadTeams(engine, null).map((one) => one.account.id)).toEqual(['one', 'two'])
  expect(() => findTeam(engine, 'team', null)).toThrow('Choose one with MODELFERRY_SERVER')
})

test('finds a team by its full name, of which only the beginning is kept', () => {
  const fullName = `Studio ${'x'.repeat(90)} \u2066North`
  const { name } = toTeam({ id: 'team', display_name: fullName })
  const engine = engineWith(account('one', 'https://one.example', 'session', name))
  for (const typed of [fullName, ` ${fullName.toUpperCase()} `, name])
    expect(findTeam(engine, typed, null)).toEqual({ accountId: 'one', teamId: 'team' })
  expect(() => findTeam(engine, 'Studio', null)).toThrow('No team matches')
})

const ofPerson = (id: string, personId: string) => ({
  ...account(id, 'https://one.example'),
  personId,
  teams: [{ id: 'team-north', name: 'Studio' }],
})
const otto = ofPerson('otto', 'person-2')

test('a team of several accounts is used with the chosen one, or else with the first', () => {
  const first = engineWith(otto, ofPerson('mira', 'person-1'))
  expect(findTeam(first, 'Studio', null)).toEqual({ accountId: 'otto', teamId: 'team-north' })
  const chosen = engineWithChoice(
    { accountId: 'mira', teamId: 'team-south' },
    otto,
    ofPerson('mira', 'person-1'),
  )
  expect(findTeam(chosen, 'team-north', null)).toEqual({ accountId: 'mira', teamId: 'team-north' })
})
