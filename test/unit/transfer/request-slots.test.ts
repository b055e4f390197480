import { expect, test } from 'vitest'
import {
  createRequestSlots,
  type RequestSlot,
  type RequestSlots,
} from '../../../electron/transfer/request-slots.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'

const forever = new AbortController().signal
const createSlots = (maximum: number) =>
  createRequestSlots({ environment: createTestEnvironment(standingClock()), maximum })

/** Requests a slot for each of `files`, in that order, and keeps which of them got one. */
function requestFor(
  requestSlots: RequestSlots,
  files: readonly string[],
  prioritised: readonly string[] = [],
) {
  const granted: string[] = []
  const slots: RequestSlot[] = []
  for (const file of files) {
    const requester = { file, isFirst: () => prioritised.includes(file) }
    void requestSlots
      .forFile(requester)
      .acquire(forever)
      .then((slot) => {
        granted.push(file)
        slots.push(slot)
      })
  }
  return { granted, slots }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('grants slots to the file with the fewest, then to the one that waited longest', async () => {
  const requestSlots = createSlots(3)
  const { granted, slots } = requestFor(requestSlots, ['a', 'a', 'a', 'a', 'b', 'c', 'b'])
  await settled()
  expect(granted).toEqual(['a', 'a', 'a'])
  for (const index of [0, 1, 2, 3]) {
    slots[index]?.release()
    await settled()
  }
  expect(granted.slice(3)).toEqual(['b', 'c', 'a', 'b'])
})

test('grants the next slot to a prioritised file', async () => {
  const requestSlots = createSlots(1)
  const prioritised: string[] = []
  const { granted, slots } = requestFor(requestSlots, ['a', 'b', 'c', 'c'], prioritised)
  await settled()
  prioritised.push('c')
  for (const index of [0, 1, 2]) {
    slots[index]?.release()
    await settled()
  }
  expect(granted).toEqual(['a', 'c', 'c', 'b'])
})

test('an aborted wait takes no slot, and releasing a slot twice counts once', async () => {
  const requestSlots = createSlots(1)
  const { slots } = requestFor(requestSlots, ['a'])
  const leaving = new AbortController()
  const gone = requestSlots.forFile({ file: 'b', isFirst: () => false }).acquire(leaving.signal)
  const next = requestFor(requestSlots, ['c', 'd'])
  leaving.abort(new Error('left'))
  await expect(gone).rejects.toThrow('left')
  slots[0]?.release()
  slots[0]?.release()
  await settled()
  expect([next.granted, requestSlots.inUse]).toEqual([['c'], 1])
})

test('a lower maximum cancels no running request', async () => {
  const requestSlots = createSlots(2)
  const { granted, slots } = requestFor(requestSlots, ['a', 'b', 'c', 'd'])
  await settled()
  requestSlots.setMaximum(1)
  expect([requestSlots.limit, requestSlots.inUse]).toEqual([1, 2])
  slots[0]?.release()
  await settled()
  expect(granted).toEqual(['a', 'b'])
  slots[1]?.release()
  await settled()
  expect(granted).toEqual(['a', 'b', 'c'])
})
