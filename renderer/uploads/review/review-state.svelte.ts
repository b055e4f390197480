import { SvelteMap } from 'svelte/reactivity'
import { untrack } from 'svelte'
import type { TeamChoice } from '../../../electron/contract/account.ts'
import type { Bridge } from '../../../electron/contract/calls.ts'
import type { Failure } from '../../../electron/contract/failures.ts'
import type { MissingCompanion } from '../../../electron/contract/companions.ts'
import { notSentOf, type ReviewView } from '../../../electron/contract/review.ts'
import type { AddReport } from '../../../electron/contract/uploads.ts'
import type { UiState } from '../../app/ui-state.svelte.ts'
import { Selection } from '../../ui/list/selection.svelte.ts'
import type { NoticesState } from '../../ui/notices-state.svelte.ts'
import type { QueueState } from '../queue-state.svelte.ts'
import { offerUndoRemove } from '../undo-remove.ts'
import {
  factsByFile,
  reviewSections,
  reviewTotals,
  type ReviewFile,
  type ReviewSection,
} from './review-lines.ts'

interface Services {
  readonly bridge: Bridge
  readonly notices: NoticesState
  readonly queue: QueueState
  readonly ui: UiState
  /** Files were uploaded to the team that the user has chosen for them, which is the team of new files then. */
  readonly onteam: (team: TeamChoice) => void
  readonly onapproved: (report: AddReport) => void
}

/** The files that wait for approval, one review for each drop, and the sheet that shows one of them. */
export class ReviewState {
  /** The oldest first. */
  views = $state.raw<readonly ReviewView[]>([])
  /** Why they could not be loaded, or null: files may wait for approval unseen. */
  loadFailure = $state.raw<Failure | null>(null)
  #openId = $state<string | null>(null)
  /** The review that the sheet shows; null while it is closed. A line above the list leads to each review. */
  readonly view = $derived.by(() => this.views.find(({ id }) => id === this.#openId) ?? null)
  /** An approval is being stored. */
  isApproving = $state(false)
  /** Whether a section is expanded, by its key, once the user has expanded or collapsed it. */
  readonly expanded = new SvelteMap<string, boolean>()
  readonly selection = new Selection()
  /** A field of a file in the review is being edited. */
  readonly isEditing = $derived.by(() => {
    const { queue, ui } = this.#services
    return ui.editing !== null && queue.rows.get(ui.editing.id)?.phase === 'review'
  })
  /** Ids of the files in the open review, in the order of the queue. */
  readonly #ids = $derived.by(() => {
    const { reviewIds, rows } = this.#services.queue
    const id = this.#openId
    return untrack(() => reviewIds.filter((one) => rows.get(one)?.review === id))
  })
  readonly #notSent = $derived.by(() => this.view && notSentOf(this.view.groups))
  #shownSections: readonly ReviewSection[] = []
  /** The sections stay as they are while a field is edited, or it would be hidden with its file. */
  readonly sections = $derived.by(() => {
    const { view } = this
    const notSent = this.#notSent
    const ids = this.#ids
    const { rows } = this.#services.queue
    if (!this.isEditing)
      this.#shownSections = view && notSent ? untrack(() => reviewSections(view, notSent, ids, rows)) : []
    return this.#shownSections
  })
  readonly totals = $derived.by(() => {
    const notSent = this.#notSent
    const ids = this.#ids
    const { rows } = this.#services.queue
    return notSent && untrack(() => reviewTotals(notSent, ids, rows))
  })
  readonly #facts = $derived.by((): ReadonlyMap<string, readonly ReviewFile[]> =>
    this.view ? factsByFile(this.view) : new Map(),
  )
  readonly #companions = $derived.by(
    () => new Map(this.view?.missingCompanions.map((companion) => [companion.key, companion])),
  )
  readonly canApprove = $derived.by(() => {
    const { view, totals, isApproving } = this
    if (!view?.team || !totals || isApproving) return false
    return view.inspectingCount === 0 && totals.sentCount > 0
  })
  /** The review that was shown last, and the team that the user has chosen for it. */
  #shown: { readonly id: string; readonly team: TeamChoice | null } | null = null
  /** Whether the sheet is still to be opened, by the ids of reviews to which files were added in this session. */
  readonly #isNew = new Map<string, boolean>()
  readonly #services: Services

  constructor(services: Services) {
    this.#services = services
  }

  /** Subscribes and loads once. Returns a function that unsubscribes. */
  start(): () => void {
    const stop = this.#services.bridge.on('reviews', (views) => this.#receive(views))
    void this.load()
    return stop
  }

  readonly load = async (): Promise<void> => {
    const result = await this.#services.bridge.reviews()
    this.loadFailure = result.ok || this.views.length > 0 ? null : result.failure
    if (result.ok && this.views.length === 0) this.#receive(result.value)
  }

  open(id: string): void {
    if (id !== this.#shown?.id) {
      this.expanded.clear()
      this.selection.clear()
      this.selection.focused = null
      this.#shown = { id, team: null }
    }
    this.#isNew.set(id, false)
    this.#openId = id
  }

  /** Keeps the review for later, as well as others that the sheet has not shown yet. */
  close(): void {
    for (const id of this.#isNew.keys()) this.#isNew.set(id, false)
    this.#openId = null
  }

  /** What was found about a file. */
  factsOf(id: string): readonly ReviewFile[] {
    return this.#facts.get(id) ?? []
  }

  /** Whether the user has decided about a file. */
  isDecided(id: string): boolean {
    return this.factsOf(id).some((facts) => 'isDecided' in facts)
  }

  /** Files that lack a model. */
  get idsWithMissing(): readonly string[] {
    return this.view?.groups.find(({ kind }) => kind === 'missing-companion')?.files.map(({ id }) => id) ?? []
  }

  /** What a file lacks. */
  companionsOf(id: string): readonly MissingCompanion[] {
    return this.factsOf(id).flatMap((facts) =>
      facts.kind === 'missing-companion'
        ? facts.missing.flatMap((key) => this.#companions.get(key) ?? [])
        : [],
    )
  }

  /** Opens the review of added files, or again the one to which approved files were returned. */
  added({ review, isApproval }: AddReport): void {
    if (review === undefined) return
    if (isApproval || !this.#isNew.has(review)) this.#isNew.set(review, true)
    this.#openNew()
  }

  /** Opens the next review once it is certain that there is something to upload or to decide. */
  #openNew(): void {
    if (this.view) return
    const next = this.views.find(
      ({ id, hasWork, isComparing, inspectingCount }) =>
        this.#isNew.get(id) && hasWork && (!isComparing || inspectingCount > 0),
    )
    if (next) this.open(next.id)
  }

  /** Uploads every file that is shown and needs no decision. */
  async approve(): Promise<void> {
    const { view, totals } = this
    if (!this.canApprove || !view?.team || !totals) return
    const { id, team } = view
    this.isApproving = true
    const ids = totals.approvableIds
    const result = await this.#services.bridge.approveReview({ review: id, ids, team })
    this.isApproving = false
    // If the user cancelled the native dialog, the sheet stays.
    if (!result.ok || result.value === null) return
    this.#end(id)
    if (this.#shown?.id === id && this.#shown.team) this.#services.onteam(this.#shown.team)
    const { approvedCount: added, ...undoable } = result.value
    const report = { added, refused: 0, skipped: [], isApproval: true, review: id } as const
    this.#services.onapproved({ ...report, ...undoable })
  }

  async setTeam(team: TeamChoice): Promise<void> {
    const id = this.view?.id
    if (id === undefined) return
    const result = await this.#services.bridge.setReviewTeam({ review: id, team })
    if (result.ok && this.#shown?.id === id) this.#shown = { id, team }
  }

  /** Removes files from the review; the notice restores them. */
  async leaveOut(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    const result = await this.#services.bridge.excludeFromReview({ ids })
    if (result.ok) offerUndoRemove(this.#services, 'review.left-out', result.value)
  }

  /** Removes all files of the open review; the notice restores them, unless others were still being checked. */
  async discard(): Promise<void> {
    if (!this.view) return
    const { id, inspectingCount } = this.view
    const result = await this.#services.bridge.discardReview({ review: id })
    if (!result.ok) return
    this.#end(id)
    if (inspectingCount > 0) {
      this.#services.notices.withdrawUndo()
      return this.#services.notices.show('reading.stopped')
    }
    // An undo opens it again.
    this.#isNew.set(id, true)
    offerUndoRemove(this.#services, 'review.discarded', result.value)
  }

  /** An undo within a tenth of a second comes before the end of a review is reported. */
  #end(id: string): void {
    if (this.#openId === id) this.#openId = null
    this.#receive(this.views.filter((view) => view.id !== id))
  }

  #receive(views: readonly ReviewView[]): void {
    const inspected = new Set(this.views.flatMap((view) => (view.inspectingCount > 0 ? [view.id] : [])))
    // The files that an earlier session has left are opened by the user.
    for (const { id, inspectingCount } of views)
      if (inspectingCount > 0 && !inspected.has(id) && !this.#isNew.has(id)) this.#isNew.set(id, true)
    this.views = views
    if (!this.view) this.#openId = null
    this.loadFailure = null
    this.#openNew()
  }
}
