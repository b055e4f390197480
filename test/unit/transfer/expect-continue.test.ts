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
