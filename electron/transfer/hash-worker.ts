import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { fileFailure, openSameFile } from './file-identity.ts'
import type { HashAnswer, HashJob, HashProgress } from './hasher.ts'
import { serveJobs, type JobContext } from './thread-side.ts'

/** One read, one update: large enough for the disk, small enough that two files share a thread fairly. */
const blockBytes = 1024 * 1024
/** How often progress is told, in bytes: some ten times a second at full speed. */
const tellEveryBytes = 128 * 1024 * 1024

/** Reads the file once from start to end; answers its SHA-256 and the CRC-32 of each segment. */
async function hashFile(job: HashJob, context: JobContext<HashProgress>): Promise<HashAnswer> {
  const opened = await openSameFile(job.path, job.identity)
  if (!opened.ok) return { kind: 'refused', failure: opened.failure }
  const whole = createHash('sha256')
  const segmentChecksums: number[] = []
  const block = Buffer.allocUnsafe(blockBytes)
  let position = 0
  let checksum = 0
  let told = 0
  try {
    while (position < job.identity.sizeBytes) {
      if (context.signal.aborted) return { kind: 'aborted' }
      const segmentEnd = Math.min((segmentChecksums.length + 1) * job.segmentBytes, job.identity.sizeBytes)
      const wanted = Math.min(blockBytes, segmentEnd - position)
      await context.allowedUpTo(position + wanted)
      const { bytesRead } = await opened.handle.read(block, 0, wanted, position)
      if (bytesRead === 0) return { kind: 'refused', failure: { code: 'file-changed', params: {} } }
      const bytes = block.subarray(0, bytesRead)
      whole.update(bytes)
      checksum = crc32(bytes, checksum)
      position += bytesRead
      if (position === segmentEnd) {
        segmentChecksums.push(checksum)
        checksum = 0
      }
      if (position - told >= tellEveryBytes) context.progress({ hashedBytes: (told = position) })
    }
  } catch (error) {
    return { kind: 'refused', failure: fileFailure(error) }
  } finally {
    await opened.handle.close()
  }
  return { kind: 'hashed', sha256: whole.digest('hex'), segmentChecksums }
}

serveJobs(hashFile)
