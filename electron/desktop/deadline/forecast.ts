import type { DeadlineSuggestion, DeadlineView } from '../../contract/deadline.ts'
import type { Settings } from '../../contract/settings.ts'
import { quietHoursAt } from '../conditions/quiet-hours.ts'

/** An upload that runs or waits. */
export interface OpenUpload {
  readonly id: string
  readonly name: string
  readonly position: number
  /** Bytes that storage has not received yet. */
  readonly leftBytes: number
  readonly isRunning: boolean
  /** Nothing of it was sent, so that pausing it wastes nothing. */
  readonly isUntouched: boolean
}

export interface ForecastInputs {
  readonly nowMs: number
  readonly uploads: readonly OpenUpload[]
  /** Without a limit, in bytes per second. */
  readonly bytesPerSecond: number
  readonly settings: Pick<Settings, 'quietHours' | 'limitBytesPerSecond'>
  /** The user has overridden quiet hours that pause until then (`Infinity` for always), or null. */
  readonly overriddenUntilMs: number | null
}

/** Further ahead nothing is forecast: quiet hours repeat weekly, so one that never ends shows within a week. */
const horizonMs = 60 * 24 * 60 * 60 * 1000
/** An estimate is not exact to the minute: later by this much still counts as met, in ms. */
const toleranceMs = 2 * 60_000

interface Segment {
  readonly startMs: number
  readonly endMs: number
  readonly bytesPerSecond: number
}

/** Whether the deadline can be met, and if not, what would help. */
export function forecastDeadline(atMs: number, inputs: ForecastInputs): DeadlineView {
  const segments = segmentsOf(inputs)
  const uploads = [...inputs.uploads].sort(
    (one, other) => Number(other.isRunning) - Number(one.isRunning) || one.position - other.position,
  )
  const totalBytes = sumOf(uploads)
  const doneAtMs = doneAt(totalBytes, segments)
  if (doneAtMs === null) return { atMs, state: 'never', doneAtMs: null, suggestions: [] }
  if (doneAtMs <= atMs + toleranceMs) return { atMs, state: 'met', doneAtMs, suggestions: [] }
  const suggestions = [...moveUps(atMs, uploads, segments), ...leaveOut(atMs, uploads, segments)]
  return { atMs, state: 'late', doneAtMs, suggestions }
}

const sumOf = (uploads: readonly OpenUpload[]) => uploads.reduce((sum, { leftBytes }) => sum + leftBytes, 0)

/** The times of constant speed from now on. */
function segmentsOf({
  nowMs,
  bytesPerSecond,
  settings,
  overriddenUntilMs,
}: ForecastInputs): readonly Segment[] {
  const segments: Segment[] = []
  const ownLimit = settings.limitBytesPerSecond ?? Infinity
  let startMs = nowMs
  while (startMs < nowMs + horizonMs) {
    const { isPause, limitBytesPerSecond, untilMs } = quietHoursAt(settings.quietHours, startMs)
    const isOverridden = overriddenUntilMs !== null && startMs < overriddenUntilMs
    const endMs = Math.min(untilMs ?? Infinity, nowMs + horizonMs)
    const speed = Math.min(bytesPerSecond, ownLimit, limitBytesPerSecond ?? Infinity)
    segments.push({ startMs, endMs, bytesPerSecond: isPause && !isOverridden ? 0 : speed })
    startMs = endMs
  }
  return segments
}

/** When this many bytes are sent, or null if that is beyond the horizon. */
function doneAt(bytes: number, segments: readonly Segment[]): number | null {
  let leftBytes = bytes
  for (const { startMs, endMs, bytesPerSecond } of segments) {
    const capacityBytes = ((endMs - startMs) / 1000) * bytesPerSecond
    if (leftBytes <= capacityBytes && bytesPerSecond > 0)
      return Math.ceil(startMs + (leftBytes / bytesPerSecond) * 1000)
    leftBytes -= capacityBytes
  }
  return null
}

/** Files that are late where they are now, and on time right after those that run: the first, and the largest. */
function moveUps(
  atMs: number,
  uploads: readonly OpenUpload[],
  segments: readonly Segment[],
): readonly DeadlineSuggestion[] {
  const runningBytes = sumOf(uploads.filter(({ isRunning }) => isRunning))
  let beforeBytes = 0
  const fitting = uploads.flatMap((upload) => {
    beforeBytes += upload.leftBytes
    if (upload.isRunning) return []
    const currentMs = doneAt(beforeBytes, segments)
    const doneAtMs = doneAt(runningBytes + upload.leftBytes, segments)
    const isLate = currentMs === null || currentMs > atMs
    return isLate && doneAtMs !== null && doneAtMs <= atMs ? [{ upload, doneAtMs }] : []
  })
  const largest = fitting.toSorted((one, other) => other.upload.leftBytes - one.upload.leftBytes)
  return [...new Set([...fitting.slice(0, 1), ...largest.slice(0, 1)])].map(
    ({ upload: { id, name }, doneAtMs }) => ({ kind: 'move-up', id, name, doneAtMs }),
  )
}

/** The fewest files of which nothing was sent, so that the others are done in time. */
function leaveOut(
  atMs: number,
  uploads: readonly OpenUpload[],
  segments: readonly Segment[],
): readonly DeadlineSuggestion[] {
  const candidates = uploads
    .filter(({ isRunning, isUntouched }) => !isRunning && isUntouched)
    .sort((one, other) => other.leftBytes - one.leftBytes)
  const totalBytes = sumOf(uploads)
  const isInTime = (bytes: number) => {
    const doneAtMs = doneAt(bytes, segments)
    return doneAtMs !== null && doneAtMs <= atMs
  }
  const left: OpenUpload[] = []
  let remainingBytes = totalBytes
  for (const candidate of candidates) {
    if (isInTime(remainingBytes)) break
    left.push(candidate)
    remainingBytes -= candidate.leftBytes
  }
  if (left.length === uploads.length || !isInTime(remainingBytes)) return []
  // The last one may be larger than necessary.
  const last = left.pop()
  const isLeft = new Set(left)
  const smallest = candidates.findLast(
    (other) => !isLeft.has(other) && isInTime(remainingBytes + (last?.leftBytes ?? 0) - other.leftBytes),
  )
  const chosen = smallest ?? last
  if (chosen) left.push(chosen)
  const leftBytes = sumOf(left)
  const doneAtMs = doneAt(totalBytes - leftBytes, segments)
  return doneAtMs === null ? [] : [{ kind: 'leave-out', ids: left.map(({ id }) => id), leftBytes, doneAtMs }]
}
