import { expect, test } from 'vitest'
import {
  failed,
  failure,
  failureKinds,
  success,
  type FailureCode,
  type Result,
} from '../../../electron/contract/failures.ts'
import { retryCall, retryDelay, type RetryOptions } from '../../../electron/platform/retry.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

const attempts = Array.from({ length: 40 }, (_, index) => index + 1)
const codes = Object.keys(failureKinds) as FailureCode[]

test('doubles the maximum delay from one second to one minute', () => {
  const longest = (attempt: number) => retryDelay(attempt, failure('connection-lost'), 1)
  expect([1, 2, 3, 4, 5, 6, 7, 8, 40, 5_000].map(longest)).toEqual([
    ...[1_000, 2_000, 4_000, 8_000, 16_000, 32_000],
    ...[60_000, 60_000, 60_000, 60_000],
  ])
})

test.each<FailureCode>([
  ...(['offline', 'name-not-found', 'connection-lost', 'timed-out'] as const),
  ...(['not-the-api', 'rate-limited', 'storage-busy', 'proxy-unreachable', 'journal-full'] as const),
])('retries %s without a limit', (code) => {
  expect(attempts.every((attempt) => retryDelay(attempt, failure(code), 0.5) !== null)).toBe(true)
})

test.each<FailureCode>(['server-trouble', 'storage-trouble', 'storage-occupied'])(
  'stops retrying %s after ten attempts in a row',
  (code) => {
    const tried = attempts.filter((attempt) => retryDelay(attempt, failure(code), 0.5) !== null)
    expect(tried).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  },
)

test('stops retrying a file that can’t be read after four attempts in a row', () => {
  const trouble = failure('file-read-trouble', { problem: 'EIO' })
  const tried = attempts.filter((attempt) => retryDelay(attempt, trouble, 0.5) !== null)
  expect(tried).toEqual([1, 2, 3])
})

test('does not retry permanent failures', () => {
  const hopeless = codes.filter((code) => ['never', 'after-sign-in'].includes(failureKinds[code].retry))
  expect(hopeless.length).toBeGreaterThan(20)
  expect(hopeless.filter((code) => retryDelay(1, failure(code), 0) !== null)).toEqual([])
})

/** Calls that return these results in turn, the last one forever. */
function setup(results: readonly Result<string>[], random = 0) {
  const clock = standingClock()
  const controller = new AbortController()
  let calls = 0
  const call = async () => {
    calls += 1
    return results[Math.min(calls, results.length) - 1] ?? success('none')
  }
  const retries: (readonly [string, number])[] = []
  const startedMs = clock.now()
  return {
    clock,
    controller,
    retries,
    calls: () => calls,
    start: (options: Partial<RetryOptions> = {}) =>
      retryCall(call, createTestEnvironment(clock, random), {
        signal: controller.signal,
        onRetry: (reason, atMs) => void retries.push([reason.code, atMs - startedMs]),
        ...options,
      }),
    /** Advances the clock over the next delay. */
    async afterDelay() {
      await expect.poll(() => clock.waits()).toHaveLength(1)
      clock.advance(clock.waits()[0] ?? 0)
    },
  }
}

const busy = failed(failure('server-trouble', { status: 503 }))

test('repeats a call that failed temporarily, after the delays of uploads', async () => {
  const { start, afterDelay, calls, retries } = setup([busy, busy, success('done')], 0.5)
  const result = start()
  await afterDelay()
  await afterDelay()
  expect([await result, calls()]).toEqual([success('done'), 3])
  expect(retries).toEqual([
    ['server-trouble', 500],
    ['server-trouble', 1_500],
  ])
})

test.each(['signed-out', 'forbidden', 'bad-request', 'not-found'] as const)(
  'does not repeat a call that was refused with %s',
  async (code) => {
    const { start, calls } = setup([failed(failure(code))])
    expect([await start(), calls()]).toEqual([failed(failure(code)), 1])
  },
)

test('returns the last failure when the next repetition would be too late', async () => {
  const { start, afterDelay, calls, clock } = setup([busy], 1)
  const result = start({ withinMs: 3_500 })
  await afterDelay()
  await afterDelay()
  expect([await result, calls(), clock.waits()]).toEqual([busy, 3, []])
})

test('ends its delay when aborted', async () => {
  const { start, controller, clock, calls } = setup([busy])
  const result = start()
  await expect.poll(() => clock.waits()).toHaveLength(1)
  controller.abort()
  expect([await result, calls(), clock.waits()]).toEqual([busy, 1, []])
})
