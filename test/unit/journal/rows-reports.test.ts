import { expect, test } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import { Rows } from '../../../electron/journal/rows.ts'
import {
  multipartOpenState,
  noLog,
  registeredState,
  storedState,
  uploadRecord,
} from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

/** Rows with an upload that waits, and what they report. */
function setup(given = uploadRecord()) {
  const { store, environment, breakJournal } = rowsOnJournal()
  const changed: string[] = []
  const moved: number[] = []
  const released: unknown[] = []
  const rows = new Rows({
    store: { ...store, releaseFile: (which) => void released.push(which) },
    log: noLog,
    environment,
    changed: (id) => changed.push(id),
    moved: (bytes) => moved.push(bytes),
  })
  rows.add([given])
  const { id } = given
  return {
    rows,
    id,
    changed,
    moved,
    released,
    clock: environment.clock,
    breakJournal,
    live: () => rows.get(id)?.live,
    send() {
      rows.applyEvent(id, 'begin')
      rows.applyEvent(id, 'send', { state: { kind: 'queued', started: true } })
    },
  }
}

const operations: readonly [string, (rows: Rows, id: string) => unknown][] = [
  ['is shown', (rows, id) => rows.restore([{ ...uploadRecord(), id }])],
  ['begins', (rows, id) => rows.applyEvent(id, 'begin')],
  ['begins without a write', (rows, id) => rows.applyUnwrittenEvent(id, 'begin', {})],
  ['begins with others', (rows, id) => rows.applyEvents([{ id, event: 'begin', change: {} }])],
  ['begins after a flush', (rows, id) => rows.applyEventsAfterFlush([{ id, event: 'begin', change: {} }])],
  ['is changed', (rows, id) => rows.change(id, { allowed: true })],
  ['is changed with others', (rows, id) => rows.changeAll([id], { allowed: true })],
  ['makes progress', (rows, id) => rows.progress(id, { hashedBytes: 1 })],
  ['is being paused', (rows, id) => rows.setPausing(id, true)],
  ['waits for its turn', (rows, id) => rows.setTurn(id, true)],
  ['waits for the connection', (rows, id) => rows.waitForConnection(id)],
  ['is hidden', (rows, id) => rows.hide([id])],
  ['is removed', (rows, id) => rows.remove([id])],
]

test.for(operations)('reports once that an upload %s', async ([, operate]) => {
  const { rows, id, changed } = setup()
  changed.length = 0
  await operate(rows, id)
  expect(changed).toEqual([id])
})

test('reports nothing for an upload that is unknown, has its turn already, or could not be changed', () => {
  const { rows, id, changed, breakJournal } = setup()
  changed.length = 0
  rows.setPausing('unknown', true)
  rows.setTurn('unknown', true)
  rows.setTurn(id, false)
  rows.hide(['unknown'])
  breakJournal()
  expect([rows.change(id, { allowed: true }).ok, rows.changeAll([id], { allowed: true }).ok]).toEqual([
    false,
    false,
  ])
  expect(rows.applyEvents([{ id, event: 'begin', change: {} }]).ok).toBe(false)
  expect(rows.remove([id]).ok).toBe(false)
  expect([changed, rows.get(id)?.record.allowed]).toEqual([[], false])
})

test('reports the bytes that are sent, not those that are hashed, sent again or known from before', () => {
  const { rows, id, moved, send } = setup()
  rows.progress(id, { hashedBytes: 5, inFlightBytes: 7 })
  rows.progress(id, { inFlightBytes: 0 })
  send()
  rows.progress(id, { inFlightBytes: 100 })
  rows.progress(id, { sentBytes: 60, inFlightBytes: 60 })
  rows.progress(id, { inFlightBytes: 10 })
  rows.progress(id, { hashedBytes: 9 })
  expect(moved).toEqual([100, 20])
})

test('lets other processes send the file of an upload that is paused or has failed', () => {
  const releasedAfter = (event: 'pause' | 'refuse' | 'trouble' | 'requeue') => {
    const { rows, id, released } = setup()
    rows.applyEvent(id, 'begin')
    rows.applyEvent(id, event)
    return released
  }
  for (const event of ['pause', 'refuse'] as const)
    expect(releasedAfter(event)).toEqual([{ id: expect.any(String) as string }])
  expect([...releasedAfter('trouble'), ...releasedAfter('requeue')]).toEqual([])
})

test('nothing is in flight once a run has ended, and bytes count again only if storage has them', () => {
  const liveAfter = (state: Parameters<Rows['change']>[1]['state']) => {
    const { rows, id, live, send } = setup()
    send()
    rows.progress(id, { sentBytes: 50, inFlightBytes: 20, inFlightParts: 2, hashedBytes: 9 })
    rows.applyEvent(id, 'finish')
    expect(live()).toMatchObject({ inFlightBytes: 20, inFlightParts: 2 })
    rows.applyEvent(id, 'trouble', { failure: failure('storage-busy'), ...(state && { state }) }, 77)
    return live()
  }
  const idle = { phase: 'retrying', inFlightBytes: 0, inFlightParts: 0, retryAtMs: 77 }
  expect(liveAfter(undefined)).toMatchObject({ ...idle, sentBytes: 0, hashedBytes: 0 })
  for (const state of [multipartOpenState(10), storedState()])
    expect(liveAfter(state)).toMatchObject({ ...idle, sentBytes: 50, hashedBytes: 9 })
})

test('an upload that waits for the connection waits for no time and starts to count attempts again', () => {
  const { rows, id, live } = setup()
  rows.applyEvent(id, 'begin')
  expect([rows.countAttempt(id), rows.countAttempt(id)]).toEqual([1, 2])
  rows.applyEvent(id, 'trouble', { failure: failure('offline') }, 5)
  rows.waitForConnection(id)
  expect([live()?.retryAtMs, rows.countAttempt(id)]).toEqual([null, 1])
})

test('a new limit changes only uploads that are being sent', () => {
  const { rows, id, changed, send } = setup()
  const other = uploadRecord()
  rows.add([other])
  send()
  changed.length = 0
  rows.limitChanged()
  expect(changed).toEqual([id])
  rows.applyEvent(id, 'requeue')
  changed.length = 0
  rows.limitChanged()
  expect(changed).toEqual([])
})

test('a speed is measured from the bytes at the start of sending and without the time of other files', () => {
  const { rows, id, clock, send } = setup()
  const speedNow = () => rows.view(id)?.bytesPerSecond
  rows.progress(id, { sentBytes: 1_000_000 })
  send()
  const second = (bytes: number) => {
    clock.advance(1_000)
    rows.progress(id, { sentBytes: (rows.get(id)?.live.sentBytes ?? 0) + bytes })
  }
  for (let times = 0; times < 5; times += 1) second(100)
  expect(speedNow()).toBeCloseTo(100, 0)
  rows.setTurn(id, true)
  clock.advance(60_000)
  rows.setTurn(id, false)
  for (let times = 0; times < 5; times += 1) second(100)
  expect(speedNow()).toBeCloseTo(100, 0)
})

test('a hidden upload is found again by what it is now', () => {
  const { rows, id } = setup()
  const record = rows.get(id)?.record ?? uploadRecord()
  const finished = { ...record, phase: 'registered' as const, state: registeredState('m', 1) }
  rows.restore([finished])
  rows.hide([id])
  rows.restore([finished])
  rows.hide([id])
  expect([...rows.finished()]).toEqual([finished])
  rows.forget([id])
  expect([[...rows.finished()], rows.finishedOfSize(record.identity.sizeBytes)]).toEqual([[], []])
})
