import { createHash, type Hash } from 'node:crypto'
import { readSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { failure } from '../contract/failures.ts'
import { blockBytes, createBlockPool } from './block-pool.ts'
import { fileFailure, openWithTimeout } from '../platform/files/file-identity.ts'
import type { HashAnswer, HashJob, HashProgress, HashStreamJob } from './hasher.ts'
import { hashingReadAhead } from './read-ahead.ts'
import { serveSentHash } from './sent-hash.ts'
import { runJobs, type JobContext } from '../platform/threads/worker-thread-side.ts'

/** Progress is reported about ten times a second at full speed. */
const progressIntervalBytes = 128 * 1024 * 1024
/** Bytes per read: what is hashed right after reading is still in the core's own cache. */
const sliceBytes = 256 * 1024
/** How long the thread may run without processing its messages. */
const maxBlockingMs = 20
const blockPool = createBlockPool()

/**
 * Reads the file once from start to end; returns its SHA-256 and the checksum of each segment. It reads
 * synchronously, since this thread only hashes files (streams have another one) and reading through the thread
 * pool cost a sixth of the speed.
 */
async function hashFile(job: HashJob, context: JobContext<HashProgress>): Promise<HashAnswer> {
  const opened = await openWithTimeout(job, context.signal)
  if (opened === null) return { kind: 'aborted' }
  if (!opened.ok) return { kind: 'refused', failure: opened.failure }
  const wholeHash = createHash('sha256')
  const segmentChecksums: number[] = []
  const readAhead = hashingReadAhead(job.readAhead)
  const file = { fd: opened.handle.fd, reads: new Int32Array(job.reads) }
  const block = blockPool.acquire()
  let position = 0
  let checksum = 0
  let reportedBytes = 0
  let yieldedAtMs = performance.now()
  try {
    while (position < job.identity.sizeBytes) {
      if (context.signal.aborted) return { kind: 'aborted' }
      const segmentEnd = Math.min((segmentChecksums.length + 1) * job.segmentBytes, job.identity.sizeBytes)
      const buffer = block.bytes.subarray(0, Math.min(blockBytes, segmentEnd - position))
      await context.allowedUpTo(position + buffer.length)
      if (performance.now() - yieldedAtMs > maxBlockingMs) {
        await setImmediate()
        yieldedAtMs = performance.now()
      }
      const length = readAndHash(file, position, buffer, wholeHash)
      if (length === 0) return { kind: 'refused', failure: failure('file-changed') }
      checksum = block.addToChecksum(checksum, length)
      position += length
      readAhead.blockHashed()
      if (position === segmentEnd) {
        segmentChecksums.push(checksum)
        checksum = 0
      }
      if (position - reportedBytes >= progressIntervalBytes)
        context.progress({ hashedBytes: (reportedBytes = position) })
    }
  } catch (error) {
    return { kind: 'refused', failure: fileFailure(error) }
  } finally {
    readAhead.ended()
    blockPool.release(block)
    await opened.handle.close()
  }
  return { kind: 'hashed', sha256: wholeHash.digest('hex'), segmentChecksums }
}

/** Reads and hashes until the buffer is full or the file ends. Returns the number of bytes read. */
function readAndHash(
  { fd, reads }: { readonly fd: number; readonly reads: Int32Array },
  position: number,
  buffer: Buffer,
  hash: Hash,
): number {
  let filled = 0
  while (filled < buffer.length) {
    const length = Math.min(sliceBytes, buffer.length - filled)
    Atomics.add(reads, 0, 1)
    const bytesRead = readSync(fd, buffer, filled, length, position + filled)
    Atomics.add(reads, 0, 1)
    if (bytesRead === 0) break
    hash.update(buffer.subarray(filled, filled + bytesRead))
    filled += bytesRead
  }
  return filled
}

/** Ends when the PUT has. Its upload worker has received the hash by then. */
function hashStream({ port }: HashStreamJob, { signal }: JobContext<HashProgress>): Promise<HashAnswer> {
  return new Promise((resolve) => {
    serveSentHash(port, () => resolve({ kind: 'aborted' }))
    signal.addEventListener('abort', () => port.close())
  })
}

runJobs((job: HashJob | HashStreamJob, context: JobContext<HashProgress>) =>
  'port' in job ? hashStream(job, context) : hashFile(job, context),
)
