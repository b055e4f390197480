import { expect, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { createPartUrls } from '../../../electron/transfer/part-urls.ts'
import type { UploadTarget } from '../../../electron/platform/network/upload-target.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'

const partBytes = 100
const target = (number: number): UploadTarget => ({
  url: `https://storage.example/${number}`,
  headers: {},
  allowsLocalAddress: false,
})
const settled = () => new Promise((resolve) => setImmediate(resolve))

/** Parts 1 to `count`; presigning takes `presignMs`, and URLs are valid for `lifetimeSeconds`. */
function setup({ count = 10, presignMs = 0, lifetimeSeconds = 3_600 } = {}) {
  const clock = standingClock()
  const requested: number[] = []
  const controller = new AbortController()
  const urls = createPartUrls({
    missing: Array.from({ length: count }, (_, index) => index + 1),
    presign(number) {
      requested.push(number)
      const url = `https://storage.example/k?partNumber=${number}&X-Amz-Expires=${lifetimeSeconds}`
      return new Promise<Result<UploadTarget>>((resolve) =>
        clock.timers.after(presignMs, () =>
          resolve(success({ url, headers: {}, allowsLocalAddress: false })),
        ),
      )
    },
    environment: createTestEnvironment(clock),
    signal: controller.signal,
  })
  async function advance(ms: number) {
    clock.advance(ms)
    await settled()
  }
  /** Sends a part in `seconds` at an even speed; returns how long it waited for its URL, in ms. */
  async function send(number: number, seconds: number): Promise<number> {
    const fromMs = clock.now()
    const answers: unknown[] = []
    void urls.get(number).then((url) => answers.push(url))
    await advance(0)
    while (answers.length === 0) await advance(10)
    const waitedMs = clock.now() - fromMs
    const observer = urls.partStarted(partBytes)
    for (let step = 1; step <= 100; step += 1) {
      await advance(seconds * 10)
      observer.progressed(step)
    }
    observer.finished()
    return waitedMs
  }
  return { urls, clock, requested, controller, advance, send }
}

test('only the first part waits for its URL, however slow presigning is', async () => {
  const { send } = setup({ presignMs: 200 })
  const waits: number[] = []
  for (let number = 1; number <= 6; number += 1) waits.push(await send(number, 20))
  expect(waits).toEqual([200, 0, 0, 0, 0, 0])
})

test('presigns each part once although URLs expire sooner than a part ends', async () => {
  const { send, requested } = setup({ presignMs: 200, lifetimeSeconds: 15 })
  for (let number = 1; number <= 5; number += 1) await send(number, 60)
  // The duration of a part is unknown during the first one, so the second URL was requested too early.
  expect(requested).toEqual([1, 2, 2, 3, 4, 5, 6])
})

/** Starts the second part after a first one of so many milliseconds; each URL is requested in 300 ms. */
async function startSecondPart(firstPartMs: number) {
  const { urls, requested, advance } = setup({ presignMs: 300 })
  void urls.get(1)
  await advance(300)
  const first = urls.partStarted(partBytes)
  await advance(300)
  await advance(firstPartMs - 300)
  first.finished()
  void urls.get(2)
  await advance(0)
  return { second: urls.partStarted(partBytes), requested, advance }
}

test.each([
  [800, [1, 2, 3]],
  [801, [1, 2]],
])('after a part of %i ms, it requests URLs at the start of the next part: %j', async (ms, expected) => {
  const { requested } = await startSecondPart(ms)
  expect(requested).toEqual(expected)
})

test('requests a URL again that could not be prefetched', async () => {
  const answers = [success(target(1)), failed(failure('server-trouble', { status: 500 })), success(target(2))]
  const urls = createPartUrls({
    missing: [1, 2],
    presign: async () => answers.shift() ?? failed(failure('unexpected')),
    environment: createTestEnvironment(standingClock()),
    signal: new AbortController().signal,
  })
  await urls.get(1)
  urls.partStarted(partBytes)
  expect(await urls.get(2)).toEqual(success(target(2)))
})

test.each([failure('rate-limited'), failure('server-trouble', { status: 503 }, { retryAfterMs: 9_000 })])(
  'returns $code of a prefetched URL when the server asks to wait',
  async (reason) => {
    const answers = [success(target(1)), failed(reason)]
    const urls = createPartUrls({
      missing: [1, 2],
      presign: async () => answers.shift() ?? success(target(2)),
      environment: createTestEnvironment(standingClock()),
      signal: new AbortController().signal,
    })
    await urls.get(1)
    urls.partStarted(partBytes)
    expect(await urls.get(2)).toEqual(failed(reason))
    expect(await urls.get(2)).toEqual(success(target(2)))
  },
)

test('prefetches the URL of the first missing part after those that were requested', async () => {
  const { urls, requested, advance } = setup()
  void urls.get(3)
  await advance(100)
  urls.partStarted(partBytes)
  expect(requested).toEqual([3, 4])
})
