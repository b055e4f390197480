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

interface Request {
  readonly file: string
  readonly sizeBytes?: number
  readonly isInterrupted?: boolean
  readonly isSmall?: boolean
}

/** Requests a slot for each of `requests`, in that order, and keeps which of them got one. */
function requestFor(
  requestSlots: RequestSlots,
  requests: readonly (string | Request)[],
  prioritised: readonly string[] = [],
) {
  const granted: string[] = []
  const slots: RequestSlot[] = []
  const turns: string[] = []
  for (const request of requests) {
    const {
      file,
      sizeBytes = 1_000_000,
      isInterrupted = false,
      isSmall = false,
    }: Request = typeof request === 'string' ? { file: request } : request
    const onTurnChange = (waitsForTurn: boolean) =>
      turns.push(`${file} ${waitsForTurn ? 'waits' : 'sends or is gone'}`)
    const requester = { file, isFirst: () => prioritised.includes(file), isSmall, onTurnChange }
    void requestSlots
      .forFile(requester)
      .acquire({ sizeBytes, isInterrupted }, forever)
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
  const gone = requestSlots
    .forFile({ file: 'b', isFirst: () => false, isSmall: false })
    .acquire({ sizeBytes: 1_000_000 }, leaving.signal)
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

const largeBytes = 100_000_000

test('starts two small files at once while a large part uses the connection, and no third one', async () => {
  const small = { sizeBytes: 5_000_000, isSmall: true }
  const { granted, slots } = requestFor(createSlots(64), [
    { file: 'a', sizeBytes: largeBytes },
    { file: 'a', sizeBytes: largeBytes },
    { file: 'b', ...small },
    { file: 'c', ...small },
    { file: 'd', ...small },
  ])
  await settled()
  expect(granted).toEqual(['a', 'b', 'c'])
  slots[1]?.release()
  await settled()
  expect(granted).toEqual(['a', 'b', 'c', 'd'])
})

test('grants slots to interrupted parts first', async () => {
  const { granted, slots } = requestFor(createSlots(1), [
    'a',
    'b',
    { file: 'c', isInterrupted: true },
    { file: 'c', isInterrupted: true },
  ])
  for (const index of [0, 1, 2, 3]) {
    await settled()
    slots[index]?.release()
  }
  expect(granted).toEqual(['a', 'c', 'c', 'b'])
})

test('sends one file after the other while only one part may run', async () => {
  const large = { sizeBytes: largeBytes }
  const requests = ['a', 'a', 'b', 'b', 'a', 'b'].map((file) => ({ file, ...large }))
  const { granted, slots } = requestFor(createSlots(64), requests)
  for (const index of requests.keys()) {
    await settled()
    slots[index]?.release()
  }
  expect(granted).toEqual(['a', 'a', 'a', 'b', 'b', 'b'])
})

test('starts the next part while the one before waits for its response, and no more', async () => {
  const large = { file: 'a', sizeBytes: largeBytes }
  const { granted, slots } = requestFor(createSlots(64), [large, large, large])
  await settled()
  slots[0]?.recordFlushed(largeBytes - 1)
  await settled()
  expect(granted).toHaveLength(1)
  slots[0]?.recordFlushed(largeBytes)
  await settled()
  expect(granted).toHaveLength(2)
  slots[1]?.recordFlushed(largeBytes)
  await settled()
  expect(granted).toHaveLength(2)
})

test('halves the number of PUTs when one reports congestion', async () => {
  const requestSlots = createSlots(64)
  const { slots } = requestFor(requestSlots, ['a'])
  await settled()
  expect(requestSlots.limit).toBe(4)
  slots[0]?.reportCongestion()
  expect(requestSlots.limit).toBe(2)
})

test.each([
  [null, 4],
  [1_000_000, 1],
])(
  'under a limit of %s bytes per second it starts %i parts that would take 10 s alone',
  async (limit, count) => {
    const environment = createTestEnvironment(standingClock())
    const requestSlots = createRequestSlots({ environment, limitBytesPerSecond: () => limit })
    const { granted } = requestFor(requestSlots, Array(4).fill({ file: 'a', sizeBytes: 10_000_000 }))
    await settled()
    expect(granted).toHaveLength(count)
  },
)
