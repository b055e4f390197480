import { expect, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { createPartUrls, type PartUrl } from '../../../electron/transfer/part-urls.ts'
import { standingClock, testPorts } from '../../support/hand-clock.ts'

const partBytes = 100
const settled = () => new Promise((resolve) => setImmediate(resolve))

/** Parts 1 to `count`; asking for a URL takes `askMs`, and the URL lives for `lifeSeconds`. */
function setup({ count = 10, askMs = 0, lifeSeconds = 3_600 } = {}) {
  const clock = standingClock()
  const asked: number[] = []
  const stop = new AbortController()
  const urls = createPartUrls({
    missing: Array.from({ length: count }, (_, index) => index + 1),
    presign(number) {
      asked.push(number)
      const url = `https://storage.example/k?partNumber=${number}&X-Amz-Expires=${lifeSeconds}`
      return new Promise<Result<PartUrl>>((resolve) =>
        clock.timers.after(askMs, () => resolve(success({ url, headers: {} }))),
      )
    },
    environment: testPorts(clock),
    signal: stop.signal,
  })
  async function pass(ms: number) {
    clock.advance(ms)
    await settled()
  }
  /** Sends a part in `seconds` at an even speed; answers how long its stream waited for the URL, in ms. */
  async function send(number: number, seconds: number): Promise<number> {
    const fromMs = clock.now()
    const answers: unknown[] = []
    void urls.take(number).then((url) => answers.push(url))
    await pass(0)
    while (answers.length === 0) await pass(10)
    const waitedMs = clock.now() - fromMs
    const follower = urls.follow(partBytes)
    for (let step = 1; step <= 100; step += 1) {
      await pass(seconds * 10)
      follower.moved(step)
    }
    follower.ended()
    return waitedMs
  }
  return { urls, clock, asked, stop, pass, send }
}

test('a stream waits for its first URL only, however slow asking is', async () => {
  const { send } = setup({ askMs: 200 })
  const waits: number[] = []
  for (let number = 1; number <= 6; number += 1) waits.push(await send(number, 20))
  expect(waits).toEqual([200, 0, 0, 0, 0, 0])
})

test('quick parts do not wait either', async () => {
  const { send } = setup({ askMs: 200 })
  const waits: number[] = []
  for (let number = 1; number <= 6; number += 1) waits.push(await send(number, 0.3))
  expect(waits).toEqual([200, 0, 0, 0, 0, 0])
})

test('short-lived URLs do not grow old behind long parts: each part but the first two costs one', async () => {
  const { send, asked } = setup({ askMs: 200, lifeSeconds: 15 })
  for (let number = 1; number <= 5; number += 1) await send(number, 60)
  // How long a part takes is not known during the first, so the second one's URL came too early.
  expect(asked).toEqual([1, 2, 2, 3, 4, 5, 6])
})

test('no more than the next URL is asked for ahead of a long part', async () => {
  const { urls, asked, pass } = setup()
  void urls.take(1)
  await pass(0)
  urls.follow(partBytes).moved(1)
  await pass(60_000)
  expect(asked).toEqual([1, 2])
})

test('a URL that could not be prepared is asked for again by the part that needs it', async () => {
  const answers: Result<PartUrl>[] = [
    success({ url: 'https://storage.example/1', headers: {} }),
    failed(failure('server-trouble', { status: 500 })),
    success({ url: 'https://storage.example/2', headers: {} }),
  ]
  const urls = createPartUrls({
    missing: [1, 2],
    presign: async () => answers.shift() ?? failed(failure('unexpected')),
    environment: testPorts(standingClock()),
    signal: new AbortController().signal,
  })
  await urls.take(1)
  urls.follow(partBytes)
  expect(await urls.take(2)).toMatchObject({ ok: true, value: { url: 'https://storage.example/2' } })
})

test('nothing is asked for beyond the last part, nor answered once it was aborted', async () => {
  const { urls, asked, stop, pass } = setup({ count: 1 })
  void urls.take(1)
  await pass(0)
  urls.follow(partBytes).ended()
  urls.follow(partBytes)
  expect(asked).toEqual([1])
  stop.abort()
  expect(await urls.take(1)).toBeNull()
})
