/** Reuses buffers of one size. */
export interface BufferPool {
  /** Runs `work` with a buffer of unknown content, which nothing may use any more once `work` has ended. */
  use<T>(work: (buffer: Buffer) => Promise<T>): Promise<T>
}

/** As many files are inspected at once. More are in use only for a moment, and are not kept. */
const maxFree = 16

/**
 * With new buffers for each of ten thousand files, a quarter of the CPU time went into getting memory from the
 * system and collecting garbage (test/bench/RESULTS.md).
 */
export function createBufferPool(sizeBytes: number): BufferPool {
  const free: Buffer[] = []
  return {
    async use(work) {
      const buffer = free.pop() ?? Buffer.allocUnsafeSlow(sizeBytes)
      try {
        return await work(buffer)
      } finally {
        if (free.length < maxFree) free.push(buffer)
      }
    },
  }
}
