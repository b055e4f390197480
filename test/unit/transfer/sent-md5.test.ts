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
  }
}

test('returns the MD5 of all bytes in order', () => {
  const md5 = setup().factory.start()
  md5.add(bytes.subarray(0, 7))
  md5.add(bytes.subarray(7))
  expect(md5.hex()).toBe(createHash('md5').update(bytes).digest('hex'))
})

test('skips the MD5 of running and new PUTs above 100 MB/s', () => {
  const { factory, send } = setup()
  const first = factory.start()
  send(first, 8, 20)
  first.add(bytes)
  expect([first.hex(), factory.start().hex()]).toEqual([null, null])
})
