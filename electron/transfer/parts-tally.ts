export interface PartsProgress {
  readonly sentBytes: number
  readonly inFlightBytes: number
  /** How far into the file sending has come. */
  readonly reachedByte: number
}

export interface Tally {
  inFlight(number: number, bytes: number): void
  sent(number: number, bytes: number): void
  tell(): void
}

/** Adds up what the parts report, so that the file has one honest number for each of the two. */
export function createTally(options: {
  readonly sizeBytes: number
  readonly partSizeBytes: number
  /** Numbers of the parts that storage has already. */
  readonly done: Iterable<number>
  readonly onProgress: (progress: PartsProgress) => void
}): Tally {
  const { sizeBytes, partSizeBytes, onProgress } = options
  const flying = new Map<number, number>()
  let reachedByte = 0
  let sentBytes = 0
  for (const number of options.done) {
    const start = (number - 1) * partSizeBytes
    const length = Math.min(partSizeBytes, sizeBytes - start)
    sentBytes += length
    reachedByte = Math.max(reachedByte, start + length)
  }
  const tell = () => {
    let inFlightBytes = 0
    for (const bytes of flying.values()) inFlightBytes += bytes
    onProgress({ sentBytes, inFlightBytes, reachedByte })
  }
  return {
    tell,
    inFlight(number, bytes) {
      flying.set(number, bytes)
      reachedByte = Math.max(reachedByte, (number - 1) * partSizeBytes + bytes)
      tell()
    },
    sent(number, bytes) {
      flying.delete(number)
      sentBytes += bytes
      tell()
    },
  }
}
