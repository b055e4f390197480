import { untrack } from 'svelte'
import type { Bridge } from '../../../electron/contract/calls.ts'
import {
  bulkOutcomes,
  fileFields,
  noBulkChange,
  undoneTarget,
  type BulkChange,
  type BulkFile,
  type BulkOutcome,
  type TemplateField,
} from './bulk-change.ts'
import { teamKey } from '../../../electron/contract/account.ts'
import type { Failure, Result } from '../../../electron/contract/failures.ts'
import type { Target, UploadRow } from '../../../electron/contract/uploads.ts'
import type { NoticesState } from '../../ui/notices-state.svelte.ts'
import type { QueueState } from '../queue-state.svelte.ts'
import { isEditable } from '../row-status.ts'

/** Number of example rows in the preview. */
const shownFirst = 4
const shownProblems = 6

interface Edit {
  readonly id: string
  readonly target: Target
}

/** The uploads or library models whose targets are edited. */
export interface BulkSource {
  /** Selects the wording. */
  readonly kind: 'files' | 'models'
  /** The placeholders that can be filled in. */
  readonly fields: readonly TemplateField[]
  /** What the preview is computed from. */
  read(ids: readonly string[]): BulkSelection
  /** Returns the ids of those that have their new target now. */
  edit(changes: readonly Edit[]): Promise<Result<readonly string[]>>
  /** The current target, or undefined if the upload or model is gone. */
  targetOf(id: string): Target | undefined
}

interface BulkSelection {
  readonly files: readonly BulkFile[]
  /** Number of selected uploads or models that can't be changed. */
  readonly lockedCount: number
  /** All others, whose paths are taken. */
  readonly others: readonly BulkFile[]
  /** Whether one is changed after the other, so that none may get the present path of another. */
  readonly isOneByOne: boolean
}

const nothing: BulkSelection = { files: [], lockedCount: 0, others: [], isOneByOne: false }

/** Editing several uploads or models at once: the changes and their preview. Closed if `ids` is empty. */
export class BulkEditState {
  ids = $state.raw<readonly string[]>([])
  change = $state.raw<BulkChange>(noBulkChange)
  readonly isSaving = $derived.by(() => this.#saved !== null)
  /** Why saving failed. The dialog shows it, because it covers the notices. */
  failure = $state.raw<Failure | null>(null)
  #source = $state.raw<BulkSource | null>(null)
  /** While changes are saved, what is being changed stays as it was. */
  #saved = $state.raw<BulkSelection | null>(null)
  readonly #notices: NoticesState

  constructor(notices: NoticesState) {
    this.#notices = notices
  }

  readonly isOpen = $derived.by(() => this.ids.length > 0)
  readonly kind = $derived.by(() => this.#source?.kind ?? 'files')
  readonly fields = $derived.by(() => this.#source?.fields ?? fileFields)
  readonly #selection = $derived.by(() => this.#saved ?? this.#source?.read(this.ids) ?? nothing)
  /** Number of uploads that have started, or models without a path: they can't be changed. */
  readonly lockedCount = $derived.by(() => this.#selection.lockedCount)
  readonly outcomes: readonly BulkOutcome[] = $derived.by(() =>
    this.isOpen
      ? bulkOutcomes(this.#selection.files, this.change, { ...this.#selection, fields: this.fields })
      : [],
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

  open(ids: readonly string[], source: BulkSource): void {
    this.change = noBulkChange
    this.failure = null
    this.#saved = null
    this.#source = source
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
    const source = this.#source
    if (!this.canSave || !source) return
    const { kind } = source
    const requested = this.changed
    this.#saved = this.#selection
    // Its rows show what is being saved.
    if (kind === 'models') this.close()
    const result = await source.edit(requested.map(({ id, after }) => ({ id, target: after })))
    // It may have been closed, and opened for others.
    if (this.#source === source) {
      this.#saved = null
      this.failure = result.ok ? null : result.failure
      if (result.ok) this.close()
    }
    if (!result.ok) {
      if (!this.isOpen || this.#source !== source) this.#notices.failure(result.failure)
      return
    }
    const done = new Set(result.value)
    const changed = requested.filter(({ id }) => done.has(id))
    const counts = { kind, count: changed.length, missed: requested.length - changed.length }
    if (changed.length === 0) this.#notices.showError('bulk-edit.done', counts)
    else {
      this.#notices.showWithUndo({
        key: 'bulk-edit.done',
        params: counts,
        onaction: () => this.#undo(source, changed),
      })
    }
  }

  /** Restores values that have not been edited since. */
  async #undo(source: BulkSource, changed: readonly BulkOutcome[]): Promise<boolean> {
    const { kind } = source
    const back = changed.flatMap((outcome) => {
      const target = source.targetOf(outcome.id)
      return target ? [{ id: outcome.id, target: undoneTarget(target, outcome) }] : []
    })
    const result = await source.edit(back)
    if (!result.ok) {
      this.#notices.failure(result.failure)
      return false
    }
    const stay = changed.length - result.value.length
    if (stay > 0) this.#notices.showError('bulk-edit.undone', { kind, stay })
    else this.#notices.show('bulk-edit.undone', { kind, stay })
    return true
  }
}

const fileOf = ({ id, fileName, recognition, target, accountId, team }: UploadRow): BulkFile => ({
  id,
  fileName,
  base: recognition.base,
  target,
  teamKey: teamKey({ accountId, teamId: team.id }),
})

/** Edits uploads of the queue that haven't started. */
export function uploadSource(bridge: Bridge, queue: QueueState): BulkSource {
  return {
    kind: 'files',
    fields: fileFields,
    read(ids) {
      // Progress of uploads changes nothing here.
      void queue.targetsVersion
      return untrack(() => {
        const chosen = new Set(ids)
        const selected = ids.flatMap((id) => queue.rows.get(id) ?? [])
        const files = selected.filter(isEditable)
        const rest = [...queue.allRows()].filter(({ id, phase }) => !chosen.has(id) && phase !== 'registered')
        const others = [...rest, ...selected.filter((row) => !isEditable(row))]
        return {
          files: files.map(fileOf),
          lockedCount: selected.length - files.length,
          others: others.map(fileOf),
          isOneByOne: false,
        }
      })
    },
    edit: (changes) => bridge.editTargets({ changes }),
    targetOf: (id) => queue.rows.get(id)?.target,
  }
}
