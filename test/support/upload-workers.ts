import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Environment } from '../../electron/platform/environment.ts'
import { directConnection } from '../../electron/platform/proxy-resolver.ts'
import { identityOf } from '../../electron/platform/file-identity.ts'
import {
  createUploadWorkerPool,
  type PutAnswer,
  type PutJob,
} from '../../electron/transfer/upload-worker-pool.ts'
import { createReadRate, hashingEnd } from '../../electron/transfer/read-rate.ts'
import { createThrottle, type Throttle } from '../../electron/transfer/throttle.ts'
import { builtWorkers } from './test-programs.ts'

/** The real lanes with their threads, and files to send, gone when the test ends. */
export interface LaneWorld {
  readonly throttle: Throttle
  /** A file of random bytes. */
  file(sizeBytes: number): Promise<LaneFile>
  /** Begins to PUT the file: by the answer it has joined those that share the limit. */
  put(file: LaneFile, url: string): Promise<Sent>
}

export interface LaneFile {
  readonly path: string
  readonly bytes: Buffer
}

export interface Sent {
  readonly answer: Promise<PutAnswer | null>
  /** How long storage took to say that it wants the body, in ms; empty while it has not said so. */
  readonly heard: readonly number[]
  /** Resolves once the main thread knows that so many bytes are with the system. */
  flushed(bytes: number): Promise<void>
  abort(): void
}

/** @param stallMs after how long without a byte a connection is cut */
export function openLanes(
  environment: Environment,
  stallMs = 30_000,
  throttle = createThrottle({ environment }),
): LaneWorld {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-lanes-'))
  const workerPool = createUploadWorkerPool({
    url: builtWorkers().lane,
    ...{
      threads: 1,
      environment,
      throttle,
      proxies: directConnection,
      timeouts: { stallMs, answerMs: 60_000 },
    },
  })
  let files = 0
  onTestFinished(async () => {
    throttle.close()
    await workerPool.close()
    await rm(folder, { recursive: true, force: true })
  })
  return {
    throttle,
    async file(sizeBytes) {
      const path = join(folder, `file-${(files += 1)}`)
      const bytes = randomBytes(sizeBytes)
      await writeFile(path, bytes)
      return { path, bytes }
    },
    async put({ path, bytes }, url) {
      const stop = new AbortController()
      let flushedBytes = 0
      const heard: number[] = []
      const waiting = new Set<() => void>()
      const job = await jobOf(path, bytes.length, url)
      const answer = workerPool.send(job, {
        signal: stop.signal,
        onHeard: (tookMs) => void heard.push(tookMs),
        onProgress(flushed) {
          flushedBytes = flushed
          for (const wake of waiting) wake()
        },
      })
      return {
        ...{ answer, heard },
        flushed: (wanted) =>
          new Promise((resolve) => {
            const look = () => {
              if (flushedBytes < wanted) return
              waiting.delete(look)
              resolve()
            }
            waiting.add(look)
            look()
          }),
        abort: () => stop.abort(),
      }
    },
  }
}

async function jobOf(path: string, sizeBytes: number, url: string): Promise<PutJob> {
  const pace = createReadRate()
  hashingEnd(pace).over()
  const identity = identityOf(await stat(path, { bigint: true }))
  return { path, identity, start: 0, end: sizeBytes, url, headers: {}, pace }
}
