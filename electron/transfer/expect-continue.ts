/**
 * Decides which PUTs send `Expect: 100-continue` (RFC 9110, 10.1.1), with which storage can refuse a PUT
 * before its body is sent, for one round trip. How each host responds is remembered while the app runs.
 */
interface ExpectContinuePolicy {
  shouldExpect(host: string, sizeBytes: number): boolean
  /**
   * Whether to repeat the PUT with the header toggled, because the header was rejected or may yield a
   * readable response.
   */
  shouldRetry(
    host: string,
    put: { readonly expectsContinue: boolean; readonly sizeBytes: number },
    response: PutResponse,
  ): boolean
}

/** The part of a PUT's response that matters here. */
export type PutResponse =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'broken'; readonly code: string; readonly flushedBytes: number }
  | { readonly kind: 'refused' | 'aborted' }

/** Smaller bodies are sent faster than the round trip takes. */
const minExpectBytes = 4 * 1024 * 1024
/**
 * Codes of connections that were closed while sending, perhaps after a response that could no longer be read.
 */
const closedCodes: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])

export function createExpectContinuePolicy(): ExpectContinuePolicy {
  /** Hosts that answered 417 to the header. */
  const rejectingHosts = new Set<string>()
  /** Hosts that closed the connection during a PUT without the header, and have answered no PUT since. */
  const closingHosts = new Set<string>()
  return {
    shouldExpect: (host, sizeBytes) =>
      !rejectingHosts.has(host) && (sizeBytes >= minExpectBytes || closingHosts.has(host)),
    shouldRetry(host, { expectsContinue, sizeBytes }, response) {
      if (response.kind === 'answered') {
        closingHosts.delete(host)
        if (response.status !== 417 || !expectsContinue) return false
        rejectingHosts.add(host)
        return true
      }
      if (response.kind !== 'broken' || expectsContinue || rejectingHosts.has(host)) return false
      if (!closedCodes.has(response.code)) return false
      closingHosts.add(host)
      // After the last byte the object may be stored, which the caller must check before it sends again.
      return response.flushedBytes < sizeBytes
    },
  }
}
