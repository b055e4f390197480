import { failed, failure, success, type Failure } from '../contract/failures.ts'
import { aborted, type Attempt } from '../platform/attempt.ts'
import type { Environment } from '../platform/environment.ts'
import type { FileIdentity } from '../platform/file-identity.ts'
import { createReadRate, type ReadRate } from './read-rate.ts'
import { createWorkerThreads } from '../platform/worker-threads.ts'

export interface HashJob {
  readonly path: string
  readonly identity: FileIdentity
  /** Size of a segment whose checksum is compared with what the carrier sent; the last may be shorter. */
  readonly segmentBytes: number
  readonly pace: ReadRate
}

export interface HashProgress {
  readonly hashedBytes: number
}

export type HashAnswer =
  | { readonly kind: 'hashed'; readonly sha256: string; readonly segmentChecksums: readonly number[] }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'aborted' }

export interface FileHash {
  /** 64 lower-case hex digits. */
  readonly sha256: string
  /** Checksum of each segment, in order (see blocks.ts). */
  readonly segmentChecksums: readonly number[]
}

export interface Hashing {
  readonly result: Promise<Attempt<FileHash>>
  /** The upload has come to `position`: the hash may read on, but not so far ahead that the disk is read twice. */
  follow(position: number): void
  /** How far the hash has come, for those who send. */
  readonly pace: ReadRate
}

export interface Hasher {
  /** Hashes a whole file beside its upload. */
  hash(
    job: Omit<HashJob, 'pace'>,
    options: { readonly signal: AbortSignal; readonly onProgress: (bytes: number) => void },
  ): Hashing
  /** Starts a thread ahead of the first job. */
  warm(): void
  close(): Promise<void>
}

/**
 * How far the hash may run ahead of the upload. Both read through the page cache; within this distance the second reader
 * finds the first one's pages there, so the disk is read once even for files larger than memory.
 */
const aheadBytes = 256 * 1024 * 1024

export function createHasher(options: {
  readonly url: URL
  readonly threads: number
  readonly environment: Environment
}): Hasher {
  const threads = createWorkerThreads<HashJob, HashProgress, HashAnswer>({
    url: options.url,
    name: 'hash',
    count: options.threads,
    environment: options.environment,
  })
  return {
    hash(job, { signal, onProgress }) {
      const pace = createReadRate()
      const running = threads.run(
        { ...job, pace },
        { signal, onProgress: ({ hashedBytes }) => onProgress(hashedBytes) },
      )
      let furthest = 0
      running.allow(aheadBytes)
      return {
        result: running.answer.then((answer) => toResult(answer, signal)),
        follow(position) {
          // A second try begins further back; the hash does not.
          furthest = Math.max(furthest, position)
          running.allow(furthest + aheadBytes)
        },
        pace,
      }
    },
    warm: () => threads.warm(),
    close: () => threads.close(),
  }
}

function toResult(answer: HashAnswer | null, signal: AbortSignal): Attempt<FileHash> {
  if (answer === null && signal.aborted) return aborted
  if (answer === null) return failed(failure('unexpected', {}, { detail: 'the hashing thread ended' }))
  switch (answer.kind) {
    case 'hashed':
      return success(answer)
    case 'refused':
      return failed(answer.failure)
    case 'aborted':
      return aborted
  }
}
