import type { Block, Blocks } from './blocks.ts'

/** The fastest way measured: three blocks, each filled again once the socket has taken it. */
const mostBlocks = 3
/** Past so many blocks in one thread a PUT holds a single one: sixty-four slow streams need no two hundred megabytes. */
const freelyTaken = 12

/** The blocks that one PUT holds, taken from its thread's supply when it needs them and all given back in the end. */
export interface HeldBlocks {
  /** A block may be had without waiting for the socket. */
  readonly isReady: () => boolean
  /** A block to fill; only asked for when ready. */
  next(): Block
  /** The system has taken all of it. */
  flushed(block: Block): void
  /** No block will be filled any more. */
  filled(): void
  /** The connection is closed or free: the system holds nothing any more, not even of a line that broke. */
  closed(): void
}

export interface BlockSupply {
  hold(): HeldBlocks
}

/** Shares out the blocks of a thread among its PUTs. */
export function createBlockSupply(blocks: Blocks): BlockSupply {
  let taken = 0

  function hold(): HeldBlocks {
    const mine = new Set<Block>()
    const free: Block[] = []
    let isFilled = false
    let isClosed = false
    const mayTake = () => mine.size === 0 || (mine.size < mostBlocks && taken < freelyTaken)

    function giveBack(block: Block): void {
      if (!mine.delete(block)) return
      taken -= 1
      blocks.give(block)
    }

    function take(): Block {
      const block = blocks.take()
      mine.add(block)
      taken += 1
      return block
    }

    return {
      isReady: () => free.length > 0 || mayTake(),
      next: () => free.pop() ?? take(),
      flushed(block) {
        if (isFilled) giveBack(block)
        else free.push(block)
      },
      filled() {
        isFilled = true
        for (const block of isClosed ? mine : free) giveBack(block)
      },
      closed() {
        isClosed = true
        // One that is being read into is given back when that has ended.
        if (isFilled) for (const block of mine) giveBack(block)
      },
    }
  }

  return { hold }
}
