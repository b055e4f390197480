import { untrack } from 'svelte'
import type { CallArgs } from '../../electron/contract/calls.ts'
import { isSameChoice, teamKey, type TeamChoice } from '../../electron/contract/account.ts'
import type { Failure, Result } from '../../electron/contract/failures.ts'
import type { LibraryChange, LibraryModel, LibraryUpdate } from '../../electron/contract/library.ts'
import type { Services } from '../app/services.ts'
import type { ListedAgents } from './agents.ts'
import { canRepeat, type ModelOperation } from './library-failure-text.ts'
import { reportDeleted, reportMissing, reportUndoFailure, reportUnseen } from './library-notices.ts'
import { filesOf, filterAndSort, rowIdsOf, toRows, valuesOf, type LibrarySort } from './library-query.ts'
import { delay } from '../ui/delay.ts'

/** Number of parallel requests when many models are changed. */
const atOnce = 4
/** Answers are applied together at most this often, since each time the whole library is filtered and sorted. */
const applyIntervalMs = 100
/** An opened library is listed again, cheaply, if what it shows is older; in ms. */
const openedMaxAgeMs = 10_000
/** The agents are requested again at most once in this time, unless the user refreshes the library; in ms. */
const agentsIntervalMs = 30_000

type ListingAge = Omit<CallArgs<'library'>, 'choice'>
type SettableStatus = NonNullable<LibraryChange['status']>

const otherStatus = (status: SettableStatus): SettableStatus => (status === 'active' ? 'disabled' : 'active')

export interface ModelChange {
  readonly id: string
  readonly change: LibraryChange
}

interface Answer extends ModelChange {
  readonly result: Result<unknown>
}

interface Refusal {
  readonly id: string
  readonly failure: Failure
  /** The model shows it. */
  readonly isShown: boolean
}

const operationOf = ({ status }: LibraryChange) => (status === undefined ? 'change' : 'status')

/**
 * A batch changes the library all the time. A model takes about 3 µs to transfer in main and in the page, which is
 * at most 3 % of the time of each.
 */
const reloadIntervalMs = (modelCount: number) => Math.max(500, modelCount * 0.1)

const realTime = { now: () => Date.now(), delay }

/** The library of a team: its models, the current filter and running operations. */
export class LibraryState {
  models = $state.raw<readonly LibraryModel[]>([])
  listedAtMs = $state(0)
  isKnown = $state(false)
  isLoading = $state(false)
  /** Why the list could not be loaded, or null. */
  loadFailure = $state.raw<Failure | null>(null)
  /** Why the shown list is outdated, or null. */
  stale = $state.raw<Failure | null>(null)

  /** The team's agents; null while they are not known. */
  agents = $state.raw<ListedAgents | null>(null)
  /** Why they could not be listed, or null. */
  agentsFailure = $state.raw<Failure | null>(null)
  /** Models that were enabled since the start of the app. */
  enabledIds = $state.raw<ReadonlySet<string>>(new Set())

  search = $state('')
  type = $state('')
  base = $state('')
  status = $state('')
  sort = $state<LibrarySort>('added')
  isDescending = $state(true)

  /** The row whose details are shown. */
  detailsId = $state<string | null>(null)
  /** Models that the list selects and scrolls to once it has them. */
  revealedIds = $state.raw<readonly string[]>([])
  operations = $state.raw<ReadonlyMap<string, ModelOperation>>(new Map())
  /** What was typed and not saved in the forms of models, by model. */
  readonly drafts = new Map<string, LibraryChange>()

  /** The models with pending changes applied. */
  readonly seen = $derived(this.models.map((model) => this.#asChanged(model)))
  readonly rows = $derived(toRows(this.seen))
  readonly shown = $derived(filterAndSort(this.rows, this))
  readonly ids = $derived(this.shown.map(({ id }) => id))
  readonly byId = $derived(new Map(this.seen.map((model) => [model.id, model])))
  readonly rowById = $derived(new Map(this.rows.map((row) => [row.id, row])))
  readonly types = $derived(valuesOf(this.rows, 'modelType', this.type))
  readonly bases = $derived(valuesOf(this.rows, 'base', this.base))
  readonly statuses = $derived(valuesOf(this.rows, 'status', this.status))
  readonly isFiltered = $derived(this.search.trim() + this.type + this.base + this.status !== '')

  /** The team that was chosen in this view; null for the one that new files are uploaded to. */
  #ownTeam = $state.raw<TeamChoice | null>(null)
  /** The team whose models are shown, or null. */
  readonly team: TeamChoice | null = $derived.by(() => {
    const { session } = this.#services
    const isKnown = this.#ownTeam !== null && session.teamOf(this.#ownTeam) !== null
    return isKnown ? this.#ownTeam : (session.view?.chosen ?? null)
  })
  readonly teamName = $derived.by(() => this.#services.session.teamOf(this.team)?.name ?? '')
  /** New files are uploaded to another team than the one shown. */
  readonly isOtherTeam = $derived.by(() => {
    const chosen = this.#services.session.view?.chosen
    return Boolean(chosen && this.team && teamKey(this.team) !== teamKey(chosen))
  })

  readonly #services: Services
  readonly #now: () => number
  readonly #delay: (ms: number) => Promise<void>
  /** Teams whose server does not list its models and for which this has been reported. */
  readonly #reportedTeams = new Set<string>()
  #choice: TeamChoice | null = null
  #requestNumber = 0
  #latestLoad = Promise.resolve()
  #agentsRequestNumber = 0
  #agentsRequestedAtMs = -Infinity
  #isOpen = false
  #isReloading = false
  /** The team is another one than that of earlier runs. */
  #reloadRun = 0
  /** The models have changed since they were last requested. */
  #isOutdated = false
  /** The listing that main has reported since then. */
  #listedDuringLoadMs = 0
  /** The team's models were listed at least once. */
  #isListed = false

  /** @param time - `delay` waits for a number of milliseconds. */
  constructor(services: Services, time = realTime) {
    this.#services = services
    this.#now = time.now
    this.#delay = time.delay
  }

  /** Subscribes. Returns a function that unsubscribes. */
  start(): () => void {
    return this.#services.bridge.on('library', (news) => this.#handleNews(news))
  }

  /** Shows the library of a team, or for null of the one that new files are uploaded to, which stays as it is. */
  showTeam(team: TeamChoice | null): void {
    this.#ownTeam = team
  }

  /** Shows a team's library from the cache at once, and then what others have added since. */
  async open(choice: TeamChoice): Promise<void> {
    this.#isOpen = true
    if (!this.#choice || !isSameChoice(choice, this.#choice)) this.#switchTo(choice)
    // Not a dependency of the effect that opens the library.
    else if (untrack(() => this.isLoading)) {
      void this.#reload()
      return this.#latestLoad
    }
    void this.#loadAgents(false)
    await this.#load()
    const isOld = this.#now() - untrack(() => this.listedAtMs) > openedMaxAgeMs
    if (isOld && this.#isOpen && this.isShown(choice)) await this.#load({ maxAgeMs: openedMaxAgeMs })
  }

  /** No longer requests models and agents when models change. */
  readonly close = () => {
    this.#isOpen = false
  }

  readonly refresh = () => {
    void this.#loadAgents(true)
    return this.#load({ maxAgeMs: 0 })
  }

  /** Sorts by a column, or reverses the order if it is sorted by it already. */
  readonly sortBy = (sort: LibrarySort) => {
    this.isDescending = sort === this.sort ? !this.isDescending : sort === 'size' || sort === 'added'
    this.sort = sort
  }

  readonly showAll = () => {
    this.search = this.type = this.base = this.status = ''
  }

  /**
   * Changes models of the shown team optimistically; those that the server refuses are reverted.
   * @returns the failure of one refused change, or null
   */
  readonly change = async (ids: readonly string[], change: LibraryChange): Promise<Failure | null> => {
    const choice = this.#choice
    if (!choice) return null
    const refusals = await this.changeEach(
      choice,
      ids.map((id) => ({ id, change })),
    )
    return refusals.at(-1)?.failure ?? null
  }

  /** Like `change`, with a change for each model of any team. Returns the refusals. */
  async changeEach(choice: TeamChoice, changes: readonly ModelChange[]): Promise<readonly Refusal[]> {
    const refusals = await this.#changeAll(choice, changes)
    const unseen = refusals.filter(({ isShown }) => !isShown).map(({ failure }) => failure)
    reportUnseen(this.#services, choice, operationOf(changes[0]?.change ?? {}), unseen)
    return refusals
  }

  async #changeAll(choice: TeamChoice, changes: readonly ModelChange[]): Promise<Refusal[]> {
    const refusals: Refusal[] = []
    const isShown = this.isShown(choice)
    const left = isShown ? changes.filter(({ id }) => !this.isBusy(id)) : [...changes]
    if (isShown) this.#note(left.map(({ id, change }) => [id, { kind: 'changing', change }]))
    const answers: Answer[] = []
    const apply = () => refusals.push(...this.#applyAnswers(choice, answers.splice(0)))
    const enabledIds = left.filter(({ change }) => change.status === 'active').map(({ id }) => id)
    if (enabledIds.length > 0) this.enabledIds = new Set([...this.enabledIds, ...enabledIds])
    const work = async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const { id, change } = next
        const result = await this.#services.bridge.changeModel({ choice, modelId: id, change })
        if (answers.push({ id, change, result }) === 1) void this.#delay(applyIntervalMs).then(apply)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    apply()
    return refusals
  }

  /**
   * A function that undoes a change to a model of the shown team, also when another team is shown by then, and
   * returns false if it can be repeated.
   */
  undoOf(id: string, change: LibraryChange): () => Promise<boolean> {
    const choice = this.#choice
    return async () => choice === null || (await this.#undo(choice, [id], change)).length === 0
  }

  /** Enables or disables models, and reports those for which it succeeded. */
  readonly setStatus = async (ids: readonly string[], status: SettableStatus): Promise<void> => {
    const choice = this.#choice
    const requested = ids.filter((id) => !this.isBusy(id) && this.byId.has(id))
    // Others had a status of the server's own, which can't be set.
    const undoable = requested.filter((id) => this.byId.get(id)?.status === otherStatus(status))
    await this.change(requested, { status })
    if (!choice || !this.isShown(choice)) return
    const isChanged = (id: string) => this.byId.get(id)?.status === status
    const count = requested.filter(isChanged).length
    const undoIds = undoable.filter(isChanged)
    if (undoIds.length > 0) this.#offerStatusUndo(choice, status, undoIds, count)
    else if (count > 0) this.#services.notices.show('library.status-changed', { count, status })
  }

  /** Reports `count` models with a new status. An undo that fails for only some models is offered again for these. */
  #offerStatusUndo(choice: TeamChoice, status: SettableStatus, ids: readonly string[], count: number): void {
    const onaction = async () => {
      const left = await this.#undo(choice, ids, { status: otherStatus(status) })
      if (left.length === ids.length) return false
      if (left.length > 0) this.#offerStatusUndo(choice, status, left, left.length)
      return true
    }
    const params = { count, status }
    this.#services.notices.showWithUndo({ key: 'library.status-changed', params, onaction })
  }

  /** Deletes models once a native dialog, which the main process shows, was confirmed. */
  readonly remove = async (ids: readonly string[]): Promise<void> => {
    const choice = this.#choice
    const models = ids.flatMap((id) => (this.isBusy(id) ? [] : (this.byId.get(id) ?? [])))
    const modelIds = models.map(({ id }) => id)
    if (!choice || modelIds.length === 0) return
    this.#note(modelIds.map((id) => [id, { kind: 'deleting' }]))
    const result = await this.#services.bridge.deleteModels({ choice: { ...choice }, modelIds })
    const isShown = this.isShown(choice)
    if (isShown) this.#note(modelIds.map((id) => [id, null]))
    if (result.ok && result.value === null) return
    const failures = new Map(
      result.ok
        ? result.value?.map(({ modelId, failure }) => [modelId, failure])
        : modelIds.map((id) => [id, result.failure]),
    )
    const deleted = models.filter(({ id }) => !failures.has(id))
    if (deleted.length > 0) reportDeleted(this.#services, choice, deleted)
    if (!isShown) return reportUnseen(this.#services, choice, 'delete', [...failures.values()])
    this.#note([...failures].map(([id, failure]) => [id, { kind: 'failed', failure, of: 'delete' }]))
    this.models = this.models.filter(({ id }) => !modelIds.includes(id) || failures.has(id))
  }

  /** Repeats failed operations on models: either changes or deletions. */
  readonly retry = async (ids: readonly string[]): Promise<void> => {
    const changes = ids.flatMap((id) => {
      const operation = this.operations.get(id)
      return operation?.kind === 'failed' && operation.change ? [{ id, change: operation.change }] : []
    })
    if (changes.length === 0) await this.remove(ids)
    else if (this.#choice) await this.changeEach(this.#choice, changes)
  }

  /** Shows models of a team, whatever is filtered; of a single one also the details. */
  async reveal(team: TeamChoice, ids: readonly string[]): Promise<void> {
    this.showTeam(team)
    await this.open(team)
    if (!this.#choice || !isSameChoice(team, this.#choice)) return
    this.showAll()
    const isListed = (id: string) => this.byId.has(id)
    // The cached list may be older than the models.
    if (!ids.every(isListed)) await this.refresh()
    if (!isSameChoice(team, this.#choice)) return
    const listed = ids.filter(isListed)
    const isCurrent = this.loadFailure === null && this.stale === null
    if (isCurrent && listed.length < ids.length)
      reportMissing(
        this.#services,
        team,
        ids.filter((id) => !isListed(id)),
      )
    this.detailsId = ids.length === 1 ? (rowIdsOf(this.rows, listed)[0] ?? null) : null
    this.revealedIds = isCurrent ? listed : ids
  }

  readonly dismiss = (ids: readonly string[]) => this.#note(ids.map((id) => [id, null]))

  /** The models of rows. */
  modelIdsOf(rowIds: readonly string[]): readonly string[] {
    return rowIds.flatMap((id) => filesOf(this.rowById.get(id)).map((file) => file.id))
  }

  /** Whether a change or deletion of the model is in progress. */
  isBusy(id: string): boolean {
    const kind = this.operations.get(id)?.kind
    return kind === 'changing' || kind === 'deleting'
  }

  /** Returns the refusals. */
  #applyAnswers(choice: TeamChoice, answers: readonly Answer[]): Refusal[] {
    const isShown = this.isShown(choice)
    const changed = new Map<string, LibraryChange>()
    const operations: [string, ModelOperation | null][] = []
    const refusals: Refusal[] = []
    for (const { id, change, result } of answers) {
      if (result.ok) {
        changed.set(id, change)
        operations.push([id, null])
        continue
      }
      const { failure } = result
      operations.push([id, { kind: 'failed', failure, of: operationOf(change), change }])
      refusals.push({ id, failure, isShown })
    }
    if (!isShown || answers.length === 0) return refusals
    this.models = this.models.map((model) => {
      const change = changed.get(model.id)
      return change ? { ...model, ...change } : model
    })
    this.#note(operations)
    return refusals
  }

  /** Undoes a change, and reports a failure. Returns the models for which it can be repeated. */
  async #undo(choice: TeamChoice, ids: readonly string[], change: LibraryChange): Promise<readonly string[]> {
    const busyIds = this.isShown(choice) ? ids.filter((id) => this.isBusy(id)) : []
    const refusals = await this.#changeAll(
      choice,
      ids.map((id) => ({ id, change })),
    )
    const refusal = refusals.at(-1)
    if (refusal) reportUndoFailure(this.#services, choice, operationOf(change), refusal.failure)
    const repeatable = refusals.filter(({ failure }) => canRepeat(failure))
    return [...busyIds, ...repeatable.map(({ id }) => id)]
  }

  /** Whether the models are those of a team. */
  isShown(choice: TeamChoice): boolean {
    return this.#choice !== null && isSameChoice(choice, this.#choice)
  }

  #note(changed: readonly (readonly [id: string, operation: ModelOperation | null])[]): void {
    const operations = new Map(this.operations)
    for (const [id, operation] of changed)
      if (operation) operations.set(id, operation)
      else operations.delete(id)
    this.operations = operations
  }

  #asChanged(model: LibraryModel): LibraryModel {
    const operation = this.operations.get(model.id)
    return operation?.kind === 'changing' ? { ...model, ...operation.change } : model
  }

  #switchTo(choice: TeamChoice): void {
    this.#choice = choice
    this.models = []
    this.agents = this.agentsFailure = null
    this.#agentsRequestedAtMs = -Infinity
    this.isKnown = this.#isListed = false
    this.loadFailure = this.stale = this.detailsId = null
    this.operations = new Map()
    this.revealedIds = []
    this.#reloadRun += 1
    this.#isReloading = this.#isOutdated = false
    this.showAll()
  }

  #handleNews({ teamId, failure, listedAtMs }: LibraryUpdate): void {
    const isOfServer = failure?.code === 'not-found' || failure?.code === 'forbidden'
    if (isOfServer && !this.#reportedTeams.has(teamId)) {
      this.#reportedTeams.add(teamId)
      this.#services.notices.show('library.unlisted')
    }
    if (failure || !this.isKnown || teamId !== this.#choice?.teamId) return
    // The answer to the present request, unless another listing has followed it.
    if (this.isLoading && listedAtMs !== undefined) this.#listedDuringLoadMs = listedAtMs
    else this.#isOutdated = true
    // Otherwise the models are loaded when the library is opened.
    if (!this.#isOpen) return
    void this.#loadAgents(false)
    void this.#reload()
  }

  /** Loads the models again if they have changed; one request at a time, as often as their number allows. */
  async #reload(): Promise<void> {
    if (this.#isReloading) return
    this.#isReloading = true
    const run = (this.#reloadRun += 1)
    while (run === this.#reloadRun && this.#isOutdated && this.#isOpen) {
      // Its answer may lack the change.
      if (untrack(() => this.isLoading)) await this.#latestLoad
      else await this.#load()
      await this.#delay(reloadIntervalMs(untrack(() => this.models.length)))
    }
    if (run === this.#reloadRun) this.#isReloading = false
  }

  #load(age: ListingAge = {}): Promise<void> {
    this.#isOutdated = false
    this.#listedDuringLoadMs = 0
    this.#latestLoad = this.#request(age)
    return this.#latestLoad
  }

  async #loadAgents(isFresh: boolean): Promise<void> {
    const choice = this.#choice
    const nowMs = this.#now()
    // The clock may be set back meanwhile.
    const isRecent = Math.abs(nowMs - this.#agentsRequestedAtMs) < agentsIntervalMs
    if (!choice || (isRecent && !isFresh)) return
    this.#agentsRequestedAtMs = nowMs
    this.#agentsRequestNumber += 1
    const requestNumber = this.#agentsRequestNumber
    const result = await this.#services.bridge.agents({ choice: { ...choice } })
    if (requestNumber !== this.#agentsRequestNumber) return
    this.agents = result.ok ? { agents: result.value, listedAtMs: nowMs } : null
    this.agentsFailure = result.ok ? null : result.failure
  }

  async #request(age: ListingAge): Promise<void> {
    const choice = this.#choice
    if (!choice) return
    this.#requestNumber += 1
    const requestNumber = this.#requestNumber
    this.isLoading = true
    const result = await this.#services.bridge.library({ choice: { ...choice }, ...age })
    if (requestNumber !== this.#requestNumber) return this.#latestLoad
    this.isLoading = false
    this.isKnown = true
    if (!result.ok) {
      // What was listed before stays, with its age.
      if (this.#isListed) this.stale = result.failure
      else this.loadFailure = result.failure
      return
    }
    this.loadFailure = null
    this.#isListed = true
    this.models = result.value.models
    this.listedAtMs = result.value.listedAtMs
    this.stale = result.value.failure
    if (result.value.listedAtMs >= this.#listedDuringLoadMs) return
    this.#isOutdated = true
    void this.#reload()
  }
}
