import { expect, test } from 'vitest'
import {
  createExpectContinuePolicy,
  type ContinueResponse,
} from '../../../electron/transfer/expect-continue.ts'

const host = 's3.example'
const large = 8 * 1024 * 1024
const small = 100_000

const answered = (status: number): ContinueResponse => ({ kind: 'answered', status })
const broken = (code: string, flushedBytes: number): ContinueResponse => ({
  kind: 'broken',
  code,
  flushedBytes,
})

test('large bodies are announced, small ones are not', () => {
  const announcing = createExpectContinuePolicy()
  expect([announcing.wanted(host, large), announcing.wanted(host, small)]).toEqual([true, false])
})

test('a host that answers 417 is asked again at once without it, and never again with it', () => {
  const announcing = createExpectContinuePolicy()
  expect([
    announcing.again(host, { announced: true, sizeBytes: large }, answered(417)),
    announcing.wanted(host, large),
    announcing.wanted('other.example', large),
  ]).toEqual([true, false, true])
})

test('417 to a PUT that was not announced is an answer like any other', () => {
  const announcing = createExpectContinuePolicy()
  expect(announcing.again(host, { announced: false, sizeBytes: small }, answered(417))).toBe(false)
})

test.each(['ECONNRESET', 'EPIPE'])(
  'a small PUT that is cut by %s inside the body is made once more, announced, to hear why',
  (code) => {
    const announcing = createExpectContinuePolicy()
    const again = announcing.again(host, { announced: false, sizeBytes: small }, broken(code, 50))
    expect([again, announcing.wanted(host, small)]).toEqual([true, true])
  },
)

test('a PUT that is cut after its last byte may have landed: it is not repeated, but the next is announced', () => {
  const announcing = createExpectContinuePolicy()
  const again = announcing.again(host, { announced: false, sizeBytes: small }, broken('ECONNRESET', small))
  expect([again, announcing.wanted(host, small)]).toEqual([false, true])
})

test('once the host has answered, small bodies are sent unannounced again', () => {
  const announcing = createExpectContinuePolicy()
  announcing.again(host, { announced: false, sizeBytes: small }, broken('EPIPE', 0))
  announcing.again(host, { announced: true, sizeBytes: small }, answered(200))
  expect(announcing.wanted(host, small)).toBe(false)
})

test('a line that is down is no refusal', () => {
  const announcing = createExpectContinuePolicy()
  const again = announcing.again(host, { announced: false, sizeBytes: small }, broken('ENETUNREACH', 0))
  expect([again, announcing.wanted(host, small)]).toEqual([false, false])
})
