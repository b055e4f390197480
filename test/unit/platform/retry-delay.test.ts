import { expect, test } from 'vitest'
import { failure, failureKinds, type FailureCode } from '../../../electron/contract/failures.ts'
import { retryDelay } from '../../../electron/platform/retry-delay.ts'

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
