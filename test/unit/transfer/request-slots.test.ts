import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import {
  createRequestSlots,
  maxConcurrency,
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
  return { granted, slots, turns }
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

test('rejects, and does not throw, when it is already aborted', async () => {
  const slots = createSlots(1).forFile({ file: 'a', isFirst: () => false, isSmall: false })
  const aborted = slots.acquire({ sizeBytes: 1 }, AbortSignal.abort(new Error('left')))
  await expect(aborted).rejects.toThrow('left')
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

test('begins with one large part while the rate is unknown', async () => {
  const large = { file: 'a', sizeBytes: largeBytes }
  const { granted } = requestFor(createSlots(64), [large, large, { ...large, file: 'b' }])
  await settled()
  expect(granted).toEqual(['a'])
})

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

test('starts one part of a prioritised file while a large part uses the connection', async () => {
  const large = { sizeBytes: largeBytes }
  const { granted } = requestFor(
    createSlots(64),
    [
      { file: 'a', ...large },
      { file: 'b', ...large },
      { file: 'c', ...large },
      { file: 'c', ...large },
    ],
    ['c'],
  )
  await settled()
  expect(granted).toEqual(['a', 'c'])
})

test('starts no small file beyond the maximum', async () => {
  const small = { file: 'b', sizeBytes: 5_000_000, isSmall: true }
  const { granted } = requestFor(createSlots(1), [{ file: 'a', sizeBytes: largeBytes }, small])
  await settled()
  expect(granted).toEqual(['a'])
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

test('reports which files wait for their turn', async () => {
  const { slots, turns } = requestFor(createSlots(1), ['a', 'a', 'b'])
  await settled()
  expect(turns).toEqual(['b waits'])
  for (const index of [0, 1]) {
    slots[index]?.release()
    await settled()
  }
  expect(turns).toEqual(['b waits', 'b sends or is gone'])
})

test('an aborted wait no longer counts as waiting for its turn', async () => {
  const requestSlots = createSlots(1)
  requestFor(requestSlots, ['a'])
  const turns: boolean[] = []
  const leaving = new AbortController()
  const gone = requestSlots
    .forFile({ file: 'b', isFirst: () => false, isSmall: false, onTurnChange: (waits) => turns.push(waits) })
    .acquire({ sizeBytes: 1 }, leaving.signal)
  leaving.abort(new Error('left'))
  await expect(gone).rejects.toThrow('left')
  expect(turns).toEqual([true, false])
})

test('an abort after a slot was granted keeps the slot', async () => {
  const requestSlots = createSlots(1)
  const abort = new AbortController()
  const slot = await requestSlots
    .forFile({ file: 'a', isFirst: () => false, isSmall: false })
    .acquire({ sizeBytes: 1 }, abort.signal)
  expect(getEventListeners(abort.signal, 'abort')).toEqual([])
  abort.abort()
  expect(requestSlots.inUse).toBe(1)
  slot.release()
  expect(requestSlots.inUse).toBe(0)
})

test('a small file starts at once when a higher maximum allows it', async () => {
  const requestSlots = createSlots(1)
  const small = { file: 'b', sizeBytes: 5_000_000, isSmall: true }
  const { granted } = requestFor(requestSlots, [{ file: 'a', sizeBytes: largeBytes }, small])
  await settled()
  requestSlots.setMaximum(2)
  await settled()
  expect(granted).toEqual(['a', 'b'])
})

test('at least one PUT may always run', async () => {
  const requestSlots = createSlots(1)
  requestSlots.setMaximum(0)
  const { granted } = requestFor(requestSlots, ['a'])
  await settled()
  expect([granted, requestSlots.limit]).toEqual([['a'], 1])
})

test('grants nothing to waiting files after it was closed', async () => {
  const requestSlots = createSlots(1)
  const { granted, slots } = requestFor(requestSlots, ['a', 'b'])
  await settled()
  requestSlots.close()
  slots[0]?.release()
  await settled()
  expect(granted).toEqual(['a'])
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

test('starts a fixed number of large parts whatever that puts at stake', async () => {
  const environment = createTestEnvironment(standingClock())
  const requestSlots = createRequestSlots({ environment, initial: 3 })
  const { granted } = requestFor(requestSlots, Array(4).fill({ file: 'a', sizeBytes: largeBytes }))
  await settled()
  expect(granted).toHaveLength(3)
})

/**
 * Sends large parts at so many bytes per millisecond, together, for so many seconds. Each is sent a second time
 * when half of it was sent.
 */
async function sendLargeParts(bytesPerMs: number, seconds: number, latencyMs = 50) {
  const clock = standingClock()
  const requestSlots = createRequestSlots({ environment: createTestEnvironment(clock) })
  const running: { readonly slot: RequestSlot; sentBytes: number; isRepeated: boolean }[] = []
  const begin = () =>
    void requestSlots
      .forFile({ file: 'a', isFirst: () => false, isSmall: false })
      .acquire({ sizeBytes: largeBytes }, forever)
      .then((slot) => {
        running.push({ slot, sentBytes: 0, isRepeated: false })
        begin()
      })
  begin()
  await settled()
  const limits: number[] = []
  for (let count = 0; count < seconds * 10; count += 1) {
    clock.advance(100)
    for (const put of [...running]) {
      put.sentBytes += (bytesPerMs * 100) / running.length
      if (put.sentBytes > largeBytes / 2 && !put.isRepeated)
        Object.assign(put, { sentBytes: 1, isRepeated: true })
      put.slot.recordFlushed(Math.min(put.sentBytes, largeBytes))
      put.slot.recordLatency('storage', count < 20 ? 50 : latencyMs)
      if (put.sentBytes < largeBytes) continue
      running.splice(running.indexOf(put), 1)
      put.slot.release()
    }
    await settled()
    limits.push(requestSlots.limit)
  }
  return limits
}

test('sends at most two parts at a time on a slow connection, and more on a fast one', async () => {
  expect(Math.max(...(await sendLargeParts(1_000, 60)))).toBeLessThanOrEqual(2)
  expect(Math.max(...(await sendLargeParts(50_000, 30)))).toBeGreaterThanOrEqual(4)
})

test('uses fewer requests on a connection whose latency has risen', async () => {
  const last = async (latencyMs: number) => (await sendLargeParts(50_000, 12, latencyMs)).at(-1) ?? 0
  expect(await last(500)).toBeLessThan(await last(50))
})

/** The limit after 20 s of so many parts that are each sent at 30 MB/s; after 5 s the clock is set. */
async function limitAfterClockIsSet(byMs: number, partCount = 64): Promise<number> {
  const clock = standingClock()
  const requestSlots = createRequestSlots({ environment: createTestEnvironment(clock) })
  const part = { file: 'a', sizeBytes: 1_000_000_000 }
  const { slots } = requestFor(requestSlots, Array<Request>(partCount).fill(part))
  await settled()
  const flushedBytes: number[] = []
  for (let tenths = 1; tenths <= 200; tenths += 1) {
    clock.advance(100)
    for (const [index, slot] of slots.entries()) {
      flushedBytes[index] = (flushedBytes[index] ?? 0) + 3_000_000
      slot.recordFlushed(flushedBytes[index])
    }
    if (tenths === 50) clock.advance(byMs)
    await settled()
  }
  return requestSlots.limit
}

test('finds the same limit when the clock is set back while files are sent', async () => {
  const limit = await limitAfterClockIsSet(0)
  expect([limit, await limitAfterClockIsSet(-3_600_000)]).toEqual([maxConcurrency, limit])
})

test('allows more requests only while parts wait for one', async () => {
  expect([await limitAfterClockIsSet(0, 4), await limitAfterClockIsSet(0, 5)]).toEqual([4, 8])
})
