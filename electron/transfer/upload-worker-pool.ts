import { createExpectContinuePolicy } from './expect-continue.ts'
import type { Environment } from '../platform/environment.ts'
import type { Failure } from '../contract/failures.ts'
import { withProxyFallback, proxyCodeIn, type ProxyResolver } from '../platform/proxy-resolver.ts'
import type { FileIdentity } from '../platform/file-identity.ts'
import type { ReadRate } from './read-rate.ts'
import { createWorkerThreads } from '../platform/worker-threads.ts'
import type { Throttle } from './throttle.ts'

/** One PUT: bytes `[start, end)` of a file to a presigned URL. */
export interface PutJob {
  readonly path: string
  readonly identity: FileIdentity
  readonly start: number
  readonly end: number
  /** A secret while it lives: it exists in this message and in the request, nowhere else. */
  readonly url: string
  /** Signed with the URL: sent with names and values unchanged. */
  readonly headers: Readonly<Record<string, string>>
  /** Of the file's hash, which the sending stays near to. */
  readonly pace: ReadRate
}

/** How long a PUT may stand still before its connection is cut. */
export interface PutTimeouts {
  /** Without a byte moving. */
  readonly stallMs: number
  /** Between the last byte and the answer, while storage writes and checks. */
  readonly answerMs: number
}

/** No byte for 30 s is a dead connection (engine-facts.md, 3.3); after the last byte storage may take minutes to check. */
export const putTimeouts: PutTimeouts = { stallMs: 30_000, answerMs: 300_000 }

/** A job as a thread gets it. */
export interface PutOrder extends PutJob, PutTimeouts {
  /** The body waits until storage says that it wants it. */
  readonly announced: boolean
  /** The proxy to go by, with its login: as secret as the URL. */
  readonly proxy: string | null
}

export interface PutProgress {
  /** Bytes of this job that the operating system has taken for sending. */
  readonly flushedBytes: number
  /** How long storage took to say that it wants the body, told once where it was asked. */
  readonly heardAfterMs?: number
}

/** What of a PUT went out before it ended. `flushedBytes` equal to the length: it may have landed. */
export interface PutFailure {
  readonly checksum: number
  readonly flushedBytes: number
}

export type PutAnswer =
  /** Storage answered: whatever the status, with the checksum of the bytes that went out. */
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly etag: string | null
      /** Of the bytes that went out, 32 lower-case hex digits; `null` where it would have cost speed. */
      readonly md5: string | null
      /** Storage says that it encrypts with a key that makes the ETag something else than an MD5. */
      readonly sealed: boolean
      readonly retryAfter: string | null
      /** The beginning of the body: storage's XML with its reason. */
      readonly body: string
      readonly checksum: number
      readonly flushedBytes: number
    }
  /** The line broke before an answer came. */
  | ({
      readonly kind: 'broken'
      readonly code: string
      /** Host and port of the proxy that kept it from storage; null when none did. */
      readonly proxyHost: string | null
    } & PutFailure)
  | { readonly kind: 'refused'; readonly failure: Failure }
  | ({ readonly kind: 'aborted' } & PutFailure)

export interface SendOptions {
  readonly signal: AbortSignal
  readonly onProgress: (flushedBytes: number) => void
  /** Storage took so long to say that it wants the body, in ms. */
  readonly onHeard?: (tookMs: number) => void
}

export interface UploadWorkerPool {
  /** Carries one job. `null` when the thread that carried it died. */
  send(job: PutJob, options: SendOptions): Promise<PutAnswer | null>
  /** Starts a thread ahead of the first job. */
  warm(): void
  close(): Promise<void>
}

export function createUploadWorkerPool(options: {
  readonly url: URL
  readonly threads: number
  readonly environment: Environment
  readonly throttle: Throttle
  readonly proxies: ProxyResolver
  readonly timeouts?: PutTimeouts
}): UploadWorkerPool {
  const { throttle, proxies, timeouts = putTimeouts } = options
  const threads = createWorkerThreads<PutOrder, PutProgress, PutAnswer>({
    url: options.url,
    name: 'lane',
    count: options.threads,
    environment: options.environment,
  })
  const announcing = createExpectContinuePolicy()

  async function carry(
    order: PutOrder,
    { signal, onProgress, onHeard }: SendOptions,
  ): Promise<PutAnswer | null> {
    const running = threads.run(order, {
      signal,
      onProgress({ flushedBytes, heardAfterMs }) {
        if (heardAfterMs !== undefined) onHeard?.(heardAfterMs)
        turn.moved(flushedBytes)
        onProgress(flushedBytes)
      },
    })
    const turn = throttle.join({
      ...{ file: order.path, sizeBytes: order.end - order.start, allow: running.allow },
    })
    const answer = await running.answer
    turn.end()
    return answer
  }

  async function ask(order: PutOrder, options: SendOptions): Promise<PutAnswer | null> {
    const { host } = new URL(order.url)
    const sizeBytes = order.end - order.start
    const announced = announcing.wanted(host, sizeBytes)
    const answer = await carry({ ...order, announced }, options)
    const again = answer !== null && announcing.again(host, { announced, sizeBytes }, answer)
    return again ? carry({ ...order, announced: !announced }, options) : answer
  }

  return {
    send: (job, options) =>
      withProxyFallback(proxies, job.url, async (proxy) => {
        const answer = await ask({ ...job, ...timeouts, announced: false, proxy }, options)
        return { answer, proxyCode: answer?.kind === 'broken' ? proxyCodeIn(answer.code) : null }
      }),
    warm: () => threads.warm(),
    close: () => threads.close(),
  }
}
