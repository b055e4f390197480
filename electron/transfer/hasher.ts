import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { failed, failure, success, type Failure } from '../contract/failures.ts'
import { aborted, type Attempt } from '../platform/attempt.ts'
import type { Environment } from '../platform/environment.ts'
import type { FileIdentity } from '../platform/files/file-identity.ts'
import { createReadAhead, hashingReadAhead, type ReadAhead } from './read-ahead.ts'
import { createWorkerThreads } from '../platform/threads/worker-threads.ts'

export interface HashJob {
  readonly path: string
  readonly identity: FileIdentity
  /** Size of a segment whose checksum is compared with that of the sent bytes; the last may be shorter. */
  readonly segmentBytes: number
  readonly readAhead: ReadAhead
}

/** Hashes what the upload worker at the other end of the port sends (sent-hash.ts). */
export interface HashStreamJob {
  readonly port: MessagePort
}

/** The hash of one PUT while its bytes are sent. */
interface HashStream {
  /** For the upload worker. It is closed if the hash thread ends. */
  readonly port: MessagePort
  close(): void
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
  /** Checksum of each segment, in order (see block-pool.ts). */
  readonly segmentChecksums: readonly number[]
}

export interface HashTask {
  readonly result: Promise<Attempt<FileHash>>
  /**
   * Reports how far the upload has come: hashing may read on, but not so far ahead that the disk is read
   * twice.
   */
  uploadReached(position: number): void
  /** Shared with the PUTs of the same file. */
  readonly readAhead: ReadAhead
}

export interface Hasher {
  /**
   * Hashes a whole file during its upload. If its thread ends, it starts again once in another one; if that ends
   * too, the failure is `hash-interrupted`.
   */
  hash(
    job: Omit<HashJob, 'readAhead'>,
    options: { readonly signal: AbortSignal; readonly onProgress: (bytes: number) => void },
  ): HashTask
  /** Opens a stream to a thread that reads no file, so that a hanging disk does not stop it. */
  openStream(): HashStream
  /** Starts a thread before the first file needs it. */
  warm(): void
  /** Starts the thread before the first stream needs it. */
  warmStreams(): void
  close(): Promise<void>
}

/**
 * How far hashing may be ahead of the upload. Both read through the page cache; within this distance the
 * second reader finds the pages of the first one, so the disk is read once even for files larger than memory.
 */
const aheadBytes = 256 * 1024 * 1024

export function createHasher(options: {
  readonly url: URL
  /** For hashing files; streams have one more. */
  readonly threads: number
  readonly environment: Environment
}): Hasher {
  const { url, environment } = options
  const threads = createWorkerThreads<HashJob, HashProgress, HashAnswer>({
    url,
    name: 'hash',
    count: options.threads,
    environment,
  })
  const streamThreads = createWorkerThreads<HashStreamJob, HashProgress, HashAnswer>({
    url,
    name: 'stream-hash',
    count: 1,
    environment,
  })
  let isClosed = false
  return {
    hash(job, { signal, onProgress }) {
      const readAhead = createReadAhead()
      let furthest = 0
      let reportedBytes = 0
      const start = () => {
        const begun = threads.run(
          { ...job, readAhead },
          {
            signal,
            onProgress({ hashedBytes }) {
              // A second thread starts at the first byte.
              if (hashedBytes >= reportedBytes) onProgress((reportedBytes = hashedBytes))
            },
          },
        )
        begun.allow(furthest + aheadBytes)
        return begun
      }
      let running = start()
      const again = running.answer.then((answer) => {
        if (answer !== null || signal.aborted || isClosed) return answer
        running = start()
        return running.answer
      })
      const result = again.then((answer) => {
        // Sending goes on without the hash.
        if (answer === null) hashingReadAhead(readAhead).ended()
        return toResult(answer, signal)
      })
      return {
        result,
        uploadReached(position) {
          // A retried part starts further back; the hash does not.
          furthest = Math.max(furthest, position)
          running.allow(furthest + aheadBytes)
        },
        readAhead,
      }
    },
    openStream() {
      const { port1, port2 } = new MessageChannel()
      const closing = new AbortController()
      streamThreads.run({ port: port1 }, { signal: closing.signal, transfer: [port1] })
      return { port: port2, close: () => closing.abort() }
    },
    warm: () => threads.warm(),
    warmStreams: () => streamThreads.warm(),
    async close() {
      isClosed = true
      await Promise.all([threads.close(), streamThreads.close()])
    },
  }
}

/** Returns the SHA-256 of a file that no upload reads meanwhile: the hash need not keep pace with one. */
export async function hashWholeFile(
  { path, identity }: Pick<HashJob, 'path' | 'identity'>,
  options: {
    readonly hasher: Pick<Hasher, 'hash'>
    readonly signal: AbortSignal
    readonly onProgress?: (hashedBytes: number) => void
  },
): Promise<Attempt<string>> {
  const { hasher, signal, onProgress = () => {} } = options
  const segmentBytes = Math.max(1, identity.sizeBytes)
  const hashing = hasher.hash({ path, identity, segmentBytes }, { signal, onProgress })
  hashing.uploadReached(identity.sizeBytes)
  const hash = await hashing.result
  return hash.ok ? success(hash.value.sha256) : hash
}

function toResult(answer: HashAnswer | null, signal: AbortSignal): Attempt<FileHash> {
  if (answer === null && signal.aborted) return aborted
  if (answer === null) return failed(failure('hash-interrupted', {}, { detail: 'the hashing thread ended' }))
  switch (answer.kind) {
    case 'hashed':
      return success(answer)
    case 'refused':
      return failed(answer.failure)
    case 'aborted':
      return aborted
  }
}
