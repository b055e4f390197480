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
