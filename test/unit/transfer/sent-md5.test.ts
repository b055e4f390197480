import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSentMd5Factory, type SentMd5 } from '../../../electron/transfer/sent-md5.ts'

const mebibyte = 1024 * 1024
const bytes = Buffer.from('the bytes of a model')

function setup() {
  let nowMs = 5_000
  const factory = createSentMd5Factory(() => nowMs)
  return {
    factory,
    /** Sends so many mebibytes of a PUT in so many milliseconds. */
    send(md5: SentMd5, mebibytes: number, ms: number) {
      nowMs += ms
      md5.recordSent(mebibytes * mebibyte)
    },
    wait: (ms: number) => void (nowMs += ms),
  }
}

test('returns the MD5 of all bytes in order', () => {
  const md5 = setup().factory.start()
  md5.add(bytes.subarray(0, 7))
  md5.add(bytes.subarray(7))
  expect(md5.hex()).toBe(createHash('md5').update(bytes).digest('hex'))
})

test('computes the MD5 at 90 MB/s', () => {
  const { factory, send } = setup()
  const md5 = factory.start()
  for (let block = 0; block < 40; block += 1) {
    md5.add(bytes)
    send(md5, 1, 12)
  }
  expect(md5.hex()).not.toBeNull()
})

test('skips the MD5 of running and new PUTs above 100 MB/s', () => {
  const { factory, send } = setup()
  const first = factory.start()
  send(first, 8, 20)
  first.add(bytes)
  expect([first.hex(), factory.start().hex()]).toEqual([null, null])
})

test('computes the MD5 again once the connection is slow', () => {
  const { factory, send } = setup()
  const fast = factory.start()
  send(fast, 8, 20)
  send(fast, 8, 2_000)
  const next = factory.start()
  next.add(bytes)
  expect(next.hex()).not.toBeNull()
})

test.each([
  [1_000_000_000, true],
  [1_000_000_001, false],
])('with %i bytes in 10 s, it computes the MD5 of the next PUT: %s', (sentBytes, isComputed) => {
  const { factory, wait } = setup()
  const md5 = factory.start()
  wait(10_000)
  md5.recordSent(sentBytes)
  expect(factory.start().hex() !== null).toBe(isComputed)
})

test.each([
  [8 * mebibyte - 1, true],
  [8 * mebibyte, false],
])('after %i bytes at once, it computes the MD5 of the next PUT: %s', (sentBytes, isComputed) => {
  const { factory } = setup()
  const md5 = factory.start()
  md5.recordSent(sentBytes - 1)
  md5.recordSent(1)
  expect(factory.start().hex() !== null).toBe(isComputed)
})

test('counts the time during which another PUT runs', () => {
  const { factory, send, wait } = setup()
  const [first, second] = [factory.start(), factory.start()]
  send(first, 4, 10)
  first.finish()
  wait(1_000)
  const third = factory.start()
  send(second, 4, 10)
  third.add(bytes)
  expect(third.hex()).not.toBeNull()
})

test('ignores the burst that a socket buffers at once', () => {
  const { factory, send } = setup()
  const md5 = factory.start()
  send(md5, 4, 1)
  md5.add(bytes)
  expect(md5.hex()).not.toBeNull()
})

test('excludes idle time from the measured speed', () => {
  const { factory, send, wait } = setup()
  for (let file = 0; file < 4; file += 1) {
    const md5 = factory.start()
    send(md5, 4, 10)
    md5.finish()
    wait(60_000)
  }
  expect(factory.start().hex()).toBeNull()
})
