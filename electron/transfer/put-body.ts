import type { ClientRequest } from 'node:http'
import type { FileHandle } from 'node:fs/promises'
import { failure, type Failure } from '../contract/failures.ts'
import { blockBytes, createBlockPool, type Block } from './block-pool.ts'
import { fileFailure } from '../platform/files/file-identity.ts'
import { readFull } from '../platform/files/regular-file.ts'
import { createBlockAllocator, type BlockLease } from './block-allocator.ts'
import type { PutAnswer, PutProgress, PutWorkerJob } from './upload-worker-pool.ts'
import type { SendingReadAhead } from './read-ahead.ts'
import { setSentBytes } from './sent-counter.ts'
import type { SentHash } from './sent-hash.ts'
import type { SentMd5 } from './sent-md5.ts'
import type { JobContext } from '../platform/threads/worker-thread-side.ts'

/** A block is written in slices, of which this many are with the socket at once. */
const maxPendingSlices = 3
/**
 * The slice size follows the speed, so that slow connections still show progress and aborts take effect soon:
 * it doubles after a write faster than the first time, and halves after one slower than the second.
 */
const fastWriteMs = 50
const slowWriteMs = 250
const minSliceBytes = 16 * 1024
const initialSliceBytes = 128 * 1024
/** After a response that was read early, the rest of the body may take this long without a flushed byte. */
const flushTimeoutMs = 5_000
const threadAllocator = createBlockAllocator(createBlockPool())

/** One running PUT. */
export interface Put {
  readonly job: PutWorkerJob
  readonly request: ClientRequest
  /** Null if the sent bytes are hashed. */
  readonly readAhead: SendingReadAhead | null
  readonly md5: SentMd5
  /** Null if another thread hashes the file; then a checksum is computed. */
  readonly hash: SentHash | null
  flushedBytes: number
  checksum: number
  /** Whether the next bytes wait for hashing or the throttle instead of the network. */
  isWaitingLocally: boolean
  isReadingDisk: boolean
  /** Set once the exchange has ended, by whichever event came first. */
  answer: PutAnswer | null
  /** Called whenever `flushedBytes` has increased. */
  onFlushed: () => void
}

/**
 * Reads and writes at the pace of the socket and the throttle. Returns the file's failure, or null. `nowMs` is a
 * monotonic clock.
 */
export async function sendBody(
  put: Put,
  handle: FileHandle,
  context: JobContext<PutProgress>,
  { allocator = threadAllocator, nowMs = () => performance.now() } = {},
): Promise<Failure | null> {
  const blocks = allocator.openLease()
  put.request.on('close', () => {
    // The hash thread may still read the last blocks.
    if (put.hash?.isBehind()) void put.hash.settled().then(blocks.connectionClosed)
    else blocks.connectionClosed()
  })
  try {
    return await sendBlocks(put, handle, blocks, createBodyWriter(put, context, nowMs))
  } finally {
    blocks.fillingEnded()
  }
}

/** On a fast connection the response may be read before the callbacks of the last writes have run. */
export async function untilFlushed(put: Put): Promise<void> {
  const { request, job } = put
  request.once('close', () => put.onFlushed())
  while (put.flushedBytes < job.end - job.start && !request.destroyed) {
    const { flushedBytes } = put
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, flushTimeoutMs)
      put.onFlushed = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    if (put.flushedBytes === flushedBytes) return
  }
}

async function sendBlocks(
  put: Put,
  handle: FileHandle,
  blocks: BlockLease,
  writer: BodyWriter,
): Promise<Failure | null> {
  const { job } = put
  for (let position = job.start; position < job.end;) {
    await writer.waitUntil(blocks.isAvailable)
    if (writer.isOver()) return null
    const block = blocks.next()
    put.isWaitingLocally = true
    await put.readAhead?.acquireBlock(writer.isOver)
    put.isWaitingLocally = false
    const wantedBytes = Math.min(blockBytes, job.end - position)
    let length: number
    try {
      put.isReadingDisk = true
      length = await readFull(handle, block.bytes, wantedBytes, position)
      put.isReadingDisk = false
    } catch (error) {
      return fileFailure(error)
    }
    if (length === 0) return failure('file-changed')
    if (writer.isOver()) return null
    const bytes = block.bytes.subarray(0, length)
    put.md5.add(bytes)
    position += length
    let users = put.hash ? 2 : 1
    const release = () => {
      users -= 1
      if (users === 0) blocks.blockFlushed(block)
      writer.wake()
    }
    if (put.hash) put.hash.add(bytes, release)
    else put.checksum = block.addToChecksum(put.checksum, length)
    await writer.write(block, length, release)
  }
  if (!writer.isOver()) put.request.end()
  return null
}

interface BodyWriter {
  readonly isOver: () => boolean
  /** Checks again what is waited for. */
  wake(): void
  /** Waits until the condition is true or the PUT has ended. */
  waitUntil(condition: () => boolean): Promise<void>
  /**
   * Writes a block to the socket, slice by slice. `onFlushed` is called once the operating system has taken
   * all of it, and never after an error: then the system may hold the block until the connection is closed.
   */
  write(block: Block, length: number, onFlushed: () => void): Promise<void>
}

function createBodyWriter(put: Put, context: JobContext<PutProgress>, nowMs: () => number): BodyWriter {
  const { request } = put
  let wake = () => {}
  let writtenBytes = 0
  let pendingSlices = 0
  let sliceBytes = initialSliceBytes
  let isWaitingForCredit = false
  const isOver = () => put.answer !== null || request.destroyed
  const waitUntil = async (condition: () => boolean) => {
    while (!condition() && !isOver()) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  context.onAllowed(() => wake())
  request.on('close', () => wake())

  /** Reports at once that all credit is used and sent, so that the throttle grants more. */
  function reportUsedCredit(): void {
    if (!isWaitingForCredit || put.flushedBytes !== writtenBytes) return
    // Until here the network was the bottleneck, not the throttle.
    put.isWaitingLocally = true
    context.progress({ flushedBytes: writtenBytes })
  }

  async function waitForCredit(): Promise<number> {
    if (context.allowed() <= writtenBytes) {
      isWaitingForCredit = true
      reportUsedCredit()
      await waitUntil(() => context.allowed() > writtenBytes)
      put.isWaitingLocally = isWaitingForCredit = false
    }
    return context.allowed() - writtenBytes
  }

  function writeSlice(bytes: Buffer, onFlushed: (() => void) | null): void {
    const startedAtMs = nowMs()
    pendingSlices += 1
    writtenBytes += bytes.length
    request.write(bytes, (error) => {
      pendingSlices -= 1
      if (!error) {
        put.flushedBytes += bytes.length
        setSentBytes(put.job.sentCounter, put.flushedBytes)
        put.md5.recordSent(bytes.length)
        put.onFlushed()
        const tookMs = nowMs() - startedAtMs
        if (tookMs < fastWriteMs) sliceBytes = Math.min(blockBytes, sliceBytes * 2)
        else if (tookMs > slowWriteMs) sliceBytes = Math.max(minSliceBytes, sliceBytes / 2)
        onFlushed?.()
        reportUsedCredit()
      }
      wake()
    })
  }

  return {
    isOver,
    wake: () => wake(),
    waitUntil,
    async write(block, length, onFlushed) {
      for (let offset = 0; offset < length;) {
        await waitUntil(() => pendingSlices < maxPendingSlices)
        const creditBytes = await waitForCredit()
        if (isOver()) return
        const end = offset + Math.min(sliceBytes, length - offset, creditBytes)
        writeSlice(block.bytes.subarray(offset, end), end === length ? onFlushed : null)
        offset = end
      }
    },
  }
}
