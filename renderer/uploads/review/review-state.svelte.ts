import { SvelteMap } from 'svelte/reactivity'
import { untrack } from 'svelte'
import type { TeamChoice } from '../../../electron/contract/account.ts'
import type { Bridge } from '../../../electron/contract/calls.ts'
import type { Failure, Result } from '../../../electron/contract/failures.ts'
import type { MissingCompanion } from '../../../electron/contract/companions.ts'
import { notSentOf, type ReviewView } from '../../../electron/contract/review.ts'
import type { AddReport } from '../../../electron/contract/uploads.ts'
import type { MessageKey } from '../../../electron/messages/messages.ts'
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
}

/** Whether all files have a team. */
export const isTeamDecided = ({ team, isForSeveralTeams }: ReviewView): boolean =>
  team !== null || isForSeveralTeams

/** The files that wait for approval, and the sheet that shows them. */
export class ReviewState {
  view = $state.raw<ReviewView | null>(null)
  /** Why it could not be loaded, or null: files may wait for approval unseen. */
  loadFailure = $state.raw<Failure | null>(null)
  /** The sheet is open. While it is closed, a line above the list leads back to it. */
  isOpen = $state(false)
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
  readonly #notSent = $derived.by(() => this.view && notSentOf(this.view.groups))
  #shownSections: readonly ReviewSection[] = []
  /** The sections stay as they are while a field is edited, or it would be hidden with its file. */
  readonly sections = $derived.by(() => {
    const { view } = this
    const notSent = this.#notSent
    const { reviewIds: ids, rows } = this.#services.queue
    if (!this.isEditing)
      this.#shownSections = view && notSent ? untrack(() => reviewSections(view, notSent, ids, rows)) : []
    return this.#shownSections
  })
  readonly totals = $derived.by(() => {
    const notSent = this.#notSent
    const { reviewIds: ids, rows } = this.#services.queue
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
    if (!view || !totals || isApproving || !isTeamDecided(view)) return false
    return view.inspectingCount === 0 && totals.sentCount > 0
  })
  /** The team that the user has chosen in the sheet. */
  #chosenTeam: TeamChoice | null = null
  /** Files were added, and the sheet has not been opened for them. */
  #isNew = false
  readonly #services: Services

  constructor(services: Services) {
    this.#services = services
  }

  /** Subscribes and loads once. Returns a function that unsubscribes. */
  start(): () => void {
    const stop = this.#services.bridge.on('review', (view) => this.#receive(view))
    void this.load()
    return stop
  }

  readonly load = async (): Promise<void> => {
    const result = await this.#services.bridge.review()
    this.loadFailure = result.ok || this.view ? null : result.failure
    if (result.ok && this.view === null) this.#receive(result.value)
  }

  open(): void {
    this.isOpen = true
  }

  close(): void {
    this.isOpen = false
  }

  /** What was found about a file. */
  factsOf(id: string): readonly ReviewFile[] {
    return this.#facts.get(id) ?? []
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

  /** Opens the sheet again for files that were added to a review that the user had closed. */
  added({ isInReview }: AddReport): void {
    if (isInReview) this.#isNew = true
    this.#openIfNew()
  }

  /** Once it is certain that there is something to upload or to decide. */
  #openIfNew(): void {
    const { view } = this
    if (!this.#isNew || !view?.hasWork || (view.isComparing && view.inspectingCount === 0)) return
    this.#isNew = false
    this.open()
  }

  /** Uploads every file that is shown and needs no decision. */
  async approve(): Promise<void> {
    const { view, totals } = this
    if (!this.canApprove || !view || !totals) return
    this.isApproving = true
    const result = await this.#services.bridge.approveReview({
      ids: [...totals.approvableIds],
      team: view.team,
    })
    this.isApproving = false
    if (!result.ok) return this.#services.notices.failure(result.failure)
    // The user cancelled the native dialog: the sheet stays.
    if (result.value === null) return
    this.close()
    if (this.#chosenTeam) this.#services.onteam(this.#chosenTeam)
    const { approvedCount: added, ...undoable } = result.value
    this.#services.notices.report({ added, refused: 0, skipped: [], isApproval: true, ...undoable })
  }

  async setTeam(team: TeamChoice): Promise<void> {
    const result = await this.#services.bridge.setReviewTeam({ team })
    if (result.ok) this.#chosenTeam = team
    this.#report(result)
  }

  /** Removes files from the review; the notice restores them. */
  async leaveOut(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    const result = await this.#services.bridge.excludeFromReview({ ids: [...ids] })
    this.#offerUndo(result, 'review.left-out')
  }

  /** Removes all files from the review; the notice restores them. */
  async discard(): Promise<void> {
    const result = await this.#services.bridge.discardReview()
    // An undo within a tenth of a second comes before the empty review is reported.
    if (result.ok) this.#receive(null)
    // An undo opens it again.
    this.#isNew = result.ok
    this.#offerUndo(result, 'review.discarded')
  }

  #receive(view: ReviewView | null): void {
    if (view && !this.view) {
      this.expanded.clear()
      this.selection.clear()
      this.selection.focused = null
      this.#chosenTeam = null
    }
    // The files that an earlier session has left are opened by the user.
    const wasInspecting = this.view !== null && this.view.inspectingCount > 0
    if (view && view.inspectingCount > 0 && !wasInspecting) this.#isNew = true
    if (!view) this.close()
    this.view = view
    this.loadFailure = null
    this.#openIfNew()
  }

  #offerUndo(result: Result<readonly string[]>, key: MessageKey): void {
    if (result.ok) offerUndoRemove(this.#services, key, result.value)
    else this.#services.notices.failure(result.failure)
  }

  #report(result: Result<unknown>): void {
    if (!result.ok) this.#services.notices.failure(result.failure)
  }
}
