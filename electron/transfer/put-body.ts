import type { ClientRequest } from 'node:http'
import type { FileHandle } from 'node:fs/promises'
import { failure, type Failure } from '../contract/failures.ts'
import { blockBytes, createBlocks, type Block } from './blocks.ts'
import { fileFailure, readFull } from '../platform/file-identity.ts'
import { createBlockSupply, type HeldBlocks } from './held-blocks.ts'
import type { PutAnswer, PutOrder, PutProgress } from './upload-worker-pool.ts'
import type { SendingEnd } from './read-rate.ts'
import type { SentMd5 } from './sent-md5.ts'
import type { JobContext } from '../platform/worker-thread-side.ts'

/** A block goes out in slices, of which so many are with the socket at once. */
const mostSlices = 3
/**
 * A slice is as large as the line takes in a moment, so that a slow line is seen to move and what must stop stops soon: it
 * doubles when it went in less than the first time, and halves when it took more than the second, in ms.
 */
const quickMs = 50
const slowMs = 250
const leastSliceBytes = 16 * 1024
const firstSliceBytes = 128 * 1024
const threadSupply = createBlockSupply(createBlocks())

/** One request on its way. */
export interface Put {
  readonly job: PutOrder
  readonly request: ClientRequest
  readonly pace: SendingEnd
  readonly md5: SentMd5
  flushedBytes: number
  checksum: number
  /** The next bytes wait for something here and not for the line. */
  held: boolean
  /** The next bytes are being read from the disk. */
  reads: boolean
  /** Set once the exchange is over, by whichever end came first. */
  over: PutAnswer | null
}

/** Reads and writes in step with the socket and the limit. Answers what is wrong with the file, or null. */
export async function sendBody(
  put: Put,
  handle: FileHandle,
  context: JobContext<PutProgress>,
  supply = threadSupply,
): Promise<Failure | null> {
  const held = supply.hold()
  put.request.on('close', held.closed)
  try {
    return await sendBlocks(put, handle, held, openOutlet(put, context))
  } finally {
    held.filled()
  }
}

async function sendBlocks(
  put: Put,
  handle: FileHandle,
  held: HeldBlocks,
  out: Outlet,
): Promise<Failure | null> {
  const { job } = put
  for (let position = job.start; position < job.end;) {
    await out.until(held.isReady)
    if (out.isOver()) return null
    const block = held.next()
    put.held = true
    await put.pace.take(out.isOver)
    put.held = false
    const wanted = Math.min(blockBytes, job.end - position)
    let length: number
    try {
      put.reads = true
      length = await readFull(handle, block.bytes, wanted, position)
      put.reads = false
    } catch (error) {
      return fileFailure(error)
    }
    if (length === 0) return failure('file-changed')
    if (out.isOver()) return null
    put.checksum = block.fold(put.checksum, length)
    put.md5.add(block.bytes.subarray(0, length))
    position += length
    await out.write(block, length, () => held.flushed(block))
  }
  if (!out.isOver()) put.request.end()
  return null
}

interface Outlet {
  readonly isOver: () => boolean
  /** Waits until it is so, or nobody wants the body any more. */
  until(ready: () => boolean): Promise<void>
  /**
   * Gives a block to the socket, slice by slice. `flushed` is called once the system has taken all of it, and never if the
   * line breaks: the system may hold such a block until the connection is closed.
   */
  write(block: Block, length: number, flushed: () => void): Promise<void>
}

function openOutlet(put: Put, context: JobContext<PutProgress>): Outlet {
  const { request } = put
  let wake = () => {}
  let sentBytes = 0
  let slices = 0
  let sliceBytes = firstSliceBytes
  let waitsForCredit = false
  const isOver = () => put.over !== null || request.destroyed
  const until = async (ready: () => boolean) => {
    while (!ready() && !isOver()) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  context.onAllowed(() => wake())
  request.on('close', () => wake())

  /** Tells at once that all credit is used, so that the next is handed out by who has none left. */
  function tellHungry(): void {
    if (!waitsForCredit || put.flushedBytes !== sentBytes) return
    // Only now nothing is with the socket: until here it is the line that is waited for.
    put.held = true
    context.progress({ flushedBytes: sentBytes })
  }

  async function credit(): Promise<number> {
    if (context.allowed() <= sentBytes) {
      waitsForCredit = true
      tellHungry()
      await until(() => context.allowed() > sentBytes)
      put.held = waitsForCredit = false
    }
    return context.allowed() - sentBytes
  }

  function writeSlice(bytes: Buffer, flushed: (() => void) | null): void {
    const fromMs = performance.now()
    slices += 1
    sentBytes += bytes.length
    request.write(bytes, (error) => {
      slices -= 1
      if (!error) {
        put.flushedBytes += bytes.length
        put.md5.moved(bytes.length)
        const tookMs = performance.now() - fromMs
        if (tookMs < quickMs) sliceBytes = Math.min(blockBytes, sliceBytes * 2)
        else if (tookMs > slowMs) sliceBytes = Math.max(leastSliceBytes, sliceBytes / 2)
        flushed?.()
        tellHungry()
      }
      wake()
    })
  }

  return {
    isOver,
    until,
    async write(block, length, flushed) {
      for (let at = 0; at < length;) {
        await until(() => slices < mostSlices)
        const allowed = await credit()
        if (isOver()) return
        const end = at + Math.min(sliceBytes, length - at, allowed)
        writeSlice(block.bytes.subarray(at, end), end === length ? flushed : null)
        at = end
      }
    },
  }
}
