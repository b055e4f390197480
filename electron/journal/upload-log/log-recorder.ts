import type { LogEvent, LogPauseReason } from '../../contract/upload-log.ts'
import type { Phase } from '../../contract/uploads.ts'
import type { Environment } from '../../platform/environment.ts'
import { mustRestart } from '../reset.ts'
import type { LiveState } from '../row-view.ts'
import { loggedFailure } from './upload-log.ts'
import type { UploadLogStore } from './upload-log-store.ts'
import { isRunning } from '../upload-phase.ts'
import type { UploadRecord } from '../upload-record.ts'

/** While bytes are sent, their number is recorded this often, in ms, also for the graph of the speed. */
const transferEveryMs = 10_000

/** Why runs end when the queue is held; null while it is not. */
export type HoldReason = Exclude<LogPauseReason, 'user' | 'offline' | 'disk'>

/** Turns the changes of rows into log entries. */
export interface LogRecorder {
  /** The queue is held for this reason from now on, or no longer. */
  setHoldReason(reason: HoldReason | null): void
  /** Before the counts of the live state are reset for the new phase. */
  entered(record: UploadRecord, live: Readonly<LiveState>, change: PhaseChange): void
  /** Differences since the last call, while the phase is `sending`. */
  progressed(id: string, progress: TransferProgress): void
  /** Other files use the connection, or no longer. */
  setTurn(id: string, waitsForTurn: boolean): void
  waitsForConnection(id: string): void
}

interface PhaseChange {
  readonly from: Phase
  readonly to: Phase
  readonly retryAtMs: number | null
}

interface TransferProgress {
  /** Positive when bytes left this computer, negative when parts in flight have to be sent again. */
  readonly movedBytes: number
  readonly acknowledgedBytes: number
}

interface Sending {
  /** Null while other files use the connection. */
  sinceMs: number | null
  sendingMs: number
  sentBytes: number
  acknowledgedBytes: number
  interruptedParts: number
  unconfirmedBytes: number
}

const newSending = (sinceMs: number | null): Sending => ({
  sinceMs,
  sendingMs: 0,
  sentBytes: 0,
  acknowledgedBytes: 0,
  interruptedParts: 0,
  unconfirmedBytes: 0,
})

export function createLogRecorder(
  store: Pick<UploadLogStore, 'append'>,
  { now, monotonicMs }: Environment,
): LogRecorder {
  const sending = new Map<string, Sending>()
  let holdReason: HoldReason | null = null

  const append = (id: string, event: Omit<LogEvent, 'atMs'>) =>
    store.append(id, { kind: 'event', event: { ...event, atMs: now() } })

  function stopClock(current: Sending): void {
    if (current.sinceMs !== null) current.sendingMs += monotonicMs() - current.sinceMs
    current.sinceMs = null
  }

  /** Records what was sent so far; the next bytes are counted from zero. */
  function recordTransfer(id: string, current: Sending): void {
    const isMoving = current.sinceMs !== null
    stopClock(current)
    const { sinceMs: _stopped, ...transfer } = current
    if (transfer.sendingMs > 0 || transfer.sentBytes > 0) store.append(id, { kind: 'transfer', transfer })
    sending.set(id, newSending(isMoving ? monotonicMs() : null))
  }

  function endSending(id: string, { inFlightBytes, inFlightParts }: Readonly<LiveState>): void {
    const current = sending.get(id)
    if (!current) return
    if (inFlightBytes > 0) {
      current.unconfirmedBytes += inFlightBytes
      current.interruptedParts += Math.max(1, inFlightParts)
    }
    recordTransfer(id, current)
    sending.delete(id)
  }

  return {
    setHoldReason(reason) {
      holdReason = reason
    },
    entered(record, live, { from, to, retryAtMs }) {
      const { id } = record
      if (from === 'sending' && to !== 'sending') endSending(id, live)
      if (from === 'sending' && to === 'sending') return
      if (to === 'sending') sending.set(id, newSending(live.waitsForTurn ? null : monotonicMs()))
      if (to === 'waiting') enteredQueue(id, from)
      else append(id, eventOf(record, to, retryAtMs, lostBytesOf(record, to, live)))
    },
    progressed(id, { movedBytes, acknowledgedBytes }) {
      const current = sending.get(id)
      if (!current) return
      current.acknowledgedBytes += Math.max(0, acknowledgedBytes)
      if (movedBytes >= 0) current.sentBytes += movedBytes
      else {
        current.unconfirmedBytes -= movedBytes
        current.interruptedParts += 1
      }
      if (current.sinceMs !== null && monotonicMs() - current.sinceMs >= transferEveryMs)
        recordTransfer(id, current)
    },
    setTurn(id, waitsForTurn) {
      const current = sending.get(id)
      if (!current) return
      if (waitsForTurn) stopClock(current)
      else current.sinceMs ??= monotonicMs()
    },
    waitsForConnection: (id) => store.append(id, { kind: 'offline' }),
  }

  function enteredQueue(id: string, from: Phase): void {
    if (from === 'review') return append(id, { event: 'approved' })
    if (from === 'paused' || from === 'failed') return append(id, { event: 'resumed' })
    if (!isRunning(from)) return
    append(id, holdReason === null ? { event: 'waiting' } : { event: 'paused', reason: holdReason })
  }
}

/** Acknowledged bytes that are of no use after the record's failure. */
const lostBytesOf = ({ failure }: UploadRecord, to: Phase, { sentBytes }: Readonly<LiveState>): number =>
  failure && mustRestart(failure) && !isRunning(to) ? sentBytes : 0

function eventOf(
  { failure, library }: UploadRecord,
  to: Exclude<Phase, 'waiting'>,
  retryAtMs: number | null,
  lostBytes: number,
): Omit<LogEvent, 'atMs'> {
  const why = {
    ...(failure ? { failure: loggedFailure(failure) } : {}),
    ...(lostBytes > 0 ? { lostBytes } : {}),
  }
  switch (to) {
    case 'retrying':
      if (failure?.code === 'disk-missing') return { event: 'paused', reason: 'disk', ...why }
      return { event: 'retrying', ...why, ...(retryAtMs === null ? {} : { retryAtMs }) }
    case 'paused':
      return { event: 'paused', reason: 'user', ...why }
    case 'failed':
      return { event: 'failed', ...why }
    case 'registered':
      return { event: library?.already ? 'found' : 'registered' }
    case 'review':
      return { event: 'in-review' }
    default:
      return { event: to }
  }
}
