import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSentMd5s, type SentMd5 } from '../../../electron/transfer/sent-md5.ts'

const mebibyte = 1024 * 1024
const bytes = Buffer.from('the bytes of a model')

function setup() {
  let nowMs = 5_000
  const md5s = createSentMd5s(() => nowMs)
  return {
    md5s,
    /** Lets the system take so many mebibytes of a PUT in so many milliseconds. */
    move(md5: SentMd5, mebibytes: number, ms: number) {
      nowMs += ms
      md5.moved(mebibytes * mebibyte)
    },
    wait: (ms: number) => void (nowMs += ms),
  }
}

test('the MD5 is that of all bytes in their order', () => {
  const md5 = setup().md5s.begin()
  md5.add(bytes.subarray(0, 7))
  md5.add(bytes.subarray(7))
  expect(md5.hex()).toBe(createHash('md5').update(bytes).digest('hex'))
})

test('on a line of 90 MB/s it is worked out to the end', () => {
  const { md5s, move } = setup()
  const md5 = md5s.begin()
  for (let block = 0; block < 40; block += 1) {
    md5.add(bytes)
    move(md5, 1, 12)
  }
  expect(md5.hex()).not.toBeNull()
})

test('once the thread sends more than 100 MB a second, a running PUT gives it up and the next does not begin', () => {
  const { md5s, move } = setup()
  const first = md5s.begin()
  move(first, 8, 20)
  first.add(bytes)
  expect([first.hex(), md5s.begin().hex()]).toEqual([null, null])
})

test('when the line has become slow, the next PUT has it again', () => {
  const { md5s, move } = setup()
  const fast = md5s.begin()
  move(fast, 8, 20)
  move(fast, 8, 2_000)
  const next = md5s.begin()
  next.add(bytes)
  expect(next.hex()).not.toBeNull()
})

test('what a socket takes at once without sending it is no speed', () => {
  const { md5s, move } = setup()
  const md5 = md5s.begin()
  move(md5, 4, 1)
  md5.add(bytes)
  expect(md5.hex()).not.toBeNull()
})

test('time in which nothing was sent does not make a fast line slow', () => {
  const { md5s, move, wait } = setup()
  for (let file = 0; file < 4; file += 1) {
    const md5 = md5s.begin()
    move(md5, 4, 10)
    md5.end()
    wait(60_000)
  }
  expect(md5s.begin().hex()).toBeNull()
})
