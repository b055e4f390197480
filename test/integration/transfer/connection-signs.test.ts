import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { putOutcome } from '../../../electron/transfer/put-outcome.ts'
import type { Throttle } from '../../../electron/transfer/throttle.ts'
import { runningClock, testPorts } from '../../support/hand-clock.ts'
import { openLanes } from '../../support/upload-workers.ts'
import { etagOf, openReceiver } from '../../support/receiver.ts'

const mebibyte = 1024 * 1024
/** More than sockets hold between them. */
const longBytes = 24 * mebibyte
const workerPool = () => openLanes(testPorts(runningClock()))

function store(request: IncomingMessage, response: ServerResponse): void {
  void etagOf(request).then((etag) => response.writeHead(200, { ETag: etag }).end())
}

test('tells how long storage took to want each announced body, and nothing of one that was not announced', async () => {
  const world = workerPool()
  const waits = [150, 0]
  const { url } = await openReceiver(store, {
    announced(request, response) {
      setTimeout(() => {
        response.writeContinue()
        store(request, response)
      }, waits.shift())
    },
  })
  const heard: (readonly number[])[] = []
  for (const sizeBytes of [5 * mebibyte, 5 * mebibyte, mebibyte]) {
    const sent = await world.put(await world.file(sizeBytes), url)
    expect(await sent.answer).toMatchObject({ status: 200 })
    heard.push(sent.heard)
  }
  const [[slow = 0] = [], [quick = 0] = [], none] = heard
  expect(slow).toBeGreaterThanOrEqual(149)
  expect(quick).toBeLessThan(slow)
  expect([heard.map(({ length }) => length), none]).toEqual([[1, 1, 0], []])
})

test('a success that is read before our own end has heard that the last bytes went is a success: nothing goes twice', async () => {
  const world = workerPool()
  let received = 0
  const { url } = await openReceiver((request, response) => {
    request.once('data', (chunk: Buffer) => {
      received += chunk.length
      request.pause()
      response.writeHead(200, { ETag: '"0"', 'Content-Length': '0' }).end()
      // The answer is read long before the rest, which lies with the client's own system.
      setTimeout(() => {
        request.on('data', (rest: Buffer) => (received += rest.length)).resume()
      }, 100)
    })
  })
  const answer = await (await world.put(await world.file(longBytes), url)).answer
  const outcome = putOutcome(answer, { sizeBytes: longBytes, host: 'storage', nowMs: 0 })
  expect(outcome).toMatchObject({ kind: 'stored', etag: '"0"' })
  expect(answer).toMatchObject({ flushedBytes: longBytes })
  await expect.poll(() => received).toBe(longBytes)
})

/** Hands out a little at a time and no more until that has gone: on a dead line a PUT waits for credit and for the line. */
function sparing(portion: number): Throttle {
  return {
    limit: portion,
    setLimit: () => {},
    join(put) {
      let granted = portion
      put.allow(granted)
      return {
        moved(flushedBytes) {
          if (flushedBytes === granted) put.allow((granted += portion))
        },
        end: () => {},
      }
    },
    close: () => {},
  }
}

test('a line that takes nothing any more is noticed while a limit is on', async () => {
  const world = openLanes(testPorts(runningClock()), 1_000, sparing(256 * 1024))
  const { url } = await openReceiver((request) => {
    request.once('data', () => request.pause())
  })
  const sent = await world.put(await world.file(longBytes), url)
  expect(await sent.answer).toMatchObject({ kind: 'broken', code: 'ETIMEDOUT' })
})
