import { expect, onTestFinished, test, vi } from 'vitest'
import { createPauseControl } from '../../../electron/platform/pause-request.ts'
import { createPausablePut } from '../../../electron/transfer/pausable-put.ts'
import { setSentBytes } from '../../../electron/transfer/sent-counter.ts'

/** A PUT of 100 bytes that has sent `sentBytes` in `elapsedMs`, then a pause. */
function pausedPut({
  sentBytes,
  elapsedMs,
  clockChangeMs = 0,
}: {
  readonly sentBytes: number
  readonly elapsedMs: number
  /** How far the computer's clock is set forward during the PUT. */
  readonly clockChangeMs?: number
}) {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const pause = createPauseControl()
  const abort = new AbortController()
  let stops = 0
  const put = createPausablePut({
    sizeBytes: 100,
    pause,
    signal: abort.signal,
    onStopped: () => (stops += 1),
  })
  vi.advanceTimersByTime(elapsedMs)
  vi.setSystemTime(Date.now() + clockChangeMs)
  setSentBytes(put.sentCounter, sentBytes)
  pause.request()
  return { put, pause, abort, stops: () => stops }
}

test.each([
  ['15 s left', { sentBytes: 40, elapsedMs: 10_000 }, false],
  ['more than 15 s left', { sentBytes: 40, elapsedMs: 10_001 }, true],
  ['nothing sent', { sentBytes: 0, elapsedMs: 190 }, true],
  ['all sent, without an answer for a minute', { sentBytes: 100, elapsedMs: 60_000 }, false],
  ['clock set forward', { sentBytes: 95, elapsedMs: 10_000, clockChangeMs: 3_600_000 }, false],
  ['clock set back', { sentBytes: 40, elapsedMs: 10_001, clockChangeMs: -3_600_000 }, true],
])('a pause aborts a PUT only if it would take long: %s', (_name, progress, isAborted) => {
  const { put, pause, stops } = pausedPut(progress)
  pause.revoke()
  pause.request()
  expect([put.signal.aborted, stops()]).toEqual([isAborted, isAborted ? 1 : 0])
})
