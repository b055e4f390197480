import { SvelteSet } from 'svelte/reactivity'
import type { Failure } from '../../electron/contract/failures.ts'
import { skippedCount, type AddReport, type ReadingView } from '../../electron/contract/uploads.ts'
import type { MessageKey, Params } from '../../electron/messages/messages.ts'

export type Notice = {
  readonly id: number
  /** How long it is shown, in ms; null until it is closed. */
  readonly lastsMs: number | null
  /** A report with an open list, which newer ones do not replace. */
  readonly isExpanded?: true
} & NoticeContent

type NoticeContent =
  | { readonly kind: 'report'; readonly report: AddReport }
  | { readonly kind: 'failure'; readonly failure: Failure }
  | { readonly kind: 'text'; readonly key: MessageKey; readonly params?: Params | undefined }
  | ({ readonly kind: 'error' } & ErrorMessage)
  | ({ readonly kind: 'action' } & NoticeWithAction)
  | ({ readonly kind: 'undo' } & NoticeWithUndo)

interface ErrorMessage {
  readonly key: MessageKey
  readonly params: Params
}

/** A notice that offers to undo what it says, also by Ctrl+Z. */
export interface NoticeWithUndo {
  readonly key: MessageKey
  readonly params: Params
  /** The models of the library that it changes. */
  readonly modelIds?: readonly string[]
  /** Undoes it, and shows a failure; returns false if it can be repeated. */
  readonly onaction: () => Promise<boolean>
}

/** A notice with one action. */
export interface NoticeWithAction {
  readonly key: MessageKey
  readonly params: Params
  /** Label of the action. */
  readonly label: MessageKey
  readonly onaction: () => void
  /** Shown as an error. */
  readonly isError?: boolean
  /** The live region says it. */
  readonly isAnnounced?: boolean
}

/** Reading time of a short line, twice, at about 4 words per second; in ms. */
const shortReadMs = 4_000
/** Time for an action such as Undo; it stands still while the pointer or the focus is on a notice (WCAG 2.2.1). */
const actionMs = 30_000

/** Notices at the bottom of the window. Errors stay until closed; others end after a while. */
export class NoticesState {
  all = $state.raw<readonly Notice[]>([])
  /** Files that were added and are being found and checked, or null. */
  reading = $state.raw<ReadingView | null>(null)
  /** Those that are being undone, by id. */
  readonly #undoing = new SvelteSet<number>()
  /**
   * The notices that are shown: of those that undo the same kind of change only the latest, and none while it is being
   * undone, since the older change may be one of the same thing.
   */
  readonly shown = $derived(
    this.all.filter(
      (notice) =>
        !this.#undoing.has(notice.id) &&
        (notice.kind !== 'undo' || notice === this.all.findLast((other) => isSameUndo(other, notice))),
    ),
  )
  /** How long each has been shown, in ms. */
  readonly #shownMs = new Map<number, number>()
  #next = 1
  /** Notices before this one are undone by their buttons only. */
  #firstUndo = 0

  /** Lets time pass for the notices that are shown. */
  elapse(ms: number): void {
    for (const notice of this.shown) {
      if (notice.lastsMs === null) continue
      const shownMs = (this.#shownMs.get(notice.id) ?? 0) + ms
      this.#shownMs.set(notice.id, shownMs)
      if (shownMs >= notice.lastsMs) this.close(notice)
    }
  }

  /** What was skipped is listed nowhere else, so that it stays if nothing was added. */
  report(report: AddReport): void {
    const isSilent = report.added + report.refused + report.skipped.length === 0
    if (isSilent && report.emptyFolder === undefined) return
    // The sheet shows everything else.
    if (report.review !== undefined && !report.isApproval && report.skipped.length === 0) return
    if (report.wereQueued && this.#extendReport(report.skipped)) return
    const lastsMs = report.newIds === undefined ? shortReadMs : actionMs
    this.#add({ kind: 'report', report }, report.added === 0 && report.skipped.length > 0 ? null : lastsMs)
  }

  /** Lists files in the report of those that were skipped after they had been queued; false if none is shown. */
  #extendReport(skipped: AddReport['skipped']): boolean {
    const isEarlier = (notice: Notice) => notice.kind === 'report' && notice.report.wereQueued === true
    if (!this.all.some(isEarlier)) return false
    this.all = this.all.map((notice) =>
      notice.kind === 'report' && isEarlier(notice)
        ? { ...notice, report: { ...notice.report, skipped: [...notice.report.skipped, ...skipped] } }
        : notice,
    )
    return true
  }

  /**
   * These uploads have ended or are gone. Returns the reports of drops none of which is left in the queue: only what
   * was not added is still shown of them.
   */
  endDrops(ids: readonly string[], openRow: (id: string) => unknown): readonly AddReport[] {
    const ended = new Set(ids)
    return this.all.flatMap((notice) => {
      if (notice.kind !== 'report' || !canUndo(notice.report)) return []
      const { drop: _, ...report } = notice.report
      const { newIds = [], refused, skipped } = report
      if (!newIds.some((id) => ended.has(id)) || newIds.some(openRow)) return []
      if (refused + skipped.length === 0) this.dismiss(notice.id)
      else this.all = this.all.map((other) => (other.id === notice.id ? { ...notice, report } : other))
      return [report]
    })
  }

  /** The latest notice that offers to undo something; none while that has to wait for another undo. */
  latestUndo(): Notice | undefined {
    const latest = this.all.findLast(
      (notice) =>
        notice.id >= this.#firstUndo &&
        !this.#undoing.has(notice.id) &&
        (notice.kind === 'undo' || (notice.kind === 'report' && canUndo(notice.report))),
    )
    return latest && this.shown.includes(latest) ? latest : undefined
  }

  /** Something else was done since, which Ctrl+Z doesn't undo: it must not undo an earlier change instead. */
  outdateUndo(): void {
    this.#firstUndo = this.#next
  }

  /** Removes the report of a drop that was undone. */
  dismissDrop(drop: string): void {
    for (const notice of this.all)
      if (notice.kind === 'report' && notice.report.drop === drop) this.dismiss(notice.id)
  }

  /** Removes undo of changes to models all of which were deleted. */
  dismissDeleted(modelIds: ReadonlySet<string>): void {
    for (const notice of this.all)
      if (notice.kind === 'undo' && notice.modelIds?.every((id) => modelIds.has(id))) this.dismiss(notice.id)
  }

  /** Hides a notice while it is undone, and shows it again if that fails, so that it can be repeated. */
  async undo(id: number, undo: () => Promise<boolean>): Promise<void> {
    this.#undoing.add(id)
    try {
      if (await undo()) this.dismiss(id)
    } finally {
      this.#undoing.delete(id)
    }
  }

  /** Closes a notice, and gives up the undo of those that it has replaced. */
  close(closed: Notice): void {
    this.dismiss(closed.id)
    this.all = this.all.filter((other) => other.id > closed.id || !isSameUndo(other, closed))
  }

  failure(failure: Failure): void {
    this.#add({ kind: 'failure', failure }, null)
  }

  show(key: MessageKey, params?: Params): void {
    this.#add({ kind: 'text', key, params }, shortReadMs)
  }

  /** Shows what went wrong until it is closed. */
  showError(key: MessageKey, params: Params): void {
    this.#add({ kind: 'error', key, params }, null)
  }

  showWithAction(action: NoticeWithAction): void {
    this.#add({ kind: 'action', ...action }, action.isError ? null : actionMs)
  }

  /** Shows a message and offers to undo it. */
  showWithUndo(undo: NoticeWithUndo): void {
    this.#add({ kind: 'undo', ...undo }, actionMs)
  }

  /** Keeps a report whose list was opened. */
  keepOpen(id: number): void {
    this.all = this.all.map((notice) =>
      notice.id === id ? { ...notice, isExpanded: true, lastsMs: null } : notice,
    )
  }

  dismiss(id: number): void {
    this.#shownMs.delete(id)
    this.all = this.all.filter((notice) => notice.id !== id)
  }

  #add(content: NoticeContent, lastsMs: number | null): void {
    const id = this.#next
    this.#next += 1
    const isKept = (other: Notice) =>
      other.isExpanded ||
      // It is shown again if the undo fails.
      this.#undoing.has(other.id) ||
      (lastsMs === shortReadMs && other.lastsMs !== shortReadMs)
    const rest = this.all.filter((other) => isKept(other) || !supersedes(content, other))
    this.all = [...rest, { ...content, id, lastsMs }]
  }
}

/** The number of skipped files, also of those that are not listed. */
export const skippedCountOf = ({ skipped }: AddReport) => skippedCount(skipped)

/** Whether the drop of a report can be undone by a notice. */
export const canUndo = ({ drop, newIds, added }: AddReport) =>
  drop !== undefined && newIds !== undefined && added > 0

/**
 * Whether a newer notice replaces an older one. A failure or an error is replaced only by the same one, and the undo
 * of a drop only by that of a later one.
 */
function supersedes(newer: NoticeContent, older: Notice): boolean {
  if (newer.kind === 'failure' && older.kind === 'failure') return isSame(newer.failure, older.failure)
  if (newer.kind === 'error' && older.kind === 'error') return isSameError(newer, older)
  if (newer.kind === 'error' && older.kind === 'text') return true
  // Once the newer one was undone, the older one can be undone next.
  if (newer.kind === 'undo') return false
  if (newer.kind === 'action' && older.kind === 'action')
    return !newer.isError && (newer.key === older.key || Boolean(newer.isAnnounced && older.isAnnounced))
  if (newer.kind === 'report' && older.kind === 'report') return supersedesReport(newer.report, older.report)
  return newer.kind === older.kind
}

/**
 * Files that were skipped after they had been queued are listed nowhere else, and their report says nothing about what
 * was added.
 */
function supersedesReport(newer: AddReport, older: AddReport): boolean {
  if (newer.wereQueued || older.wereQueued) return false
  return canUndo(newer) || !canUndo(older)
}

const isSameUndo = (one: Notice, other: Notice) =>
  one.kind === 'undo' && other.kind === 'undo' && one.key === other.key

const isSame = (one: Failure, other: Failure) =>
  one.code === other.code && JSON.stringify(one.params) === JSON.stringify(other.params)

const isSameError = (one: ErrorMessage, other: ErrorMessage) =>
  one.key === other.key && JSON.stringify(one.params) === JSON.stringify(other.params)
