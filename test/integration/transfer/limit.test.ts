import { expect, test } from 'vitest'
import { openLanes } from '../../support/upload-workers.ts'
import { standingClock, testPorts, type HandClock } from '../../support/hand-clock.ts'
import { etagOf, openReceiver } from '../../support/receiver.ts'

const beatMs = 25
const mebibyte = 1024 * 1024

/** A storage that counts, and tells when so many bytes of bodies have come in. */
async function counting() {
  let bytes = 0
  const waiting = new Set<() => void>()
  const { url } = await openReceiver((request, response) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      for (const look of waiting) look()
    })
    request.on('end', () => response.writeHead(200).end())
  })
  return {
    url,
    get bytes() {
      return bytes
    },
    received: (wanted: number) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (bytes < wanted) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
  }
}

test('each beat brings exactly its share to storage, and without a beat nothing goes', async () => {
  const clock = standingClock()
  const world = openLanes(testPorts(clock))
  world.throttle.setLimit(1_000_000)
  const storage = await counting()
  const sent = await world.put(await world.file(mebibyte), storage.url)
  const seen: number[] = []
  for (let beat = 1; beat <= 6; beat += 1) {
    clock.advance(beatMs)
    await Promise.all([storage.received(beat * 25_000), sent.flushed(beat * 25_000)])
    seen.push(storage.bytes)
  }
  expect(seen).toEqual([25_000, 50_000, 75_000, 100_000, 125_000, 150_000])
})

test('a limit that is lifted lets the waiting PUT go to its end, whole', async () => {
  const clock = standingClock()
  const world = openLanes(testPorts(clock))
  world.throttle.setLimit(1_000_000)
  const file = await world.file(3 * mebibyte + 7)
  const { url } = await openReceiver((request, response) => {
    void etagOf(request).then((etag) => response.writeHead(200, { ETag: etag }).end())
  })
  const sent = await world.put(file, url)
  clock.advance(beatMs)
  await sent.flushed(25_000)
  world.throttle.setLimit(null)
  const answer = await sent.answer
  expect(answer).toMatchObject({ kind: 'answered', status: 200, flushedBytes: file.bytes.length })
  expect(answer?.kind === 'answered' && answer.etag === `"${answer.md5}"`).toBe(true)
})

test('a limit that is set holds for a PUT that ran without one', async () => {
  const clock = standingClock()
  const world = openLanes(testPorts(clock))
  const here = Promise.withResolvers<() => void>()
  const slow = await openReceiver((request, response) => {
    request.on('end', () => response.writeHead(200).end())
    here.resolve(() => request.resume())
  })
  const running = await world.put(await world.file(64 * mebibyte), slow.url)
  // It is under way, and goes on once storage reads.
  const read = await here.promise
  world.throttle.setLimit(1_000_000)
  read()
  const storage = await counting()
  const other = await world.put(await world.file(mebibyte), storage.url)
  let ended = false
  void running.answer.then(() => (ended = true))
  await beatUntil(clock, other.answer)
  expect(ended).toBe(false)
  world.throttle.setLimit(null)
  expect(await running.answer).toMatchObject({ kind: 'answered', flushedBytes: 64 * mebibyte })
})

test('a PUT that only waits for credit is not taken for a dead line', async () => {
  const clock = standingClock()
  const world = openLanes(testPorts(clock), 40)
  world.throttle.setLimit(1_000_000)
  const storage = await counting()
  const waiting = await world.put(await world.file(mebibyte), storage.url)
  clock.advance(beatMs)
  await waiting.flushed(25_000)

  const free = openLanes(testPorts(standingClock()), 200)
  const deaf = await openReceiver(() => {})
  const stalled = await free.put(await free.file(64 * mebibyte), deaf.url)
  expect(await stalled.answer).toMatchObject({ kind: 'broken', code: 'ETIMEDOUT' })

  world.throttle.setLimit(null)
  expect(await waiting.answer).toMatchObject({ kind: 'answered', flushedBytes: mebibyte })
})

/** Lets the clock beat until that has come true; the threads work in between. */
async function beatUntil(clock: HandClock, wanted: Promise<unknown>): Promise<void> {
  const state = { come: false }
  void wanted.then(() => (state.come = true))
  while (!state.come) {
    clock.advance(beatMs)
    await new Promise(setImmediate)
  }
}
