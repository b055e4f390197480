import { expect, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { retryCall, type RetryOptions } from '../../../electron/platform/retry-call.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

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
