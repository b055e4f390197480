import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { aborted } from '../../../electron/platform/aborted.ts'
import { withTimeout, withGracePeriod, abortableDelay, raceAbort } from '../../../electron/platform/delays.ts'
import { standingClock } from '../../support/hand-clock.ts'

test('returns null when aborted, else the result', async () => {
  const stop = new AbortController()
  expect(await raceAbort(Promise.resolve('seen'), stop.signal)).toBe('seen')
  const looking = raceAbort(new Promise<string>(() => {}), stop.signal)
  stop.abort()
  expect(await looking).toEqual(aborted)
  expect(await raceAbort(new Promise<string>(() => {}), stop.signal)).toEqual(aborted)
})

test('a delay ends after its time or on abort, and leaves no timer', async () => {
  const clock = standingClock()
  const waiting = abortableDelay(clock.timers, 5_000, new AbortController().signal)
  clock.advance(5_000)
  await waiting
  const stop = new AbortController()
  const calledOff = abortableDelay(clock.timers, 5_000, stop.signal)
  stop.abort()
  await calledOff
  await abortableDelay(clock.timers, 5_000, stop.signal)
  expect(clock.waits()).toEqual([])
})

test('a grace period ends after an abort unless it is over before', () => {
  const clock = standingClock()
  const stop = new AbortController()
  const [late, early] = [1, 2].map(() => withGracePeriod(stop.signal, clock.timers, 3_000))
  stop.abort()
  early?.over()
  expect([late?.signal.aborted, clock.waits()]).toEqual([false, [3_000]])
  clock.advance(3_000)
  expect([late?.signal.aborted, early?.signal.aborted]).toEqual([true, false])
})

test('leaves no abort listener after a wait', async () => {
  const clock = standingClock()
  const { signal } = new AbortController()
  const waiting = abortableDelay(clock.timers, 5_000, signal)
  clock.advance(5_000)
  await waiting
  await raceAbort(Promise.resolve('seen'), signal)
  await expect(raceAbort(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken')
  withGracePeriod(signal, clock.timers, 3_000).over()
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('returns a result in time, null for a late one, and leaves no timer', async () => {
  const clock = standingClock()
  expect(await withTimeout(Promise.resolve('here'), clock.timers, 3_000)).toBe('here')
  await expect(withTimeout(Promise.reject(new Error('broken')), clock.timers, 3_000)).rejects.toThrow(
    'broken',
  )
  expect(clock.waits()).toEqual([])
  const late = withTimeout(new Promise<string>(() => {}), clock.timers, 3_000)
  clock.advance(3_000)
  expect([await late, clock.waits()]).toEqual([null, []])
})
