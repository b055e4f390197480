import type { MessagePort } from 'node:worker_threads'
import { createExpectContinuePolicy } from './expect-continue.ts'
import type { AcknowledgedPart, PartOwner } from '../platform/acknowledged-part.ts'
import type { Environment } from '../platform/environment.ts'
import type { Failure } from '../contract/failures.ts'
import { withProxyFallback, proxyCodeIn, type ProxyResolver } from '../platform/network/proxy-resolver.ts'
import type { FileIdentity } from '../platform/files/file-identity.ts'
import type { StorageAddress } from '../platform/network/storage-address.ts'
import type { Hasher } from './hasher.ts'
import type { ReadAhead } from './read-ahead.ts'
import type { SentCounter } from './sent-counter.ts'
import { createWorkerThreads } from '../platform/threads/worker-threads.ts'
import type { Throttle } from './throttle.ts'

/** One PUT: bytes `[start, end)` of a file to a presigned URL. */
export interface PutJob extends StorageAddress {
  readonly path: string
  readonly identity: FileIdentity
  readonly start: number
  readonly end: number
  /**
   * Shared with the thread that hashes the same file; null if the bytes of this PUT are the whole file and are
   * hashed as they are sent.
   */
  readonly readAhead: ReadAhead | null
  readonly sentCounter: SentCounter
  /** The part that the worker writes to the journal once storage acknowledges it; null for none. */
  readonly part: (PartOwner & Pick<AcknowledgedPart, 'number'>) | null
}

/** How long a PUT may make no progress before its connection is closed. */
export interface PutTimeouts {
  /** Without a byte sent. */
  readonly stallMs: number
  /** Between the last byte and the response, while storage writes and checks. */
  readonly answerMs: number
}

/**
 * Without a byte for 30 s a connection is taken for dead; after the last byte storage may take minutes to
 * check.
 */
export const putTimeouts: PutTimeouts = { stallMs: 30_000, answerMs: 300_000 }

/**
 * Larger files are hashed in a thread of their own while they are sent. Up to this size the upload worker
 * hashes them itself: with many small files that takes less CPU time, and all cores are busy anyway.
 */
export const inlineHashBytes = 32 * 1024 * 1024

/** A job as a worker thread receives it. */
export interface PutWorkerJob extends PutJob, PutTimeouts {
  /** Sends `Expect: 100-continue` and waits with the body for storage's consent. */
  readonly expectsContinue: boolean
  /** The proxy's URL with its login, as secret as `url`; null for a direct connection. */
  readonly proxy: string | null
  /** Leads to the thread that hashes what is sent; null if the upload worker hashes it, or if it is not hashed. */
  readonly hashPort: MessagePort | null
}

export interface PutProgress {
  /** Bytes of this job that the operating system has taken for sending. */
  readonly flushedBytes: number
  /** How long storage took to answer `Expect: 100-continue`; in one report at most. */
  readonly continueDelayMs?: number
}

/** What was sent before a PUT ended. If `flushedBytes` equals the length, the object may be stored. */
export interface PutFailure {
  readonly flushedBytes: number
  /** Of all sent bytes; null if they were not all hashed or not all sent. */
  readonly sha256: string | null
}

export type PutAnswer =
  /** Storage responded, with any status. */
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly etag: string | null
      /** Absent if the response has none. */
      readonly contentType?: string | undefined
      /** Of the sent bytes, 32 lower-case hex digits; `null` where computing it would have cost speed. */
      readonly md5: string | null
      /** Storage encrypts with a key that makes the ETag something else than an MD5. */
      readonly isEncrypted: boolean
      readonly retryAfter: string | null
      /** When storage responded, by its clock. Absent if the response has none. */
      readonly date?: string | undefined
      /** The beginning of the body: storage's XML with its reason. */
      readonly body: string
      /** Of the sent bytes; 0 if they were hashed instead. */
      readonly checksum: number
      /** Of the sent bytes; null if they were not all hashed or not all sent. */
      readonly sha256: string | null
      readonly flushedBytes: number
      /** The worker has written the part to the journal, but not flushed it to the disk. */
      readonly isRecorded?: boolean
    }
  /** The connection failed before a response. */
  | ({
      readonly kind: 'broken'
      readonly code: string
      /** Host and port of the proxy that failed; null when the proxy was not the cause. */
      readonly proxyHost: string | null
    } & PutFailure)
  | { readonly kind: 'refused'; readonly failure: Failure }
  | ({ readonly kind: 'aborted' } & PutFailure)

export interface SendOptions {
  readonly signal: AbortSignal
  readonly onProgress: (flushedBytes: number) => void
  /** Reports how long storage took to answer `Expect: 100-continue`. */
  readonly onContinueDelay?: (delayMs: number) => void
}

export interface UploadWorkerPool {
  /** Runs one PUT. `null` when its worker thread died. If the thread that hashes it did, it goes on without a hash. */
  send(job: PutJob, options: SendOptions): Promise<PutAnswer | null>
  /** Starts a thread before the first job needs it. */
  warm(): void
  close(): Promise<void>
}

export function createUploadWorkerPool(options: {
  readonly url: URL
  readonly threads: number
  /** Folder of the journal to which workers write acknowledged parts; none by default. */
  readonly journalFolder?: string
  readonly environment: Environment
  readonly throttle: Throttle
  readonly proxies: ProxyResolver
  readonly timeouts?: PutTimeouts
  /** Hashes large files while they are sent; by default the upload workers do. */
  readonly hasher?: Pick<Hasher, 'openStream'>
}): UploadWorkerPool {
  const { throttle, proxies, hasher, timeouts = putTimeouts } = options
  const threads = createWorkerThreads<PutWorkerJob, PutProgress, PutAnswer>({
    url: options.url,
    name: 'upload',
    count: options.threads,
    data: options.journalFolder ?? null,
    environment: options.environment,
  })
  const expectContinue = createExpectContinuePolicy()

  async function runJob(
    job: Omit<PutWorkerJob, 'hashPort'>,
    { signal, onProgress, onContinueDelay }: SendOptions,
  ): Promise<PutAnswer | null> {
    const hashesInThread = job.readAhead === null && job.end - job.start > inlineHashBytes
    const hashStream = hashesInThread ? hasher?.openStream() : undefined
    const hashPort = hashStream?.port ?? null
    const running = threads.run(
      { ...job, hashPort },
      {
        signal,
        transfer: hashPort ? [hashPort] : [],
        onProgress({ flushedBytes, continueDelayMs }) {
          if (continueDelayMs !== undefined) onContinueDelay?.(continueDelayMs)
          membership.recordFlushed(flushedBytes)
          onProgress(flushedBytes)
        },
      },
    )
    const membership = throttle.join({
      file: job.path,
      sizeBytes: job.end - job.start,
      allow: running.allow,
    })
    const answer = await running.answer
    membership.leave()
    hashStream?.close()
    return answer
  }

  async function sendWithExpectPolicy(
    job: Omit<PutWorkerJob, 'hashPort'>,
    options: SendOptions,
  ): Promise<PutAnswer | null> {
    const { host } = new URL(job.url)
    const sizeBytes = job.end - job.start
    const expectsContinue = expectContinue.shouldExpect(host, sizeBytes)
    const answer = await runJob({ ...job, expectsContinue }, options)
    const isRetried =
      answer !== null && expectContinue.shouldRetry(host, { expectsContinue, sizeBytes }, answer)
    return isRetried ? runJob({ ...job, expectsContinue: !expectsContinue }, options) : answer
  }

  return {
    send: (job, options) =>
      withProxyFallback(proxies, job.url, async (proxy) => {
        const workerJob = { ...job, ...timeouts, expectsContinue: false, proxy }
        const answer = await sendWithExpectPolicy(workerJob, options)
        return { answer, proxyCode: answer?.kind === 'broken' ? proxyCodeIn(answer.code) : null }
      }),
    warm: () => threads.warm(),
    close: () => threads.close(),
  }
}
