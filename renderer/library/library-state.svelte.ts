import type { Bridge } from '../../electron/contract/calls.ts'
import type { TeamChoice } from '../../electron/contract/account.ts'
import type { Failure, Result } from '../../electron/contract/failures.ts'
import type { LibraryChange, LibraryModel, LibraryNews } from '../../electron/contract/library.ts'
import type { LibraryDeed } from './library-failure-text.ts'
import { arrange, valuesOf, type LibrarySort } from './library-query.ts'

/** What is being done to a model, or what came of it. */
export type Doing =
  | { readonly kind: 'changing'; readonly change: LibraryChange }
  | { readonly kind: 'deleting' }
  | {
      readonly kind: 'failed'
      readonly failure: Failure
      readonly of: LibraryDeed
      readonly again: () => void
    }

/** Requests at a time when many models are changed: enough to be quick, too few to be a burden. */
const atOnce = 4

/** The library of the chosen team: what it has, what of it is shown, and what is being done to it. */
export class LibraryState {
  models = $state.raw<readonly LibraryModel[]>([])
  listedAtMs = $state(0)
  isKnown = $state(false)
  isAsking = $state(false)
  /** Why there is no list at all. */
  trouble = $state.raw<Failure | null>(null)
  /** Why the list is as old as it is. */
  stale = $state.raw<Failure | null>(null)

  search = $state('')
  type = $state('')
  status = $state('')
  sort = $state<LibrarySort>('date')
  isDescending = $state(true)

  detailsId = $state<string | null>(null)
  /** Models that are about to be deleted, once the person says so. */
  confirming = $state.raw<readonly string[]>([])
  doings = $state.raw<ReadonlyMap<string, Doing>>(new Map())

  /** As they will be once what is under way is done. */
  readonly seen = $derived(this.models.map((model) => this.#asChanged(model)))
  readonly shown = $derived(arrange(this.seen, this))
  readonly ids = $derived(this.shown.map(({ id }) => id))
  readonly byId = $derived(new Map(this.seen.map((model) => [model.id, model])))
  readonly types = $derived(valuesOf(this.seen, 'modelType'))
  readonly statuses = $derived(valuesOf(this.seen, 'status'))
  /** The words for how the list is sorted. */
  readonly orderKey = $derived(`library.order-${this.sort}-${this.isDescending ? 'down' : 'up'}` as const)
  readonly isFiltered = $derived(this.search.trim() !== '' || this.type !== '' || this.status !== '')

  readonly #bridge: Bridge
  readonly #unlisted: () => void
  /** Teams whose server doesn't tell what they have, each said once. */
  readonly #said = new Set<string>()
  #choice: TeamChoice | null = null
  #question = 0

  /** `unlisted` is called once for a team whose library can't be looked into. */
  constructor(bridge: Bridge, unlisted: () => void) {
    this.#bridge = bridge
    this.#unlisted = unlisted
  }

  /** Subscribes. The answer unsubscribes. */
  begin(): () => void {
    return this.#bridge.on('library', (news) => this.#hear(news))
  }

  /** Shows a team's library: what is known of it at once, asked for anew where that is old. */
  async open(choice: TeamChoice): Promise<void> {
    if (choice.accountId !== this.#choice?.accountId || choice.teamId !== this.#choice.teamId)
      this.#turnTo(choice)
    await this.#ask(false)
  }

  readonly refresh = () => this.#ask(true)

  /** Sorts by something else, or the other way round. */
  readonly sortBy = (sort: LibrarySort) => {
    this.isDescending = sort === this.sort ? !this.isDescending : sort === 'size' || sort === 'date'
    this.sort = sort
  }

  readonly showAll = () => {
    this.search = this.type = this.status = ''
  }

  /**
   * Changes models; each shows at once what it will be, and goes back with the reason where the server refuses. Answers the
   * reason of one that it refused, or null.
   */
  readonly change = (ids: readonly string[], change: LibraryChange) =>
    this.#each(ids, { kind: 'changing', change }, (choice, modelId) =>
      this.#bridge.changeModel({ choice, modelId, change }),
    )

  readonly remove = (ids: readonly string[]) => {
    this.confirming = []
    if (this.detailsId !== null && ids.includes(this.detailsId)) this.detailsId = null
    return this.#each(ids, { kind: 'deleting' }, (choice, modelId) =>
      this.#bridge.deleteModel({ choice, modelId }),
    )
  }

  readonly dismiss = (id: string) => this.#note(id, null)

  async #each(
    ids: readonly string[],
    doing: Doing,
    ask: (choice: TeamChoice, modelId: string) => Promise<Result<void>>,
  ): Promise<Failure | null> {
    const choice = this.#choice
    if (!choice) return null
    let refused: Failure | null = null
    const left = ids.filter((id) => this.doings.get(id)?.kind !== 'changing' && this.byId.has(id))
    for (const id of left) this.#note(id, doing)
    const work = async () => {
      for (let id = left.shift(); id !== undefined; id = left.shift())
        refused = (await this.#one(id, doing, () => ask(choice, id as string))) ?? refused
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    return refused
  }

  async #one(id: string, doing: Doing, ask: () => Promise<Result<void>>): Promise<Failure | null> {
    const choice = this.#choice
    const answer = await ask()
    if (choice !== this.#choice) return null
    if (answer.ok) {
      if (doing.kind === 'changing') {
        this.models = this.models.map((model) => (model.id === id ? { ...model, ...doing.change } : model))
      } else this.models = this.models.filter((model) => model.id !== id)
      this.#note(id, null)
      return null
    }
    const again = () => {
      this.#note(id, doing)
      void this.#one(id, doing, ask)
    }
    this.#note(id, { kind: 'failed', failure: answer.failure, of: deedOf(doing), again })
    return answer.failure
  }

  #note(id: string, doing: Doing | null): void {
    const doings = new Map(this.doings)
    if (doing) doings.set(id, doing)
    else doings.delete(id)
    this.doings = doings
  }

  #asChanged(model: LibraryModel): LibraryModel {
    const doing = this.doings.get(model.id)
    return doing?.kind === 'changing' ? { ...model, ...doing.change } : model
  }

  #turnTo(choice: TeamChoice): void {
    this.#choice = choice
    this.models = []
    this.isKnown = false
    this.trouble = this.stale = this.detailsId = null
    this.confirming = []
    this.doings = new Map()
    this.showAll()
  }

  #hear({ teamId, failure }: LibraryNews): void {
    const isOfServer = failure?.code === 'not-found' || failure?.code === 'forbidden'
    if (isOfServer && !this.#said.has(teamId)) {
      this.#said.add(teamId)
      this.#unlisted()
    }
    if (!failure && this.isKnown && teamId === this.#choice?.teamId && !this.isAsking) void this.#ask(false)
  }

  async #ask(isFresh: boolean): Promise<void> {
    const choice = this.#choice
    if (!choice) return
    this.#question += 1
    const question = this.#question
    this.isAsking = true
    const answer = await this.#bridge.library({ choice: { ...choice }, isFresh })
    if (question !== this.#question) return
    this.isAsking = false
    this.isKnown = true
    this.trouble = answer.ok ? null : answer.failure
    if (!answer.ok) return
    this.models = answer.value.models
    this.listedAtMs = answer.value.listedAtMs
    this.stale = answer.value.failure
  }
}

function deedOf(doing: Doing): LibraryDeed {
  if (doing.kind !== 'changing') return 'delete'
  return doing.change.status === undefined ? 'change' : 'status'
}
