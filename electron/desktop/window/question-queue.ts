import type { Log, Timers } from '../../platform/environment.ts'

/** What a question in a native dialog is about. */
export type QuestionKind =
  | 'send'
  | 'other-team'
  | 'server'
  | 'account'
  | 'watch'
  | 'delete'
  | 'replace'
  | 'settings'
  | 'unsafe'
  | 'restart'

/** Shows a dialog; resolves to whether it was confirmed. */
type ShowQuestion = () => Promise<boolean>

/** Asks one question after the other. */
export type AskQuestion = (kind: QuestionKind, show: ShowQuestion) => Promise<boolean>

/** Between two dialogs, so that a double-click on the first one can't answer the second one. */
const questionGapMs = 1_000
/** After a press in the window, so that the second press of a double-click can't answer a dialog. */
const pressGapMs = 500
/** As many declined dialogs of one kind within this time pause this kind of question. */
const declineLimit = { count: 2, withinMs: 60_000 }
const questionPauseMs = 5 * 60_000

/**
 * Creates the queue of questions, so that a script can't use dialogs to annoy the user into agreeing. A
 * declined question also declines the waiting ones of its kind, except those about accounts: they may be about
 * different sign-ins, of which the user has started one. After two declined dialogs, questions of that kind
 * are declined without a dialog for some minutes; `onPaused` is called when that begins.
 */
export function createQuestionQueue(options: {
  readonly monotonicMs: () => number
  readonly timers: Timers
  readonly log: Pick<Log, 'warn'>
  /** When a mouse button or key was last pressed in the window, by the same clock; `-Infinity` if none was. */
  readonly lastPressMs: () => number
  readonly onPaused: () => void
}): AskQuestion {
  const { monotonicMs: now, timers, log, lastPressMs, onPaused } = options
  let last: Promise<unknown> = Promise.resolve()
  let closedAtMs = -Infinity
  const declineCounts = new Map<QuestionKind, number>()
  const recentDeclinesMs = new Map<QuestionKind, readonly number[]>()
  const pausedAtMs = new Map<QuestionKind, number>()
  const declineCount = (kind: QuestionKind) => declineCounts.get(kind) ?? 0

  const isWithin = (sinceMs: number, limitMs: number) => now() - sinceMs < limitMs

  function isPaused(kind: QuestionKind): boolean {
    const sinceMs = pausedAtMs.get(kind)
    return sinceMs !== undefined && isWithin(sinceMs, questionPauseMs)
  }

  function noteDecline(kind: QuestionKind): void {
    declineCounts.set(kind, declineCount(kind) + 1)
    const before = (recentDeclinesMs.get(kind) ?? []).filter((atMs) => isWithin(atMs, declineLimit.withinMs))
    const recent = [...before, now()]
    recentDeclinesMs.set(kind, recent)
    if (recent.length < declineLimit.count) return
    pausedAtMs.set(kind, now())
    log.warn('questions are declined without a dialog for a while', { kind, pauseMs: questionPauseMs })
    onPaused()
  }

  const remainingGapMs = () => Math.max(closedAtMs + questionGapMs, lastPressMs() + pressGapMs) - now()

  async function waitForGap(): Promise<void> {
    for (let waitMs = remainingGapMs(); waitMs > 0; waitMs = remainingGapMs()) {
      const { promise, resolve } = Promise.withResolvers<void>()
      timers.after(waitMs, resolve)
      await promise
    }
  }

  async function askNext(kind: QuestionKind, show: ShowQuestion): Promise<boolean> {
    await waitForGap()
    try {
      const isConfirmed = await show()
      if (!isConfirmed) noteDecline(kind)
      return isConfirmed
    } finally {
      closedAtMs = now()
    }
  }

  return (kind, show) => {
    const declinesBefore = declineCount(kind)
    const answer = last.then(() => {
      const isDeclined = kind !== 'account' && declineCount(kind) !== declinesBefore
      return !isDeclined && !isPaused(kind) && askNext(kind, show)
    })
    last = answer.catch(() => undefined)
    return answer
  }
}
