import { createHash, type Hash } from 'node:crypto'
import { readSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { failure } from '../contract/failures.ts'
import { blockBytes, createBlocks } from './blocks.ts'
import { fileFailure, openWithTimeout } from '../platform/file-identity.ts'
import type { HashAnswer, HashJob, HashProgress } from './hasher.ts'
import { hashingEnd } from './read-rate.ts'
import { runJobs, type JobContext } from '../platform/worker-thread-side.ts'

/** How often progress is told, in bytes: some ten times a second at full speed. */
const tellEveryBytes = 128 * 1024 * 1024
/** Read at once: what is hashed right after it still lies in the core's own cache. */
const sliceBytes = 256 * 1024
/** How long the thread may go without hearing its messages, in ms. */
const deafMs = 20
const blocks = createBlocks()

/**
 * Reads the file once from start to end; answers its SHA-256 and the checksum of each segment. It reads synchronously: this
 * thread has nothing else to do, and going by way of the thread pool cost a sixth of the speed.
 */
async function hashFile(job: HashJob, context: JobContext<HashProgress>): Promise<HashAnswer> {
  const opened = await openWithTimeout(job, context.signal)
  if (opened === null) return { kind: 'aborted' }
  if (!opened.ok) return { kind: 'refused', failure: opened.failure }
  const whole = createHash('sha256')
  const segmentChecksums: number[] = []
  const pace = hashingEnd(job.pace)
  const block = blocks.take()
  let position = 0
  let checksum = 0
  let told = 0
  let heardMs = performance.now()
  try {
    while (position < job.identity.sizeBytes) {
      if (context.signal.aborted) return { kind: 'aborted' }
      const segmentEnd = Math.min((segmentChecksums.length + 1) * job.segmentBytes, job.identity.sizeBytes)
      const wanted = Math.min(blockBytes, segmentEnd - position)
      await context.allowedUpTo(position + wanted)
      if (performance.now() - heardMs > deafMs) {
        await setImmediate()
        heardMs = performance.now()
      }
      const length = readAndHash(opened.handle.fd, block.bytes, wanted, position, whole)
      if (length === 0) return { kind: 'refused', failure: failure('file-changed') }
      checksum = block.fold(checksum, length)
      position += length
      pace.hashed()
      if (position === segmentEnd) {
        segmentChecksums.push(checksum)
        checksum = 0
      }
      if (position - told >= tellEveryBytes) context.progress({ hashedBytes: (told = position) })
    }
  } catch (error) {
    return { kind: 'refused', failure: fileFailure(error) }
  } finally {
    pace.over()
    blocks.give(block)
    await opened.handle.close()
  }
  return { kind: 'hashed', sha256: whole.digest('hex'), segmentChecksums }
}

/** Reads until `wanted` bytes are there or the file ends, and hashes them as they come. Answers how many there were. */
function readAndHash(fd: number, into: Buffer, wanted: number, position: number, hash: Hash): number {
  let filled = 0
  while (filled < wanted) {
    const read = readSync(fd, into, filled, Math.min(sliceBytes, wanted - filled), position + filled)
    if (read === 0) break
    hash.update(into.subarray(filled, filled + read))
    filled += read
  }
  return filled
}

runJobs(hashFile)
