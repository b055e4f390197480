import { createHash } from 'node:crypto'
import { failure } from '../contract/errors.ts'
import { blockBytes, createBlocks } from './blocks.ts'
import { fileFailure, openSameFile, readFull } from './file-identity.ts'
import type { HashAnswer, HashJob, HashProgress } from './hasher.ts'
import { serveJobs, type JobContext } from './thread-side.ts'

/** How often progress is told, in bytes: some ten times a second at full speed. */
const tellEveryBytes = 128 * 1024 * 1024
const blocks = createBlocks()

/** Reads the file once from start to end; answers its SHA-256 and the checksum of each segment. */
async function hashFile(job: HashJob, context: JobContext<HashProgress>): Promise<HashAnswer> {
  const opened = await openSameFile(job.path, job.identity)
  if (!opened.ok) return { kind: 'refused', failure: opened.failure }
  const whole = createHash('sha256')
  const segmentChecksums: number[] = []
  const block = blocks.take()
  let position = 0
  let checksum = 0
  let told = 0
  try {
    while (position < job.identity.sizeBytes) {
      if (context.signal.aborted) return { kind: 'aborted' }
      const segmentEnd = Math.min((segmentChecksums.length + 1) * job.segmentBytes, job.identity.sizeBytes)
      const wanted = Math.min(blockBytes, segmentEnd - position)
      await context.allowedUpTo(position + wanted)
      const length = await readFull(opened.handle, block.bytes, wanted, position)
      if (length === 0) return { kind: 'refused', failure: failure('file-changed') }
      whole.update(block.bytes.subarray(0, length))
      checksum = block.fold(checksum, length)
      position += length
      if (position === segmentEnd) {
        segmentChecksums.push(checksum)
        checksum = 0
      }
      if (position - told >= tellEveryBytes) context.progress({ hashedBytes: (told = position) })
    }
  } catch (error) {
    return { kind: 'refused', failure: fileFailure(error) }
  } finally {
    blocks.give(block)
    await opened.handle.close()
  }
  return { kind: 'hashed', sha256: whole.digest('hex'), segmentChecksums }
}

serveJobs(hashFile)
