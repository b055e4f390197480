import { expect, test } from 'vitest'
import { findTeam, uploadTeams } from '../../../electron/cli/commands/teams.ts'
import { toTeam } from '../../../electron/cloud/auth.ts'
import type { Account } from '../../../electron/contract/account.ts'
import type { Engine } from '../../../electron/engine/engine.ts'

const account = (id: string, server: string, kind: Account['kind'] = 'session', name = 'Studio') =>
  ({
    id,
    server,
    kind,
    state: 'ready',
    personId: 'person',
    teams: [{ id: 'team', name }],
  }) as unknown as Account

const engineWith = (...accounts: readonly Account[]) =>
  ({ session: () => ({ accounts, chosen: null }) }) as unknown as Engine

test('lists a team once for two sign-ins of one user', () => {
  const engine = engineWith(
    account('key', 'https://one.example', 'device'),
    account('password', 'https://one.example'),
  )
  expect(uploadTeams(engine, null).map((one) => one.account.id)).toEqual(['password'])
})

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
