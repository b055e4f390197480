/** Buffers of one size that are used again. */
export interface BufferPool {
  /**
   * Runs `work` with a buffer of unknown content. Nothing may use it any more once `work` has ended.
   */
  use<T>(work: (buffer: Buffer) => Promise<T>): Promise<T>
}

/**
 * Creates a pool that keeps as many buffers as were in use at once. With new buffers for each of ten thousand
 * files, a quarter of the CPU time went into getting memory from the system and collecting garbage.
 */
export function createBufferPool(sizeBytes: number): BufferPool {
  const free: Buffer[] = []
  return {
    async use(work) {
      const buffer = free.pop() ?? Buffer.allocUnsafeSlow(sizeBytes)
      try {
        return await work(buffer)
      } finally {
        free.push(buffer)
      }
    },
  }
}
