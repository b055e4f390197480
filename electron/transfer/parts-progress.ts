import type { PartMap } from '../contract/upload-details.ts'

export interface PartsProgress {
  readonly sentBytes: number
  readonly inFlightBytes: number
  /** How far into the file sending has come. */
  readonly reachedByte: number
}

export interface PartsTally {
  /** The part has a stream and waits for its URL. */
  asking(number: number): void
  inFlight(number: number, bytes: number): void
  /** The part broke off and has to go again. */
  again(number: number): void
  sent(number: number, bytes: number): void
  tell(): void
  /** How each part stands, made when asked for: the page looks ten times a second at most, parts report far more often. */
  map(): PartMap
}

type State = 'w' | 'u' | 'f' | 's' | 'b'
const codeOf = (state: State) => state.charCodeAt(0)
/** Between a small and a capital letter of ASCII. */
const capital = 'a'.charCodeAt(0) - 'A'.charCodeAt(0)

/** How many bytes these parts hold together; the last part of a file may be shorter. */
export function bytesOfParts(
  numbers: readonly number[],
  { sizeBytes, partSizeBytes }: { readonly sizeBytes: number; readonly partSizeBytes: number },
): number {
  const lengthOf = (number: number) => Math.min(partSizeBytes, sizeBytes - (number - 1) * partSizeBytes)
  return numbers.reduce((sum, number) => sum + lengthOf(number), 0)
}

/** Adds up what the parts report, so that the file has one honest number for each of the two, and each part its state. */
export function createTally(options: {
  readonly sizeBytes: number
  readonly partSizeBytes: number
  /** Numbers of the parts that storage has already. */
  readonly done: Iterable<number>
  /** Numbers of the parts whose bytes have gone out more than once; added to here, kept by the caller between runs. */
  readonly repeated: Set<number>
  readonly onProgress: (progress: PartsProgress) => void
}): PartsTally {
  const { sizeBytes, partSizeBytes, repeated, onProgress } = options
  const flying = new Map<number, number>()
  const states = Buffer.alloc(Math.ceil(sizeBytes / partSizeBytes), codeOf('w'))
  const done = [...options.done]
  let reachedByte = done.reduce((most, number) => Math.max(most, number), 0) * partSizeBytes
  let sentBytes = bytesOfParts(done, { sizeBytes, partSizeBytes })
  for (const number of done) states[number - 1] = codeOf('b')
  for (const number of repeated) states[number - 1] = (states[number - 1] ?? codeOf('w')) - capital

  const set = (number: number, state: State) => {
    states[number - 1] = codeOf(state) - (repeated.has(number) ? capital : 0)
  }
  const tell = () => {
    let inFlightBytes = 0
    for (const bytes of flying.values()) inFlightBytes += bytes
    onProgress({ sentBytes, inFlightBytes, reachedByte: Math.min(reachedByte, sizeBytes) })
  }
  return {
    tell,
    asking(number) {
      set(number, 'u')
      tell()
    },
    inFlight(number, bytes) {
      flying.set(number, bytes)
      set(number, 'f')
      reachedByte = Math.max(reachedByte, (number - 1) * partSizeBytes + bytes)
      tell()
    },
    again(number) {
      // A part of which nothing had gone out, such as one whose URL had expired, repeats nothing.
      if ((flying.get(number) ?? 0) > 0) repeated.add(number)
      flying.delete(number)
      set(number, 'w')
      tell()
    },
    sent(number, bytes) {
      flying.delete(number)
      sentBytes += bytes
      set(number, 's')
      tell()
    },
    map: () => ({
      partSizeBytes,
      states: states.toString('latin1'),
      flying: [...flying].map(([number, bytes]) => ({ number, bytes })),
    }),
  }
}
