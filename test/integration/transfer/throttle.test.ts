import { expect, test } from 'vitest'
import { startUploadWorkers } from '../../support/upload-workers.ts'
import { standingClock, createTestEnvironment, type HandClock } from '../../support/hand-clock.ts'
import { etagOf, startTestServer } from '../../support/network/test-server.ts'

const tickMs = 25
const mebibyte = 1024 * 1024

/** A storage that counts the bytes of all bodies. */
async function startCountingStorage() {
  let bytes = 0
  const listeners = new Set<() => void>()
  const { url } = await startTestServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      for (const listener of listeners) listener()
    })
    request.on('end', () => response.writeHead(200).end())
  })
  return {
    url,
    get bytes() {
      return bytes
    },
    untilReceived: (wantedBytes: number) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (bytes < wantedBytes) return
          listeners.delete(check)
          resolve()
        }
        listeners.add(check)
        check()
      }),
  }
}

test('sends exactly the share of each tick to storage', async () => {
  const clock = standingClock()
  const workers = startUploadWorkers(createTestEnvironment(clock))
  workers.throttle.setLimit(1_000_000)
  const storage = await startCountingStorage()
  const sent = await workers.put(await workers.createFile(mebibyte), storage.url)
  const received: number[] = []
  for (let tick = 1; tick <= 6; tick += 1) {
    clock.advance(tickMs)
    await Promise.all([storage.untilReceived(tick * 25_000), sent.untilFlushed(tick * 25_000)])
    received.push(storage.bytes)
  }
  expect(received).toEqual([25_000, 50_000, 75_000, 100_000, 125_000, 150_000])
})

test('completes a waiting PUT when the limit is removed', async () => {
  const clock = standingClock()
  const workers = startUploadWorkers(createTestEnvironment(clock))
  workers.throttle.setLimit(1_000_000)
  const file = await workers.createFile(3 * mebibyte + 7)
  const { url } = await startTestServer((request, response) => {
    void etagOf(request).then((etag) => response.writeHead(200, { ETag: etag }).end())
  })
  const sent = await workers.put(file, url)
  clock.advance(tickMs)
  await sent.untilFlushed(25_000)
  workers.throttle.setLimit(null)
  const answer = await sent.answer
  expect(answer).toMatchObject({ kind: 'answered', status: 200, flushedBytes: file.bytes.length })
  expect(answer?.kind === 'answered' && answer.etag === `"${answer.md5}"`).toBe(true)
})

test('applies a new limit to a PUT that ran without one', async () => {
  const clock = standingClock()
  const workers = startUploadWorkers(createTestEnvironment(clock))
  const requestArrived = Promise.withResolvers<() => void>()
  const slow = await startTestServer((request, response) => {
    request.on('end', () => response.writeHead(200).end())
    requestArrived.resolve(() => request.resume())
  })
  const running = await workers.put(await workers.createFile(64 * mebibyte), slow.url)
  // The PUT is running, and continues once storage reads.
  const startReading = await requestArrived.promise
  workers.throttle.setLimit(1_000_000)
  startReading()
  const storage = await startCountingStorage()
  const other = await workers.put(await workers.createFile(mebibyte), storage.url)
  let hasEnded = false
  void running.answer.then(() => (hasEnded = true))
  await tickUntil(clock, other.answer)
  expect(hasEnded).toBe(false)
  workers.throttle.setLimit(null)
  expect(await running.answer).toMatchObject({ kind: 'answered', flushedBytes: 64 * mebibyte })
})

test('does not treat a PUT that waits for credit as a stalled connection', async () => {
  const clock = standingClock()
  // Threads have no injected clock: long enough that a busy computer is not taken for a stalled connection.
  const stallMs = 500
  const workers = startUploadWorkers(createTestEnvironment(clock), { stallMs })
  workers.throttle.setLimit(1_000_000)
  const storage = await startCountingStorage()
  // Small enough for the buffers of the sockets, so that only the credit can delay it.
  const waiting = await workers.put(await workers.createFile(50_000), storage.url)
  clock.advance(tickMs)
  await waiting.untilFlushed(25_000)

  const unlimitedWorkers = startUploadWorkers(createTestEnvironment(standingClock()), {
    stallMs: 2 * stallMs,
  })
  const silentServer = await startTestServer(() => {})
  const stalled = await unlimitedWorkers.put(
    await unlimitedWorkers.createFile(64 * mebibyte),
    silentServer.url,
  )
  expect(await stalled.answer).toMatchObject({ kind: 'broken', code: 'ETIMEDOUT' })

  workers.throttle.setLimit(null)
  expect(await waiting.answer).toMatchObject({ kind: 'answered', flushedBytes: 50_000 })
})

/** Advances the clock until the promise resolves; the threads work in between. */
async function tickUntil(clock: HandClock, until: Promise<unknown>): Promise<void> {
  const state = { isResolved: false }
  void until.then(() => (state.isResolved = true))
  while (!state.isResolved) {
    clock.advance(tickMs)
    await new Promise(setImmediate)
  }
}
