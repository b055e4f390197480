import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Environment } from '../../electron/platform/environment.ts'
import { directConnection, type ProxyResolver } from '../../electron/platform/network/proxy-resolver.ts'
import { identityOf } from '../../electron/platform/files/file-identity.ts'
import {
  createUploadWorkerPool,
  type PutAnswer,
  type PutJob,
} from '../../electron/transfer/upload-worker-pool.ts'
import { createHasher } from '../../electron/transfer/hasher.ts'
import { createReadAhead, hashingReadAhead } from '../../electron/transfer/read-ahead.ts'
import { createSentCounter } from '../../electron/transfer/sent-counter.ts'
import { createThrottle, type Throttle } from '../../electron/transfer/throttle.ts'
import { builtWorkers } from './runner/test-programs.ts'

/** A real upload worker and files to send, removed when the test ends. */
export interface UploadWorkers {
  readonly throttle: Throttle
  /** A file of random bytes. */
  createFile(sizeBytes: number): Promise<SourceFile>
  /** Starts to PUT the file; when it resolves, the PUT has joined the throttle. */
  put(file: SourceFile, url: string, job?: Partial<PutJob>): Promise<SentPut>
  /** Ends the thread that hashes large files. */
  endHashThread(): Promise<void>
}

export interface SourceFile {
  readonly path: string
  readonly bytes: Buffer
}

export interface SentPut {
  readonly answer: Promise<PutAnswer | null>
  /** How long storage took to answer `Expect: 100-continue`; empty until it has. */
  readonly continueDelaysMs: readonly number[]
  /** Resolves once this many bytes are reported as flushed. */
  untilFlushed(bytes: number): Promise<void>
  abort(): void
}

export function startUploadWorkers(
  environment: Environment,
  options: {
    /** After how long without a byte a connection is closed; 30 s by default. */
    readonly stallMs?: number
    readonly throttle?: Throttle
    readonly proxies?: ProxyResolver
  } = {},
): UploadWorkers {
  const { stallMs = 30_000, throttle = createThrottle({ environment }), proxies = directConnection } = options
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-upload-workers-'))
  const hasher = createHasher({ url: builtWorkers().hash, threads: 1, environment })
  const workerPool = createUploadWorkerPool({
    url: builtWorkers().upload,
    threads: 1,
    environment,
    throttle,
    proxies,
    timeouts: { stallMs, answerMs: 60_000 },
    hasher,
  })
  let fileCount = 0
  onTestFinished(async () => {
    throttle.close()
    await Promise.all([workerPool.close(), hasher.close()])
    await rm(folder, { recursive: true, force: true })
  })
  return {
    throttle,
    async createFile(sizeBytes) {
      const path = join(folder, `file-${(fileCount += 1)}`)
      const bytes = randomBytes(sizeBytes)
      await writeFile(path, bytes)
      return { path, bytes }
    },
    endHashThread: () => hasher.close(),
    async put({ path, bytes }, url, given = {}) {
      const controller = new AbortController()
      let flushedBytes = 0
      const continueDelaysMs: number[] = []
      const listeners = new Set<() => void>()
      const job = { ...(await putJobFor(path, bytes.length, url)), ...given }
      const answer = workerPool.send(job, {
        signal: controller.signal,
        onContinueDelay: (delayMs) => void continueDelaysMs.push(delayMs),
        onProgress(flushed) {
          flushedBytes = flushed
          for (const listener of listeners) listener()
        },
      })
      return {
        answer,
        continueDelaysMs,
        untilFlushed: (wantedBytes) =>
          new Promise((resolve) => {
            const check = () => {
              if (flushedBytes < wantedBytes) return
              listeners.delete(check)
              resolve()
            }
            listeners.add(check)
            check()
          }),
        abort: () => controller.abort(),
      }
    },
  }
}

async function putJobFor(path: string, sizeBytes: number, url: string): Promise<PutJob> {
  const readAhead = createReadAhead()
  hashingReadAhead(readAhead).ended()
  const identity = identityOf(await stat(path, { bigint: true }))
  return {
    path,
    identity,
    start: 0,
    end: sizeBytes,
    url,
    headers: {},
    allowsLocalAddress: true,
    readAhead,
    sentCounter: createSentCounter(),
    part: null,
  }
}
