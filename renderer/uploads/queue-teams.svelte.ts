import { teamKey } from '../../electron/contract/account.ts'
import type { AddingToTeam } from '../app/ui-state.svelte.ts'
import { uploadTeamOptions, type TeamOption } from '../sign-in/team-options.ts'
import type { UploadRow } from '../../electron/contract/uploads.ts'
import type { SessionState } from '../sign-in/session-state.svelte.ts'
import type { QueueState } from './queue-state.svelte.ts'
import { keyOfTeam, type TeamOfRow } from './row-groups.ts'

/** A team that the list can be filtered by. */
interface TeamFilterOption {
  readonly key: string
  /** With the account if another team has the same name. */
  readonly name: string
}

/** What the teams of the uploads are called, and the team by which the list is filtered. */
export class QueueTeams {
  readonly #queue: QueueState
  readonly #session: SessionState

  constructor(queue: QueueState, session: SessionState) {
    this.#queue = queue
    this.#session = session
  }

  readonly #ofList = $derived.by(() => this.#describe(this.#queue.listTeams))

  /** The teams of the list and those that the user can upload to. */
  readonly options: readonly TeamFilterOption[] = $derived.by(() => {
    const available = this.#session.ready.flatMap(({ id, teams }) =>
      teams.map((team) => ({ accountId: id, team })),
    )
    const byKey = new Map([...available, ...this.#queue.listTeams].map((one) => [keyOfTeam(one), one]))
    const { nameOf } = this.#describe([...byKey.values()])
    return [...byKey].map(([key, one]) => ({ key, name: nameOf(one) }))
  })

  /** The team that is shown; null for all. It ends when nothing is known of the team, as after a sign-out. */
  readonly shown: TeamFilterOption | null = $derived.by(
    () => this.options.find(({ key }) => key === this.#queue.teamKey) ?? null,
  )
  /** Whether there is anything to filter. */
  readonly canFilter = $derived.by(() => new Set(this.#queue.listTeams.map(keyOfTeam)).size > 1)
  /** Uploads of the other teams that need attention, while one team is shown. */
  readonly hiddenProblemCount = $derived.by(() => (this.shown ? this.#queue.hiddenProblemCount : 0))

  /** Whether rows name their teams: while they have several, or another one than the window's header shows. */
  readonly #hasChips = $derived.by(() => {
    const chosen = this.#session.view?.chosen
    const isOther = (one: TeamOfRow) => chosen && keyOfTeam(one) !== teamKey(chosen)
    return this.#ofList.isMixed || this.#queue.listTeams.some(isOther)
  })

  /** The team that a row names, or null. A review has one team. */
  chipOf(row: UploadRow): string | null {
    return this.#hasChips && row.phase !== 'review' ? this.#ofList.nameOf(row) : null
  }

  /** The teams that files can be added to as well: without the one that all of them are for already. */
  otherTeamsFor(adding: AddingToTeam): readonly TeamOption[] {
    const own = new Set(
      adding.kind === 'models' ? [teamKey(adding.choice)] : adding.rows.map((row) => keyOfTeam(row)),
    )
    const options = uploadTeamOptions(this.#session)
    return own.size === 1 ? options.filter(({ choice }) => !own.has(teamKey(choice))) : options
  }

  /** `isMixed`: whether rows have to say which team and account they are for. */
  #describe(teams: readonly TeamOfRow[]) {
    const keysByName = new Map<string, Set<string>>()
    for (const one of teams)
      keysByName.set(one.team.name, (keysByName.get(one.team.name) ?? new Set()).add(keyOfTeam(one)))
    const people = new Set(teams.map(({ accountId }) => this.#personOf(accountId)))
    const isAmbiguous = ({ team }: TeamOfRow) => (keysByName.get(team.name)?.size ?? 0) > 1
    return {
      isMixed: people.size > 1 || new Set(teams.map(keyOfTeam)).size > 1,
      nameOf: (one: TeamOfRow) =>
        people.size > 1 || isAmbiguous(one)
          ? `${one.team.name} · ${this.#session.accountName(one.accountId)}`
          : one.team.name,
    }
  }

  /** A password sign-in and a paired device of one user are the same person. */
  #personOf(accountId: string): string {
    const account = this.#session.find(accountId)
    return account ? `${account.server} ${account.personId}` : accountId
  }
}
