import type { Conditions } from '../../contract/conditions.ts'
import type { DeadlineView } from '../../contract/deadline.ts'
import type { Settings } from '../../contract/settings.ts'
import {
  isWaitingForSameBytes,
  type Patch,
  type Snapshot,
  type Totals,
  type UploadRow,
} from '../../contract/uploads.ts'
import type { Environment } from '../../platform/environment.ts'
import { quietHoursAt } from '../conditions/quiet-hours.ts'
import { forecastDeadline, type OpenUpload } from './forecast.ts'

/** The forecast is computed again at most this often, in ms: a queue may have ten thousand files. */
const refreshMs = 5_000
/** A deadline that was met must be unreachable for this long before that is notified, in ms. */
const notifyAfterMs = 60_000
/** A measured speed of at least this share of the limit shows the limit, not the connection. */
const limitedShare = 0.9

/** Compares the deadline of the queue with what the measured speed, the limits and the quiet hours allow. */
interface DeadlineTracker {
  current(): DeadlineView | null
  /** The engine has restored the queue. */
  restore(snapshot: Snapshot): void
  applyPatch(patch: Patch): void
  /** Settings, quiet hours or a pause reason have changed. */
  update(): void
}

export function createDeadlineTracker(options: {
  readonly settings: {
    current(): Pick<Settings, 'deadlineMs' | 'quietHours' | 'limitBytesPerSecond'>
    change(change: { readonly deadlineMs: null }): unknown
  }
  readonly conditions: () => Pick<Conditions, 'hold' | 'limit' | 'overridden'>
  readonly onChange: (view: DeadlineView | null) => void
  /** The deadline can't be met any more, although it could before; once for each deadline. */
  readonly onUnreachable: (view: DeadlineView) => void
  readonly environment: Pick<Environment, 'now' | 'timers'>
}): DeadlineTracker {
  const { settings, conditions, onChange, onUnreachable, environment } = options
  const open = new Map<string, OpenUpload>()
  let current: DeadlineView | null = null
  let isAllPaused = false
  let wasBusy = false
  /** As far as the connection was not limited; null before it was measured. */
  let bytesPerSecond: number | null = null
  let metDeadlineMs: number | null = null
  let lateSinceMs: number | null = null
  let notifiedDeadlineMs: number | null = null
  let cancel: (() => void) | null = null

  function see(row: UploadRow): void {
    const { id, phase } = row
    const isOpen = isWaitingOrRunning(row)
    if (!isOpen) return void open.delete(id)
    open.set(id, {
      id,
      name: row.target.displayName,
      position: row.position,
      leftBytes: Math.max(0, row.sizeBytes - row.sentBytes - row.inFlightBytes),
      isRunning: phase !== 'waiting' && phase !== 'retrying',
      isUntouched: !row.started && row.sentBytes === 0,
    })
  }

  function measure(measured: number | null): void {
    if (measured === null || measured <= 0) return
    const { bytesPerSecond: limit } = conditions().limit
    const isLimited = limit !== null && measured >= limit * limitedShare
    bytesPerSecond = isLimited ? Math.max(measured, bytesPerSecond ?? measured) : measured
  }

  function compute(): DeadlineView | null {
    const { deadlineMs: atMs } = settings.current()
    if (atMs === null) return null
    const { hold, overridden } = conditions()
    const unknown: DeadlineView = { atMs, state: 'unknown', doneAtMs: null, suggestions: [] }
    const endsUnknown = hold !== null && hold.kind !== 'quiet-hours'
    if (bytesPerSecond === null || isAllPaused || endsUnknown || open.size === 0) return unknown
    return forecastDeadline(atMs, {
      nowMs: environment.now(),
      uploads: [...open.values()],
      bytesPerSecond,
      settings: settings.current(),
      overriddenUntilMs: overridden === 'quiet-hours' ? pauseEndMs() : null,
    })
  }

  /** When the current quiet hours stop pausing; null when they do not pause. */
  function pauseEndMs(): number | null {
    const { isPause, pauseUntilMs } = quietHoursAt(settings.current().quietHours, environment.now())
    return isPause ? (pauseUntilMs ?? Infinity) : null
  }

  function update(): void {
    cancel?.()
    cancel = null
    const next = compute()
    if (next) noteReachability(next)
    if (JSON.stringify(next) === JSON.stringify(current)) return
    current = next
    onChange(next)
  }

  function noteReachability(view: DeadlineView): void {
    const { atMs, state } = view
    if (state === 'met') metDeadlineMs = atMs
    if (state === 'met' || state === 'unknown') lateSinceMs = null
    else lateSinceMs ??= environment.now()
    const isLasting = lateSinceMs !== null && environment.now() - lateSinceMs >= notifyAfterMs
    if (!isLasting || metDeadlineMs !== atMs || notifiedDeadlineMs === atMs) return
    notifiedDeadlineMs = atMs
    onUnreachable(view)
  }

  /** The deadline was for the uploads of this queue. */
  function endWithQueue(wasInUse: boolean, { running, waiting, paused }: Totals): void {
    wasBusy = running + waiting + paused > 0
    if (wasInUse && !wasBusy && settings.current().deadlineMs !== null) settings.change({ deadlineMs: null })
  }

  return {
    current: () => current,
    restore({ rows, allPaused, totals }) {
      rows.forEach(see)
      isAllPaused = allPaused
      endWithQueue(true, totals)
      update()
    },
    applyPatch({ changed, removed, totals, allPaused }) {
      for (const row of changed) see(row)
      for (const id of removed) open.delete(id)
      isAllPaused = allPaused
      measure(totals.bytesPerSecond)
      endWithQueue(wasBusy, totals)
      if (settings.current().deadlineMs !== null) cancel ??= environment.timers.after(refreshMs, update)
    },
    update,
  }
}

const isWaitingOrRunning = (row: UploadRow) =>
  !['review', 'paused', 'failed', 'registered'].includes(row.phase) &&
  !row.already &&
  !row.pausing?.isSingle &&
  !isWaitingForSameBytes(row)
