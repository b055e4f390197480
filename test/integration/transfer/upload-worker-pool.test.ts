import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import { workerFiles } from '../../../electron/cli/cli-environment.ts'
import { directConnection } from '../../../electron/platform/network/proxy-resolver.ts'
import { createReadAhead } from '../../../electron/transfer/read-ahead.ts'
import { createSentCounter } from '../../../electron/transfer/sent-counter.ts'
import { createThrottle } from '../../../electron/transfer/throttle.ts'
import { createUploadWorkerPool } from '../../../electron/transfer/upload-worker-pool.ts'
import { createTestEnvironment, runningClock } from '../../support/hand-clock.ts'
import { projectFolder } from '../../support/temp-project.ts'

const mebibyte = 1024 * 1024

test('only a whole file of more than 32 MiB is hashed in a thread of its own, which ends with its PUT', async () => {
  const environment = createTestEnvironment(runningClock())
  const streams = { opened: 0, closed: 0 }
  const throttle = createThrottle({ environment })
  const pool = createUploadWorkerPool({
    url: workerFiles(join(projectFolder, 'electron/cli/main.ts')).upload,
    threads: 1,
    environment,
    throttle,
    proxies: directConnection,
    hasher: {
      openStream() {
        streams.opened += 1
        const { port1, port2 } = new MessageChannel()
        return {
          port: port2,
          close() {
            streams.closed += 1
            port1.close()
          },
        }
      },
    },
  })
  onTestFinished(async () => {
    throttle.close()
    await pool.close()
  })
  /** Sends a file that is missing. */
  async function openedStreams(start: number, end: number, isWhole = true) {
    const job = {
      path: '/nowhere/a.safetensors',
      identity: { sizeBytes: end, mtimeNs: 1n, inode: 1n },
      ...{ start, end, headers: {}, url: 'http://127.0.0.1:9/', allowsLocalAddress: true, part: null },
      readAhead: isWhole ? null : createReadAhead(),
      sentCounter: createSentCounter(),
    }
    const { signal } = new AbortController()
    const answer = await pool.send(job, { signal, onProgress: () => {} })
    expect(answer).toMatchObject({ kind: 'refused', failure: { code: 'file-missing' } })
    return { ...streams }
  }
  expect(await openedStreams(0, 32 * mebibyte)).toEqual({ opened: 0, closed: 0 })
  expect(await openedStreams(0, 32 * mebibyte + 1)).toEqual({ opened: 1, closed: 1 })
  expect(await openedStreams(1, 32 * mebibyte + 1)).toEqual({ opened: 1, closed: 1 })
  expect(await openedStreams(0, 32 * mebibyte + 1, false)).toEqual({ opened: 1, closed: 1 })
})
