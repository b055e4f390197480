import type { Block, BlockPool } from './block-pool.ts'

/** Three blocks per PUT, each refilled once the socket has taken it, were fastest when measured. */
const maxBlocksPerPut = 3
/**
 * With this many blocks in use in one thread, a PUT gets a single one: 64 slow requests do not need 200 MB, and
 * four fast ones are no slower than with three blocks each (test/bench/RESULTS.md).
 */
const fullShareBlocks = 6

/** The blocks of one PUT, taken from its thread's pool when needed and all given back in the end. */
export interface BlockLease {
  /** Whether a block can be filled without waiting for the socket. */
  readonly isAvailable: () => boolean
  /** A block to fill; only called when one is available. */
  next(): Block
  /** The operating system has taken all bytes of the block. */
  blockFlushed(block: Block): void
  /** No more blocks will be filled. */
  fillingEnded(): void
  /**
   * The connection is closed or reusable: the operating system no longer holds any block, even after an
   * error.
   */
  connectionClosed(): void
}

interface BlockAllocator {
  openLease(): BlockLease
}

/** Divides the blocks of a thread among its PUTs. */
export function createBlockAllocator(pool: BlockPool): BlockAllocator {
  let leasedCount = 0

  function openLease(): BlockLease {
    const leased = new Set<Block>()
    const free: Block[] = []
    let hasFillingEnded = false
    let isClosed = false
    const canAcquire = () =>
      leased.size === 0 || (leased.size < maxBlocksPerPut && leasedCount < fullShareBlocks)

    function release(block: Block): void {
      if (!leased.delete(block)) return
      leasedCount -= 1
      pool.release(block)
    }

    function acquire(): Block {
      const block = pool.acquire()
      leased.add(block)
      leasedCount += 1
      return block
    }

    return {
      isAvailable: () => free.length > 0 || canAcquire(),
      next: () => free.pop() ?? acquire(),
      blockFlushed(block) {
        if (hasFillingEnded) release(block)
        else free.push(block)
      },
      fillingEnded() {
        hasFillingEnded = true
        for (const block of isClosed ? leased : free) release(block)
      },
      connectionClosed() {
        isClosed = true
        // A block that is still being read into is released when filling ends.
        if (hasFillingEnded) for (const block of leased) release(block)
      },
    }
  }

  return { openLease }
}
