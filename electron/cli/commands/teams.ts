import type { Account, Team, TeamChoice } from '../../contract/account.ts'
import type { Engine } from '../../engine/engine.ts'
import { UsageError } from '../arguments.ts'

/** A team and the account that carries files to it. */
export interface AccountTeam {
  readonly account: Account
  readonly team: Team
}

/**
 * The teams that can be uploaded to, each once for a person: where somebody has signed in by password and paired as well,
 * the password's sign-in stands, since it may send files of any size. With `only` those of this account alone: whoever hands a
 * token over means nobody else.
 */
export function teamsOf(engine: Engine, only: Account | null): readonly AccountTeam[] {
  const here = only ? [only] : engine.session().accounts
  const ready = here.filter(({ state }) => state === 'ready')
  const sessionsFirst = [...ready].sort((a, b) => Number(a.kind === 'device') - Number(b.kind === 'device'))
  const all = sessionsFirst.flatMap((account) => account.teams.map((team) => ({ account, team })))
  const nameOf = ({ account, team }: AccountTeam) => `${account.personId} ${team.id}`
  return all.filter((one, index) => all.findIndex((other) => nameOf(other) === nameOf(one)) === index)
}

/**
 * Finds the team a person means, by id or by name in either case, among all or of `only` one account. Throws `UsageError` when
 * that is none or several.
 */
export function findTeam(engine: Engine, wanted: string | null, only: Account | null): TeamChoice {
  const { chosen } = engine.session()
  const all = teamsOf(engine, only)
  const names = all.map(({ team }) => `  ${team.id}  ${team.name}`).join('\n')
  if (wanted === null) {
    const [first, another] = all
    if (first && !another) return choiceOf(first)
    // What somebody else has chosen in the app is nothing to whoever hands a token over.
    const isOurs = only === null || only.id === chosen?.accountId
    if (chosen && isOurs && engine.hasChosenTeam()) return chosen
    throw new UsageError(`Which team? Name one with --team:\n${names}`)
  }
  const sameId = all.filter(({ team }) => team.id === wanted)
  const found =
    sameId.length > 0 ? sameId : all.filter(({ team }) => team.name.toLowerCase() === wanted.toLowerCase())
  const ids = new Set(found.map(({ team }) => team.id))
  const [first] = found
  if (!first) throw new UsageError(`You have no team "${wanted}". Your teams:\n${names}`)
  if (ids.size > 1)
    throw new UsageError(`Several teams are called "${wanted}". Name one by its id:\n${names}`)
  // Where several people who are signed in share the team, the one who was chosen last sends.
  return choiceOf(found.find((one) => one.account.id === chosen?.accountId) ?? first)
}

const choiceOf = ({ account, team }: AccountTeam): TeamChoice => ({ accountId: account.id, teamId: team.id })
