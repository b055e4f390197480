import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { failed, failure, success, type Failure } from '../contract/failures.ts'
import { aborted, type Attempt } from '../platform/aborted.ts'
import type { Environment } from '../platform/environment.ts'
import { diskTimeoutFailure, type FileIdentity } from '../platform/files/file-identity.ts'
import { createReadAhead, hashingReadAhead, type ReadAhead } from './read-ahead.ts'
import { createWorkerThreads } from '../platform/threads/worker-threads.ts'

export interface HashJob {
  readonly path: string
  readonly identity: FileIdentity
  /** Size of a segment whose checksum is compared with that of the sent bytes; the last may be shorter. */
  readonly segmentBytes: number
  readonly readAhead: ReadAhead
  /** A number that the thread increases before and after each read: it is odd during one. */
  readonly reads: SharedArrayBuffer
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
   * too, the failure is `hash-interrupted`. A read that takes half a minute fails with `file-read-trouble`.
   */
  hash(
    job: Omit<HashJob, 'readAhead' | 'reads'>,
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
/** A disk that answers a read after this time only counts as unresponsive, in ms. */
const maxReadDurationMs = 30_000
/** A read hangs if this many checks find it: the time in which a computer sleeps is one check at most. */
const checksPerRead = 3

export function createHasher(options: {
  readonly url: URL
  /** For hashing files; streams have one more. */
  readonly threads: number
  readonly environment: Environment
  /** How long a read may take, in ms. */
  readonly maxReadMs?: number
}): Hasher {
  const { url, environment, maxReadMs = maxReadDurationMs } = options
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
      const reads = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
      // Aborting the job has its thread replaced, which hashes other files too.
      const hanging = new AbortController()
      const jobSignal = AbortSignal.any([signal, hanging.signal])
      let furthest = 0
      let reportedBytes = 0
      const start = () => {
        // A thread that ended may have been reading.
        new Int32Array(reads)[0] = 0
        const begun = threads.run(
          { ...job, readAhead, reads },
          {
            signal: jobSignal,
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
      const { promise: hung, resolve: hang } = Promise.withResolvers<Attempt<FileHash>>()
      const stopWatching = watchReads(reads, maxReadMs / checksPerRead, () => {
        hang(failed(diskTimeoutFailure()))
        hanging.abort()
      })
      const again = running.answer.then((answer) => {
        if (answer !== null || jobSignal.aborted || isClosed) return answer
        running = start()
        return running.answer
      })
      const hashed = again.then((answer) => {
        // Sending goes on without the hash.
        if (answer === null) hashingReadAhead(readAhead).ended()
        return toResult(answer, signal)
      })
      const result = Promise.race([hashed, hung]).finally(stopWatching)
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

/** Calls `onHang` once if the same read is found `checksPerRead` times in a row. Returns a function that ends it. */
function watchReads(reads: SharedArrayBuffer, intervalMs: number, onHang: () => void): () => void {
  const counter = new Int32Array(reads)
  let last = 0
  let found = 0
  const timer = setInterval(() => {
    const current = Atomics.load(counter, 0)
    const isReading = current % 2 !== 0
    found = isReading && current === last ? found + 1 : Number(isReading)
    last = current
    if (found < checksPerRead) return
    clearInterval(timer)
    onHang()
  }, intervalMs)
  timer.unref()
  return () => clearInterval(timer)
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
