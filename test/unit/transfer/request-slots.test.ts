import { expect, test } from 'vitest'
import {
  createRequestSlots,
  type RequestSlot,
  type RequestSlots,
} from '../../../electron/transfer/request-slots.ts'
import { standingClock, testPorts } from '../../support/hand-clock.ts'

const forever = new AbortController().signal
const open = (most: number) => createRequestSlots({ environment: testPorts(standingClock()), most })

/** Asks for a stream for each of `files`, in that order, and keeps who got one. */
function queueUp(requestSlots: RequestSlots, files: readonly string[], firsts: readonly string[] = []) {
  const given: string[] = []
  const held: RequestSlot[] = []
  for (const file of files) {
    const turn = { file, first: () => firsts.includes(file) }
    void requestSlots
      .of(turn)
      .acquire(forever)
      .then((stream) => {
        given.push(file)
        held.push(stream)
      })
  }
  return { given, held }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('streams go to the file that has the fewest, then to the one that has waited longest', async () => {
  const requestSlots = open(3)
  const { given, held } = queueUp(requestSlots, ['a', 'a', 'a', 'a', 'b', 'c', 'b'])
  await settled()
  expect(given).toEqual(['a', 'a', 'a'])
  for (const index of [0, 1, 2, 3]) {
    held[index]?.release()
    await settled()
  }
  expect(given.slice(3)).toEqual(['b', 'c', 'a', 'b'])
})

test('a file that goes first gets the next stream, whoever waited before', async () => {
  const requestSlots = open(1)
  const firsts: string[] = []
  const { given, held } = queueUp(requestSlots, ['a', 'b', 'c', 'c'], firsts)
  await settled()
  firsts.push('c')
  for (const index of [0, 1, 2]) {
    held[index]?.release()
    await settled()
  }
  expect(given).toEqual(['a', 'c', 'c', 'b'])
})

test('an aborted wait takes no place, and a stream that is given back twice counts once', async () => {
  const requestSlots = open(1)
  const { held } = queueUp(requestSlots, ['a'])
  const leaving = new AbortController()
  const gone = requestSlots.of({ file: 'b', first: () => false }).acquire(leaving.signal)
  const next = queueUp(requestSlots, ['c', 'd'])
  leaving.abort(new Error('left'))
  await expect(gone).rejects.toThrow('left')
  held[0]?.release()
  held[0]?.release()
  await settled()
  expect([next.given, requestSlots.inUse]).toEqual([['c'], 1])
})

test('a higher bound lets more run at once, a lower one cuts nothing', async () => {
  const requestSlots = open(2)
  const { given, held } = queueUp(requestSlots, ['a', 'b', 'c', 'd'])
  await settled()
  requestSlots.setMost(1)
  expect([requestSlots.limit, requestSlots.inUse]).toEqual([1, 2])
  held[0]?.release()
  await settled()
  expect(given).toEqual(['a', 'b'])
  held[1]?.release()
  await settled()
  expect(given).toEqual(['a', 'b', 'c'])
})
