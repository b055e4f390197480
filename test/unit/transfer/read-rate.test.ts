import { expect, test } from 'vitest'
import { createReadRate, hashingEnd, sendingEnd } from '../../../electron/transfer/read-rate.ts'

const never = () => false
const windowBlocks = 64

/** Takes blocks until the pace makes it wait; answers how many, and the take that waits. */
async function takeAll(end: ReturnType<typeof sendingEnd>, isOver = never) {
  for (let taken = 0; ; taken += 1) {
    const take = end.take(isOver).then(() => 'taken')
    const first = await Promise.race([take, Promise.resolve().then(() => Promise.resolve('waiting'))])
    if (first === 'waiting') return { taken, take }
  }
}

test('sends a window of blocks ahead of the hash and then one for each that is hashed', async () => {
  const pace = createReadRate()
  const hash = hashingEnd(pace)
  const { taken, take } = await takeAll(sendingEnd(pace))
  expect(taken).toBe(windowBlocks)
  hash.hashed()
  expect(await take).toBe('taken')
})

test('shares the window among the parts of a file', async () => {
  const pace = createReadRate()
  await takeAll(sendingEnd(pace), never).then(({ taken }) => expect(taken).toBe(windowBlocks))
  expect((await takeAll(sendingEnd(pace), () => false)).taken).toBe(0)
  hashingEnd(pace).over()
})

test('nobody waits once the hash is over', async () => {
  const pace = createReadRate()
  const { take } = await takeAll(sendingEnd(pace))
  hashingEnd(pace).over()
  expect(await take).toBe('taken')
})

test('where nothing has moved for two seconds the window is opened anew: a dead thread gives nothing back', async () => {
  const pace = createReadRate()
  let nowMs = 0
  const end = sendingEnd(pace, () => nowMs)
  const { take } = await takeAll(end)
  nowMs = 2_000
  expect(await take).toBe('taken')
  expect((await takeAll(end)).taken).toBe(windowBlocks - 1)
  hashingEnd(pace).over()
})

test('a PUT that fails gives back what it took, since that is sent again', async () => {
  const pace = createReadRate()
  const failing = sendingEnd(pace)
  let over = false
  const { take } = await takeAll(failing, () => over)
  over = true
  await take
  failing.giveBack()
  expect((await takeAll(sendingEnd(pace))).taken).toBe(windowBlocks)
  hashingEnd(pace).over()
})
