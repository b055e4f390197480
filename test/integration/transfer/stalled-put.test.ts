import { mkdtempSync } from 'node:fs'
import { rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { identityOf } from '../../../electron/platform/files/file-identity.ts'
import { directConnection } from '../../../electron/platform/network/proxy-resolver.ts'
import { createSentCounter } from '../../../electron/transfer/sent-counter.ts'
import { createThrottle } from '../../../electron/transfer/throttle.ts'
import { createUploadWorkerPool } from '../../../electron/transfer/upload-worker-pool.ts'
import { createTestEnvironment, runningClock } from '../../support/hand-clock.ts'
import { etagOf, startTestServer } from '../../support/network/test-server.ts'
import { builtWorkers } from '../../support/runner/test-programs.ts'

/** The worker checks four times in this time whether a byte was sent. */
const stallMs = 1_000
const checkIntervalMs = stallMs / 4

/**
 * The upload worker of a computer whose clocks go ahead by `stepMs` whenever they are read. After three checks for
 * a stall it reports a delay of `100 Continue`, which it does not do otherwise for a small file.
 */
function workerWithClock(stepMs: number): URL {
  const program = `
    import { parentPort } from 'node:worker_threads'
    let clockMs = 0
    Date.now = performance.now = () => (clockMs += ${stepMs})
    const startInterval = setInterval
    let checks = 0
    globalThis.setInterval = (callback, delayMs) =>
      startInterval(() => {
        callback()
        if (delayMs === ${checkIntervalMs} && (checks += 1) === 3)
          parentPort.postMessage({ kind: 'progress', id: 1, progress: { flushedBytes: 0, continueDelayMs: 0 } })
      }, delayMs)
    await import(${JSON.stringify(builtWorkers().upload)})`
  return new URL(`data:text/javascript,${encodeURIComponent(program)}`)
}

/** PUTs a file with such a worker; `checked` resolves after three checks for a stall. */
async function startPut(url: string, sizeBytes: number, stepMs: number) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-stalled-put-'))
  const path = join(folder, 'file')
  await writeFile(path, Buffer.alloc(sizeBytes, 7))
  const environment = createTestEnvironment(runningClock())
  const throttle = createThrottle({ environment })
  const workerPool = createUploadWorkerPool({
    url: workerWithClock(stepMs),
    threads: 1,
    environment,
    throttle,
    proxies: directConnection,
    timeouts: { stallMs, answerMs: 60_000 },
  })
  onTestFinished(async () => {
    throttle.close()
    await workerPool.close()
    await rm(folder, { recursive: true, force: true })
  })
  const job = {
    path,
    identity: identityOf(await stat(path, { bigint: true })),
    start: 0,
    end: sizeBytes,
    url,
    headers: {},
    allowsLocalAddress: true,
    readAhead: null,
    sentCounter: createSentCounter(),
    part: null,
  }
  const checked = Promise.withResolvers<null>()
  const answer = workerPool.send(job, {
    signal: new AbortController().signal,
    onProgress: () => {},
    onContinueDelay: () => checked.resolve(null),
  })
  return { answer, checked: checked.promise }
}

test('a clock that jumps ahead does not end a PUT that waits for its response', async () => {
  const held = Promise.withResolvers<void>()
  const { url } = await startTestServer((request, response) => {
    void etagOf(request).then(async (etag) => {
      await held.promise
      response.writeHead(200, { ETag: etag }).end()
    })
  })
  const { answer, checked } = await startPut(url, 1_000, 3_600_000)
  expect(await Promise.race([answer, checked])).toBeNull()
  held.resolve()
  expect(await answer).toMatchObject({ kind: 'answered', status: 200 })
})

test('ends a stalled PUT even if the clock stands still', async () => {
  const { url } = await startTestServer((request) => {
    request.once('data', () => request.pause())
  })
  // More than the sockets buffer between client and server.
  const { answer } = await startPut(url, 24 * 1024 * 1024, 0)
  expect(await answer).toMatchObject({ kind: 'broken', code: 'ETIMEDOUT' })
}, 15_000)
