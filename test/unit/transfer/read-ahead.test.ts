import { expect, test } from 'vitest'
import { createReadAhead, hashingReadAhead, sendingReadAhead } from '../../../electron/transfer/read-ahead.ts'

const never = () => false
const windowBlocks = 64

/** Acquires blocks until it has to wait; returns their number, and the pending acquisition. */
async function acquireAll(sending: ReturnType<typeof sendingReadAhead>, isOver = never) {
  for (let acquired = 0; ; acquired += 1) {
    const pending = sending.acquireBlock(isOver).then(() => 'acquired')
    const first = await Promise.race([pending, Promise.resolve().then(() => Promise.resolve('waiting'))])
    if (first === 'waiting') return { acquired, pending }
  }
}

test('allows a window of blocks ahead of the hash, then one for each hashed block', async () => {
  const readAhead = createReadAhead()
  const hash = hashingReadAhead(readAhead)
  const { acquired, pending } = await acquireAll(sendingReadAhead(readAhead))
  expect(acquired).toBe(windowBlocks)
  hash.blockHashed()
  expect(await pending).toBe('acquired')
})

test('resets the window after a standstill of two seconds, as after a dead thread', async () => {
  const readAhead = createReadAhead()
  let nowMs = 0
  const sending = sendingReadAhead(readAhead, () => nowMs)
  const { pending } = await acquireAll(sending)
  nowMs = 2_000
  expect(await pending).toBe('acquired')
  expect((await acquireAll(sending)).acquired).toBe(windowBlocks - 1)
  hashingReadAhead(readAhead).ended()
})

test('a failed PUT releases the blocks that it acquired', async () => {
  const readAhead = createReadAhead()
  const failing = sendingReadAhead(readAhead)
  let isOver = false
  const { pending } = await acquireAll(failing, () => isOver)
  isOver = true
  await pending
  failing.releaseBlocks()
  expect((await acquireAll(sendingReadAhead(readAhead))).acquired).toBe(windowBlocks)
  hashingReadAhead(readAhead).ended()
})
