import { expect, test } from 'vitest'
import { failure } from '../../../../electron/contract/failures.ts'
import type { LogEvent } from '../../../../electron/contract/upload-log.ts'
import {
  appendToLog,
  emptyLog,
  loggedFailure,
  maxLogBytes,
  parseLog,
  serializeLog,
  type LogItem,
  type Transfer,
} from '../../../../electron/journal/upload-log/upload-log.ts'

const minuteMs = 60_000
const weekMs = 7 * 24 * 60 * minuteMs

const event = (name: LogEvent['event'], atMs: number, more: Partial<LogEvent> = {}): LogItem => ({
  kind: 'event',
  event: { event: name, atMs, ...more },
})
const because = (code: 'offline' | 'storage-busy' | 'server-trouble') => ({
  failure: loggedFailure(failure(code)),
})
const transfer = (change: Partial<Transfer> = {}): LogItem => ({
  kind: 'transfer',
  transfer: {
    sentBytes: 0,
    acknowledgedBytes: 0,
    sendingMs: 0,
    interruptedParts: 0,
    unconfirmedBytes: 0,
    ...change,
  },
})

test('adds what was sent to the phase in which it was sent', () => {
  const sent = transfer({ sentBytes: 50, acknowledgedBytes: 40, sendingMs: 10_000 })
  const { events, speed } = appendToLog(emptyLog, [event('sending', 1), sent, sent, event('finishing', 9)])
  expect(events).toEqual([
    { event: 'sending', atMs: 1, sentBytes: 100, acknowledgedBytes: 80, sendingMs: 20_000 },
    { event: 'finishing', atMs: 9 },
  ])
  expect(speed).toEqual([
    { durationMs: 10_000, bytes: 50 },
    { durationMs: 10_000, bytes: 50 },
  ])
})

test('a run after a pause is recorded as resumed', () => {
  const { events } = appendToLog(emptyLog, [event('paused', 1, { reason: 'battery' }), event('checking', 5)])
  expect(events).toMatchObject([{ event: 'paused' }, { event: 'resumed', atMs: 5 }, { event: 'checking' }])
})

test('combines the same failure again and again if nothing was acknowledged in between', () => {
  const attempt = (atMs: number) => [
    event('checking', atMs),
    event('sending', atMs),
    transfer({ sentBytes: 10, sendingMs: 5, interruptedParts: 1, unconfirmedBytes: 10 }),
    event('retrying', atMs + 5, { ...because('storage-busy'), retryAtMs: atMs + 9 }),
  ]
  const { events } = appendToLog(emptyLog, [...attempt(100), ...attempt(200), ...attempt(300)])
  expect(events.map((one) => one.event)).toEqual(['checking', 'sending', 'retrying'])
  expect(events.at(-1)).toMatchObject({
    count: 3,
    atMs: 105,
    lastAtMs: 305,
    retryAtMs: 309,
    interruptedParts: 2,
    unconfirmedBytes: 20,
  })
})

test('keeps failures apart when bytes were acknowledged in between or the reason changed', () => {
  const { events } = appendToLog(emptyLog, [
    event('retrying', 1, because('storage-busy')),
    event('checking', 2),
    event('sending', 3),
    transfer({ acknowledgedBytes: 7, sentBytes: 7, sendingMs: 1 }),
    event('retrying', 4, because('storage-busy')),
    event('checking', 5),
    event('retrying', 6, because('server-trouble')),
  ])
  expect(events.filter((one) => one.event === 'retrying')).toHaveLength(3)
})

test('a retry that waits for the connection is a pause, and a long wait is one event', () => {
  const items = Array.from({ length: 500 }, (_, index): LogItem[] => [
    event('checking', index * minuteMs),
    event('retrying', index * minuteMs + 1, { ...because('offline'), retryAtMs: 9 }),
    { kind: 'offline' },
  ]).flat()
  const { events } = appendToLog(emptyLog, items)
  expect(events).toMatchObject([
    { event: 'checking' },
    { event: 'paused', reason: 'offline', count: 500, lastAtMs: 499 * minuteMs + 1 },
  ])
})

test('a log that fails for a week stays below its limit and keeps its sums, its start and its end', () => {
  let log = emptyLog
  let attempts = 0
  for (let atMs = 0; atMs < weekMs; atMs += minuteMs) {
    attempts += 1
    const code = attempts % 2 === 0 ? 'storage-busy' : 'server-trouble'
    log = appendToLog(log, [
      event('checking', atMs),
      event('sending', atMs + 1),
      transfer({ sentBytes: 5, acknowledgedBytes: 1, sendingMs: 1_000, unconfirmedBytes: 4 }),
      event('retrying', atMs + 2_000, { ...because(code), retryAtMs: atMs + 60_000 }),
    ])
  }
  const text = serializeLog(log)
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxLogBytes)
  const { events, speed } = parseLog(text)
  const sum = (of: (one: LogEvent) => number | undefined) =>
    events.reduce((total, one) => total + (of(one) ?? 0), 0)
  const retries = sum((one) => one.retries ?? (one.event === 'retrying' ? (one.count ?? 1) : 0))
  expect([attempts, retries, sum(({ sentBytes }) => sentBytes)]).toEqual([10_080, 10_080, 50_400])
  expect(sum(({ unconfirmedBytes }) => unconfirmedBytes)).toBe(4 * attempts)
  expect([events[0], events.at(-1)]).toMatchObject([
    { event: 'checking', atMs: 0 },
    { event: 'retrying', atMs: weekMs - minuteMs + 2_000 },
  ])
  const omitted = events.filter((one) => one.event === 'omitted')
  expect(omitted).toHaveLength(1)
  expect((omitted[0]?.count ?? 0) + events.length - 1).toBe(3 * attempts)
  expect(speed.reduce((total, { bytes }) => total + bytes, 0)).toBe(50_400)
  expect(speed.length).toBeLessThanOrEqual(60)
})

test('a log of exactly 24,000 bytes is stored as it is, and a longer one is shortened', () => {
  const withDetail = (length: number) =>
    appendToLog(
      emptyLog,
      Array.from({ length: 4 }, (_, index) =>
        event('failed', index, {
          failure: { code: 'storage-trouble', params: {}, detail: 'x'.repeat(index === 0 ? length : 1) },
        }),
      ),
    )
  const emptyBytes = Buffer.byteLength(serializeLog(withDetail(0)))
  const stored = [24_000, 24_001].map((bytes) => serializeLog(withDetail(bytes - emptyBytes)))
  expect(stored.map((text) => parseLog(text).events.length)).toEqual([4, 3])
  expect(Buffer.byteLength(stored[0] ?? '')).toBe(24_000)
})

test('a log of two events is stored whatever its length', () => {
  const long = event('failed', 1, {
    failure: { code: 'storage-trouble', params: {}, detail: 'x'.repeat(30_000) },
  })
  const lengths = [1, 2, 3].map(
    (count) => parseLog(serializeLog(appendToLog(emptyLog, Array<LogItem>(count).fill(long)))).events.length,
  )
  expect(lengths).toEqual([1, 2, 2])
})

test('long texts of a server do not exceed the limit', () => {
  const long = { code: 'server-trouble', params: {}, serverMessage: '長'.repeat(200) } as const
  const items = Array.from({ length: 200 }, (_, index) =>
    event('retrying', index, { failure: { ...long, code: index % 2 ? 'storage-busy' : 'server-trouble' } }),
  )
  const text = serializeLog(appendToLog(emptyLog, items))
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxLogBytes)
  expect(parseLog(text).events.length).toBeGreaterThan(20)
})

const names = (items: readonly LogItem[]) => appendToLog(emptyLog, items).events.map((one) => one.event)

test('combines only failures with an attempt between them that lost nothing and are not final', () => {
  const busy = because('storage-busy')
  const retries = (between: readonly LogItem[], last: LogItem) =>
    names([event('retrying', 1, busy), ...between, last]).filter(
      (one) => one === 'retrying' || one === 'failed',
    )
  const attempt = [event('checking', 2)]
  expect(retries(attempt, event('retrying', 3, busy))).toEqual(['retrying'])
  expect(retries([], event('retrying', 3, busy))).toEqual(['retrying', 'retrying'])
  expect(retries(attempt, event('failed', 3, busy))).toEqual(['retrying', 'failed'])
  expect(retries(attempt, event('retrying', 3, { ...busy, lostBytes: 1 }))).toHaveLength(2)
  expect(
    retries([event('paused', 2, { reason: 'user' }), ...attempt], event('retrying', 3, busy)),
  ).toHaveLength(2)
})

test('a combined failure has the time of the last retry only if there is one', () => {
  const busy = because('storage-busy')
  const [, last] = appendToLog(emptyLog, [
    event('checking', 0),
    event('retrying', 1, { ...busy, retryAtMs: 9 }),
    event('checking', 2),
    event('retrying', 3, busy),
  ]).events
  expect(last).toEqual({ event: 'retrying', atMs: 1, ...busy, count: 2, lastAtMs: 3 })
})

test('only a retry after a wait for the connection belongs to that wait', () => {
  const offline = because('offline')
  const wait = [event('retrying', 1, { ...offline, retryAtMs: 9 }), { kind: 'offline' } as const]
  expect(names([...wait, event('checking', 2), event('retrying', 3, offline)])).toEqual(['paused'])
  expect(names([event('failed', 1, offline), { kind: 'offline' }])).toEqual(['failed'])
  expect(names([{ kind: 'offline' }, transfer({ sentBytes: 1 })])).toEqual([])
})

test('a short log of very long texts is shortened in its middle', () => {
  const items = Array.from({ length: 12 }, (_, index) =>
    event('failed', index, { failure: { code: 'storage-trouble', params: {}, detail: 'x'.repeat(3_000) } }),
  )
  const { events } = parseLog(serializeLog(appendToLog(emptyLog, items)))
  expect(events.map(({ event: name, atMs, count }) => [name, atMs, count])).toEqual([
    ...[0, 1, 2].map((atMs) => ['failed', atMs, undefined]),
    ['omitted', 3, 5],
    ...[8, 9, 10, 11].map((atMs) => ['failed', atMs, undefined]),
  ])
})

test('keeps the first 20 and the latest of 120 events, and what the others have sent and lost', () => {
  const ofDay = (day: number) => [
    event('checking', day),
    transfer({ sentBytes: 1 }),
    event('failed', day, { lostBytes: 2 }),
    event('resumed', day),
  ]
  const days = (count: number) => Array.from({ length: count }, (_, day) => ofDay(day)).flat()
  expect(names(days(40))).not.toContain('omitted')
  const { events } = appendToLog(emptyLog, days(41))
  expect(events).toHaveLength(120)
  expect(events.findIndex((one) => one.event === 'omitted')).toBe(20)
  expect(events[20]).toEqual({
    event: 'omitted',
    atMs: 6,
    lastAtMs: 7,
    count: 4,
    retries: 0,
    sentBytes: 1,
    lostBytes: 2,
  })
})

test('combines neighbouring speeds beyond 60, and counts none without time', () => {
  const speedsOf = (count: number) =>
    appendToLog(
      emptyLog,
      Array.from({ length: count }, (_, index) => transfer({ sentBytes: index, sendingMs: 10 })),
    ).speed
  expect(appendToLog(emptyLog, [transfer({ sentBytes: 5 })]).speed).toEqual([])
  expect(speedsOf(60)).toHaveLength(60)
  const combined = speedsOf(61)
  expect(combined).toHaveLength(31)
  expect([combined[0], combined[1], combined.at(-1)]).toEqual([
    { durationMs: 20, bytes: 1 },
    { durationMs: 20, bytes: 5 },
    { durationMs: 10, bytes: 60 },
  ])
})

test('failures are stored without signed URLs and tokens', () => {
  const url = 'https://storage.example/key?X-Amz-Signature=abcdef0123&X-Amz-Credential=AKIA'
  const text = JSON.stringify(
    loggedFailure({
      code: 'storage-trouble',
      params: { status: 500, from: url },
      serverMessage: `see ${url}`,
      detail: `Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.c2ln ${url}`,
    }),
  )
  expect(text).toContain('"status":500')
  for (const secret of ['abcdef0123', 'AKIA', 'eyJhbGci']) expect(text).not.toContain(secret)
})

test('an unreadable log is empty', () => {
  expect([parseLog('{'), parseLog(null), parseLog('{"events":[{"event":"x"}],"speed":[]}')]).toEqual([
    ...[emptyLog, emptyLog, emptyLog],
  ])
})
