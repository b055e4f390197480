import { untrack } from 'svelte'
import type { Bridge } from '../../../electron/contract/calls.ts'
import {
  bulkOutcomes,
  noBulkChange,
  undoneTarget,
  type BulkChange,
  type BulkFile,
  type BulkOutcome,
} from './bulk-change.ts'
import { teamKey } from '../../../electron/contract/account.ts'
import type { Failure, Result } from '../../../electron/contract/failures.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import type { NoticesState } from '../../ui/notices-state.svelte.ts'
import type { QueueState } from '../queue-state.svelte.ts'
import { isEditable } from '../row-status.ts'

/** Number of example rows in the preview. */
const shownFirst = 4
const shownProblems = 6

const fileOf = ({ id, fileName, recognition, target, accountId, team }: UploadRow): BulkFile => ({
  id,
  fileName,
  base: recognition.base,
  target,
  teamKey: teamKey({ accountId, teamId: team.id }),
})

/** Editing several rows at once: the changes and their preview. Closed if `ids` is empty. */
export class BulkEditState {
  ids = $state.raw<readonly string[]>([])
  change = $state.raw<BulkChange>(noBulkChange)
  isSaving = $state(false)
  /** Why saving failed. The dialog shows it, because it covers the notices. */
  failure = $state.raw<Failure | null>(null)
  readonly #bridge: Bridge
  readonly #queue: QueueState
  readonly #notices: NoticesState

  constructor(bridge: Bridge, queue: QueueState, notices: NoticesState) {
    this.#bridge = bridge
    this.#queue = queue
    this.#notices = notices
  }

  readonly isOpen = $derived.by(() => this.ids.length > 0)
  /** Progress of uploads changes nothing here. */
  readonly #rows = $derived.by(() => {
    const { ids } = this
    void this.#queue.targetsVersion
    return untrack(() => ids.flatMap((id) => this.#queue.rows.get(id) ?? []))
  })
  readonly #files = $derived.by(() => this.#rows.filter(isEditable).map(fileOf))
  /** Number of selected rows that have started and cannot be changed. */
  readonly startedCount = $derived.by(() => this.#rows.length - this.#files.length)
  readonly outcomes: readonly BulkOutcome[] = $derived.by(() =>
    this.isOpen ? bulkOutcomes(this.#files, this.change, this.#others()) : [],
  )
  readonly changed = $derived.by(() => this.outcomes.filter(({ isChanged }) => isChanged))
  /** Problems of changed rows only; existing problems of unchanged rows do not block saving. */
  readonly problems = $derived.by(() => this.changed.filter(({ problem }) => problem !== null))
  readonly firstProblems = $derived.by(() => this.problems.slice(0, shownProblems))
  readonly first = $derived.by(() =>
    this.changed.filter(({ problem }) => problem === null).slice(0, shownFirst),
  )
  readonly canSave = $derived.by(
    () => this.changed.length > 0 && this.problems.length === 0 && !this.isSaving,
  )

  open(ids: readonly string[]): void {
    this.change = noBulkChange
    this.failure = null
    this.ids = ids
  }

  close(): void {
    this.ids = []
  }

  type(part: Partial<BulkChange>): void {
    this.change = { ...this.change, ...part }
  }

  /** Saves all changes. The notice offers to undo them. */
  async save(): Promise<void> {
    if (!this.canSave) return
    this.isSaving = true
    const requested = this.changed
    const result = await this.#edit(requested.map(({ id, after }) => ({ id, target: after })))
    this.isSaving = false
    this.failure = result.ok ? null : result.failure
    if (!result.ok) return
    this.close()
    const done = new Set(result.value)
    const changed = requested.filter(({ id }) => done.has(id))
    const counts = { count: changed.length, missed: requested.length - changed.length }
    if (changed.length === 0) this.#notices.showUntilClosed('bulk-edit.done', counts)
    else {
      this.#notices.showWithUndo({
        key: 'bulk-edit.done',
        params: counts,
        onaction: () => void this.#undo(changed),
      })
    }
  }

  /** Restores values that have not been edited since. */
  async #undo(changed: readonly BulkOutcome[]): Promise<void> {
    const back = changed.flatMap((outcome) => {
      const row = this.#queue.rows.get(outcome.id)
      return row ? [{ id: row.id, target: undoneTarget(row.target, outcome) }] : []
    })
    const result = await this.#edit(back)
    if (!result.ok) return this.#notices.failure(result.failure)
    const stay = changed.length - result.value.length
    if (stay > 0) this.#notices.showUntilClosed('bulk-edit.undone', { stay })
    else this.#notices.show('bulk-edit.undone', { stay })
  }

  #edit(changes: readonly Edit[]): Promise<Result<readonly string[]>> {
    return this.#bridge.editTargets({
      changes: changes.map(({ id, target }) => ({ id, target: { ...target } })),
    })
  }

  #others(): BulkFile[] {
    const chosen = new Set(this.ids)
    const rest = [...this.#queue.allRows()].filter(
      ({ id, phase }) => !chosen.has(id) && phase !== 'registered',
    )
    return [...rest, ...this.#rows.filter((row) => !isEditable(row))].map(fileOf)
  }
}

interface Edit {
  readonly id: string
  readonly target: UploadRow['target']
}
