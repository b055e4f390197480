/**
 * Which PUTs are announced by `Expect: 100-continue` (RFC 9110, 10.1.1), so that storage that refuses says so before the
 * bytes go out, for one round trip. What a host makes of it is remembered while the app runs.
 */
export interface ExpectContinuePolicy {
  wanted(host: string, sizeBytes: number): boolean
  /** Whether the PUT that got this answer is to be made once more, since announcing was the trouble or will tell it. */
  again(
    host: string,
    put: { readonly announced: boolean; readonly sizeBytes: number },
    answer: ContinueResponse,
  ): boolean
}

/** As much of a PUT's answer as matters here. */
export type ContinueResponse =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'broken'; readonly code: string; readonly flushedBytes: number }
  | { readonly kind: 'refused' | 'aborted' }

/** Below this size the bytes are sooner sent than the round trip made. */
const announceFromBytes = 4 * 1024 * 1024
/** What a line says that was cut while we sent, perhaps because of an answer that could no longer be read. */
const cuts: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])

export function createExpectContinuePolicy(): ExpectContinuePolicy {
  /** Hosts that answered 417 to it. */
  const refusing = new Set<string>()
  /** Hosts that cut a PUT which was not announced, and have answered none since. */
  const cutting = new Set<string>()
  return {
    wanted: (host, sizeBytes) => !refusing.has(host) && (sizeBytes >= announceFromBytes || cutting.has(host)),
    again(host, { announced, sizeBytes }, answer) {
      if (answer.kind === 'answered') {
        cutting.delete(host)
        if (answer.status !== 417 || !announced) return false
        refusing.add(host)
        return true
      }
      if (answer.kind !== 'broken' || announced || refusing.has(host) || !cuts.has(answer.code)) return false
      cutting.add(host)
      // Once all bytes were out the PUT may have landed: whoever asked for it has to know.
      return answer.flushedBytes < sizeBytes
    },
  }
}
