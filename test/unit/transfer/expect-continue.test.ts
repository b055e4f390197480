import { expect, test } from 'vitest'
import { createExpectContinuePolicy, type PutResponse } from '../../../electron/transfer/expect-continue.ts'

const host = 's3.example'
const large = 8 * 1024 * 1024
const small = 100_000

const answered = (status: number): PutResponse => ({ kind: 'answered', status })
const broken = (code: string, flushedBytes: number): PutResponse => ({
  kind: 'broken',
  code,
  flushedBytes,
})

test('sends Expect with bodies of 4 MiB and more only', () => {
  const policy = createExpectContinuePolicy()
  const sizes = [4 * 1024 * 1024 - 1, 4 * 1024 * 1024]
  expect(sizes.map((sizeBytes) => policy.shouldExpect(host, sizeBytes))).toEqual([false, true])
})

test('retries without Expect after 417, and never sends it to that host again', () => {
  const policy = createExpectContinuePolicy()
  expect([
    policy.shouldRetry(host, { expectsContinue: true, sizeBytes: large }, answered(417)),
    policy.shouldExpect(host, large),
    policy.shouldExpect('other.example', large),
  ]).toEqual([true, false, true])
})

test('treats 417 to a PUT without Expect like any other response', () => {
  const policy = createExpectContinuePolicy()
  expect(policy.shouldRetry(host, { expectsContinue: false, sizeBytes: small }, answered(417))).toBe(false)
})

test.each(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])(
  'repeats a small PUT with Expect after %s inside its body',
  (code) => {
    const policy = createExpectContinuePolicy()
    const isRetried = policy.shouldRetry(host, { expectsContinue: false, sizeBytes: small }, broken(code, 50))
    expect([isRetried, policy.shouldExpect(host, small)]).toEqual([true, true])
  },
)

test('does not repeat a PUT that failed after its last byte, but sends Expect with the next', () => {
  const policy = createExpectContinuePolicy()
  const isRetried = policy.shouldRetry(
    host,
    { expectsContinue: false, sizeBytes: small },
    broken('ECONNRESET', small),
  )
  expect([isRetried, policy.shouldExpect(host, small)]).toEqual([false, true])
})

test('sends small bodies without Expect again once the host has answered', () => {
  const policy = createExpectContinuePolicy()
  policy.shouldRetry(host, { expectsContinue: false, sizeBytes: small }, broken('EPIPE', 0))
  policy.shouldRetry(host, { expectsContinue: true, sizeBytes: small }, answered(200))
  expect(policy.shouldExpect(host, small)).toBe(false)
})

test('does not take a lost connection for a refusal', () => {
  const policy = createExpectContinuePolicy()
  const isRetried = policy.shouldRetry(
    host,
    { expectsContinue: false, sizeBytes: small },
    broken('ENETUNREACH', 0),
  )
  expect([isRetried, policy.shouldExpect(host, small)]).toEqual([false, false])
})

test.each([
  ['a PUT with Expect', true, 200],
  ['a host that rejects Expect', false, 417],
])('does not repeat a PUT after a closed connection: %s', (_, expectsContinue, status) => {
  const policy = createExpectContinuePolicy()
  policy.shouldRetry(host, { expectsContinue: true, sizeBytes: large }, answered(status))
  const put = { expectsContinue, sizeBytes: small }
  const isRetried = policy.shouldRetry(host, put, broken('ECONNRESET', 50))
  expect([isRetried, policy.shouldExpect(host, small)]).toEqual([false, false])
})

test('does not repeat a PUT whose file is refused', () => {
  const policy = createExpectContinuePolicy()
  const put = { expectsContinue: false, sizeBytes: small }
  expect(policy.shouldRetry(host, put, { kind: 'refused' })).toBe(false)
})
