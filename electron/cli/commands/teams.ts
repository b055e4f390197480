import { teamKey, type Account, type Team, type TeamChoice } from '../../contract/account.ts'
import { baseOf } from '../../contract/servers.ts'
import { visibleName, visibleText } from '../../contract/visible-text.ts'
import type { EngineClient } from '../engine-client.ts'
import { UsageError } from '../arguments.ts'

type Sessions = Pick<EngineClient, 'session'>

/** A team and the account that uploads to it. */
export interface AccountTeam {
  readonly account: Account
  readonly team: Team
}

/**
 * The teams that can be uploaded to, each once per user: of a password sign-in and a paired device the
 * password sign-in is used, since it can upload files of any size. `only` restricts them to the account of a
 * token from the environment.
 */
export function uploadTeams(engine: Sessions, only: Account | null): readonly AccountTeam[] {
  const accounts = only ? [only] : engine.session().accounts
  const ready = accounts.filter(({ state }) => state === 'ready')
  const sessionsFirst = [...ready].sort((a, b) => Number(a.kind === 'device') - Number(b.kind === 'device'))
  const all = sessionsFirst.flatMap((account) => account.teams.map((team) => ({ account, team })))
  const keyOf = (one: AccountTeam) => `${one.account.personId} ${serverTeamOf(one)}`
  return all.filter((one, index) => all.findIndex((other) => keyOf(other) === keyOf(one)) === index)
}

/**
 * Finds a team by id or by name, ignoring case; for null the only or the chosen one. Throws `UsageError` when
 * there is none or more than one.
 */
export function findTeam(engine: Sessions, idOrName: string | null, only: Account | null): TeamChoice {
  const { chosen } = engine.session()
  const all = uploadTeams(engine, only)
  const names = all.map(({ team }) => visibleText(`  ${team.id}  ${team.name}`)).join('\n')
  if (idOrName === null) {
    const [first, another] = all
    if (first && !another) return choiceOf(first)
    // With a token, another account's choice in the app does not count.
    const isChoiceUsable = only === null || only.id === chosen?.accountId
    if (chosen && isChoiceUsable) return chosen
    throw new UsageError(`Choose a team with --team:\n${names}`)
  }
  const sameId = all.filter(({ team }) => team.id === idOrName)
  const name = comparableName(idOrName)
  const found = sameId.length > 0 ? sameId : all.filter(({ team }) => comparableName(team.name) === name)
  const teams = new Set(found.map(serverTeamOf))
  const [first] = found
  if (!first) throw new UsageError(`No team matches "${idOrName}". Your teams:\n${names}`)
  if (teams.size > 1 && found === sameId)
    throw new UsageError(`Several servers have the team "${idOrName}". Choose one with MODELFERRY_SERVER.`)
  if (teams.size > 1) throw new UsageError(`Several teams match "${idOrName}". Use the ID instead:\n${names}`)
  // If several accounts share the team, the chosen one is used.
  return choiceOf(found.find((one) => one.account.id === chosen?.accountId) ?? first)
}

/** The teams with these ids or names, each once; without any, the one of the environment or the chosen one. */
export function findTeams(
  engine: Sessions,
  {
    teams,
    fallback,
    only,
  }: { readonly teams: readonly string[]; readonly fallback: string | null; readonly only: Account | null },
): readonly TeamChoice[] {
  const named = teams.length > 0 ? teams : [fallback]
  const found = named.map((idOrName) => findTeam(engine, idOrName, only))
  return [...new Map(found.map((team) => [teamKey(team), team])).values()]
}

/** As the names of teams are kept, so that a long name matches in full too. */
const comparableName = (name: string) => visibleName(name).toLowerCase()

/** Ids are unique per server only. */
const serverTeamOf = ({ account, team }: AccountTeam) => `${baseOf(account.server)} ${team.id}`

const choiceOf = ({ account, team }: AccountTeam): TeamChoice => ({ accountId: account.id, teamId: team.id })
