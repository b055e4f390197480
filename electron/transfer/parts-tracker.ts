import type { PartMap } from '../contract/upload-details.ts'

export interface PartsProgress {
  readonly sentBytes: number
  readonly inFlightBytes: number
  /** Parts of which bytes may have been sent that storage has not acknowledged. */
  readonly inFlightParts: number
  /** The furthest position in the file that has been sent. */
  readonly reachedByte: number
}

export interface PartsTracker {
  /** The part has a slot and waits for its URL. */
  markAwaitingUrl(number: number): void
  markInFlight(number: number, bytes: number): void
  /** The part failed or was stopped and has to be sent again. */
  markForRetry(number: number): void
  markSent(number: number, bytes: number): void
  report(): void
  /**
   * The state of each part, computed on demand: the page reads it ten times a second at most, parts change
   * far more often.
   */
  partMap(): PartMap
}

/** Waiting, awaiting its URL, in flight, sent, or sent before this run (see PartMap). */
type State = 'w' | 'u' | 'f' | 's' | 'b'
const codeOf = (state: State) => state.charCodeAt(0)
/** Difference between a lower-case and an upper-case ASCII letter; upper case marks repeated parts. */
const upperCaseOffset = 'a'.charCodeAt(0) - 'A'.charCodeAt(0)

/** How many bytes these parts have together; the last part of a file may be shorter. */
export function bytesOfParts(
  numbers: readonly number[],
  { sizeBytes, partSizeBytes }: { readonly sizeBytes: number; readonly partSizeBytes: number },
): number {
  const lengthOf = (number: number) => Math.min(partSizeBytes, sizeBytes - (number - 1) * partSizeBytes)
  return numbers.reduce((sum, number) => sum + lengthOf(number), 0)
}

/** Sums up the progress of all parts of a file, and keeps the state of each. */
export function createPartsTracker(options: {
  readonly sizeBytes: number
  readonly partSizeBytes: number
  /** Numbers of the parts that storage already has. */
  readonly done: Iterable<number>
  /**
   * Numbers of the parts whose bytes were sent more than once; added to here, kept by the caller between
   * runs.
   */
  readonly repeated: Set<number>
  readonly onProgress: (progress: PartsProgress) => void
}): PartsTracker {
  const { sizeBytes, partSizeBytes, repeated, onProgress } = options
  const inFlight = new Map<number, number>()
  const states = Buffer.alloc(Math.ceil(sizeBytes / partSizeBytes), codeOf('w'))
  const done = [...options.done]
  let reachedByte = done.reduce((highest, number) => Math.max(highest, number), 0) * partSizeBytes
  let sentBytes = bytesOfParts(done, { sizeBytes, partSizeBytes })
  for (const number of done) states[number - 1] = codeOf('b')
  for (const number of repeated) states[number - 1] = (states[number - 1] ?? codeOf('w')) - upperCaseOffset

  const setState = (number: number, state: State) => {
    states[number - 1] = codeOf(state) - (repeated.has(number) ? upperCaseOffset : 0)
  }
  const report = () => {
    let inFlightBytes = 0
    for (const bytes of inFlight.values()) inFlightBytes += bytes
    onProgress({
      sentBytes,
      inFlightBytes,
      inFlightParts: inFlight.size,
      reachedByte: Math.min(reachedByte, sizeBytes),
    })
  }
  return {
    report,
    markAwaitingUrl(number) {
      setState(number, 'u')
      report()
    },
    markInFlight(number, bytes) {
      inFlight.set(number, bytes)
      setState(number, 'f')
      reachedByte = Math.max(reachedByte, (number - 1) * partSizeBytes + bytes)
      report()
    },
    markForRetry(number) {
      // A part of which nothing was sent, such as one whose URL had expired, repeats nothing.
      if ((inFlight.get(number) ?? 0) > 0) repeated.add(number)
      inFlight.delete(number)
      setState(number, 'w')
      report()
    },
    markSent(number, bytes) {
      inFlight.delete(number)
      sentBytes += bytes
      setState(number, 's')
      report()
    },
    partMap: () => ({
      partSizeBytes,
      states: states.toString('latin1'),
      flying: [...inFlight].map(([number, bytes]) => ({ number, bytes })),
    }),
  }
}
