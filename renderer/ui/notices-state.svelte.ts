import type { Failure } from '../../electron/contract/failures.ts'
import { skippedCount, type AddReport, type ReadingView } from '../../electron/contract/uploads.ts'
import type { MessageKey, Params } from '../../electron/messages/messages.ts'

export type Notice = {
  readonly id: number
  /** How long it is shown, in ms; null until it is closed. */
  readonly lastsMs: number | null
  /** A report with an open list, which newer notices do not replace. */
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
const actionMs = 20_000
/** Besides failures: more would take the room of the list. */
const mostShown = 2

/** Notices at the bottom of the window. Errors stay until closed; others end after a while. */
export class NoticesState {
  all = $state.raw<readonly Notice[]>([])
  /** Files that were added and are being found and checked, or null. */
  reading = $state.raw<ReadingView | null>(null)
  /** The latest ones, besides failures, and those with an open list. */
  readonly shown = $derived.by(() => {
    const others = this.all.filter((notice) => !isFailure(notice))
    const byRank = [...others.filter((one) => !one.isExpanded), ...others.filter((one) => one.isExpanded)]
    const hidden = new Set(byRank.slice(0, -mostShown))
    return this.all.filter((notice) => !hidden.has(notice))
  })
  /** The notice that is being undone; shown again if that fails, unless something else was done since. */
  #undoing: Notice | null = null
  /** How long each has been shown, in ms. */
  readonly #shownMs = new Map<number, number>()
  #next = 1

  /** Lets time pass for the notices. */
  elapse(ms: number): void {
    for (const notice of this.all) {
      if (notice.lastsMs === null) continue
      const shownMs = (this.#shownMs.get(notice.id) ?? 0) + ms
      this.#shownMs.set(notice.id, shownMs)
      if (shownMs >= notice.lastsMs) this.dismiss(notice.id)
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
   * These uploads have ended or are gone. Returns the report of the drop that can be undone if none of it is left in
   * the queue: only what was not added is still shown of it.
   */
  endDrop(ids: readonly string[], openRow: (id: string) => unknown): AddReport | null {
    const undoable = this.all.find(canUndo)
    if (undoable?.kind !== 'report') return null
    const { newIds = [] } = undoable.report
    if (!newIds.some((id) => ids.includes(id)) || newIds.some(openRow)) return null
    this.withdrawUndo()
    return undoable.report
  }

  /** Something else was done since: an earlier change must not be undone instead. */
  withdrawUndo(): void {
    this.#undoing = null
    this.all = this.all.flatMap((notice): readonly Notice[] => {
      if (!canUndo(notice)) return [notice]
      if (notice.kind !== 'report') return []
      const { drop: _, ...report } = notice.report
      return report.refused + report.skipped.length === 0 ? [] : [{ ...notice, report }]
    })
  }

  /** Hides a notice while it is undone. */
  async undo(notice: Notice, undo: () => Promise<boolean>): Promise<void> {
    this.dismiss(notice.id)
    this.#undoing = notice
    let isOver = false
    try {
      isOver = await undo()
    } finally {
      if (!isOver && this.#undoing === notice) this.all = [...this.all, notice]
    }
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
    const notice: Notice = { ...content, id: this.#next, lastsMs }
    this.#next += 1
    if (canUndo(notice)) this.withdrawUndo()
    const isKept = (other: Notice) =>
      other.isExpanded || (lastsMs === shortReadMs && other.lastsMs !== shortReadMs)
    const rest = this.all.filter((other) => isKept(other) || !supersedes(notice, other))
    this.all = [...rest, notice]
  }
}

/** The number of skipped files, also of those that are not listed. */
export const skippedCountOf = ({ skipped }: AddReport) => skippedCount(skipped)

/** Whether a notice offers to undo something. There is at most one: that of the latest action. */
export function canUndo(notice: Notice): boolean {
  if (notice.kind !== 'report') return notice.kind === 'undo'
  const { drop, newIds, added } = notice.report
  return drop !== undefined && newIds !== undefined && added > 0
}

/** Whether a notice says what went wrong. */
export const isFailure = (notice: Notice): boolean =>
  notice.kind === 'failure' ||
  notice.kind === 'error' ||
  (notice.kind === 'action' && notice.isError === true)

/** Whether a newer notice replaces an older one. A failure or an error is replaced only by the same one. */
function supersedes(newer: Notice, older: Notice): boolean {
  if (newer.kind === 'failure' && older.kind === 'failure') return isSame(newer.failure, older.failure)
  if (newer.kind === 'error' && older.kind === 'error') return isSameError(newer, older)
  if (newer.kind === 'action' && older.kind === 'action')
    return !newer.isError && (newer.key === older.key || Boolean(newer.isAnnounced && older.isAnnounced))
  // Files that were skipped after they had been queued are listed nowhere else.
  if (newer.kind === 'report' && older.kind === 'report')
    return !newer.report.wereQueued && !older.report.wereQueued && !canUndo(older)
  return newer.kind === older.kind
}

const isSame = (one: Failure, other: Failure) =>
  one.code === other.code && JSON.stringify(one.params) === JSON.stringify(other.params)

const isSameError = (one: ErrorMessage, other: ErrorMessage) =>
  one.key === other.key && JSON.stringify(one.params) === JSON.stringify(other.params)
