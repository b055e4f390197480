import { retryClassOf, type Failure } from '../contract/failures.ts'

/**
 * Full jitter: a random share of a doubling bound, so that many clients do not come back together ("Exponential Backoff
 * And Jitter", AWS Architecture Blog). First bound 1 s, last 60 s.
 */
const firstBoundMs = 1_000
const lastBoundMs = 60_000
/** Never sooner than this, so that a broken server is not hammered. */
const leastMs = 250

/** Troubles of the line end when the line is back, however long that takes. */
const patient: ReadonlySet<Failure['code']> = new Set([
  'offline',
  'name-not-found',
  'connection-lost',
  'timed-out',
  'not-the-api',
  'rate-limited',
  'storage-busy',
  'proxy-unreachable',
  // Goes on when there is room again, as the line does when it is back.
  'journal-full',
])
/** A server that answers with trouble this often in a row needs a person. */
const mostAnswersOfTrouble = 10
/** A disk that cannot read does not get better by being asked: a cable that was touched does. */
const mostReads = 4

/**
 * How long to wait before attempt `attempt` + 1, in ms, or null when waiting does not help. `attempt` counts from 1 since
 * storage last acknowledged bytes; `random` is in [0, 1). A server's Retry-After is waited for in full, and jitter comes on top.
 */
export function retryDelay(attempt: number, failure: Failure, random: number): number | null {
  const retry = retryClassOf(failure)
  if (retry === 'never' || retry === 'after-sign-in') return null
  const most = failure.code === 'file-read-trouble' ? mostReads : mostAnswersOfTrouble
  if (!patient.has(failure.code) && attempt >= most) return null
  if (retry === 'now' && attempt === 1) return 0
  const bound = Math.min(lastBoundMs, firstBoundMs * 2 ** Math.min(attempt - 1, 16))
  return Math.round((failure.retryAfterMs ?? 0) + Math.max(leastMs, random * bound))
}
