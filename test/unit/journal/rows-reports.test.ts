import { expect, test } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import { Rows } from '../../../electron/journal/rows.ts'
import { noLog, registeredState, uploadRecord } from '../../support/records.ts'
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
    stored: () => store.find(id)?.phase,
    live: () => rows.get(id)?.live,
    send() {
      rows.applyEvent(id, 'begin')
      rows.applyEvent(id, 'send', { state: { kind: 'queued', started: true } })
    },
  }
}

const operations: readonly [string, (rows: Rows, id: string, other: string) => unknown][] = [
  ['is shown', (rows, id) => rows.restore([{ ...uploadRecord(), id }])],
  ['begins', (rows, id) => rows.applyEvent(id, 'begin')],
  ['begins without a write', (rows, id) => rows.applyUnwrittenEvent(id, 'begin', {})],
  [
    'begins with another',
    (rows, ...ids) => rows.applyEvents(ids.map((id) => ({ id, event: 'begin', change: {} }))),
  ],
  ['begins after a flush', (rows, id) => rows.applyEventsAfterFlush([{ id, event: 'begin', change: {} }])],
  ['is changed', (rows, id) => rows.change(id, { allowed: true })],
  ['is changed with another', (rows, ...ids) => rows.changeAll(ids, { allowed: true })],
  ['makes progress', (rows, id) => rows.progress(id, { hashedBytes: 1 })],
  ['is being paused', (rows, id) => rows.setPausing(id, true)],
  ['waits for its turn', (rows, id) => rows.setTurn(id, true)],
  ['waits for the connection', (rows, id) => rows.waitForConnection(id)],
  ['is hidden', (rows, id) => rows.hide([id])],
  ['is removed', (rows, id) => rows.remove([id])],
]

test.for(operations)('reports once that an upload %s', async ([, operate]) => {
  const { rows, id, changed } = setup()
  const other = uploadRecord()
  rows.add([other])
  changed.length = 0
  await operate(rows, id, other.id)
  expect(changed.filter((one) => one === id)).toEqual([id])
})

test('reports nothing for an upload that is unknown or was not changed', () => {
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

test('reports only bytes that are sent for the first time, not those that are hashed', () => {
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

test('lets other processes send the file of an upload that is paused, has failed or is reviewed again', () => {
  const releasedAfter = (event: 'pause' | 'refuse' | 'review' | 'trouble' | 'requeue') => {
    const { rows, id, released } = setup()
    rows.applyEvent(id, 'begin')
    if (event === 'review') rows.applyEvent(id, 'requeue')
    rows.applyEvent(id, event)
    return { id, released }
  }
  for (const event of ['pause', 'refuse', 'review'] as const) {
    const { id, released } = releasedAfter(event)
    expect(released).toEqual([{ id }])
  }
  for (const event of ['trouble', 'requeue'] as const) expect(releasedAfter(event).released).toEqual([])
})

test('a run that ends before storage has the file leaves nothing sent, hashed or in flight', () => {
  const { rows, id, live, send } = setup()
  send()
  rows.progress(id, { sentBytes: 50, inFlightBytes: 20, inFlightParts: 2, hashedBytes: 9 })
  rows.applyEvent(id, 'finish')
  expect(live()).toMatchObject({ inFlightBytes: 20, inFlightParts: 2 })
  rows.applyEvent(id, 'trouble', { failure: failure('storage-busy') }, 77)
  expect(live()).toMatchObject({ phase: 'retrying', inFlightBytes: 0, inFlightParts: 0, retryAtMs: 77 })
  expect(live()).toMatchObject({ sentBytes: 0, hashedBytes: 0 })
})

test('an upload that waits for the connection has no retry time and counts attempts from one', () => {
  const { rows, id, live } = setup()
  rows.applyEvent(id, 'begin')
  expect([rows.countAttempt(id), rows.countAttempt(id)]).toEqual([1, 2])
  rows.applyEvent(id, 'trouble', { failure: failure('offline') }, 5)
  rows.waitForConnection(id)
  expect([live()?.retryAtMs, rows.countAttempt(id)]).toEqual([null, 1])
})

test('measures the speed from the start of sending, without the time of other files', () => {
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

test('an upload has requests in flight while it runs and has sent a part that is not answered', () => {
  const { rows, id, send } = setup()
  rows.progress(id, { inFlightParts: 1 })
  expect(rows.inFlightIds()).toEqual([])
  send()
  rows.progress(id, { inFlightParts: 0 })
  expect(rows.inFlightIds()).toEqual([])
  rows.progress(id, { inFlightParts: 1 })
  expect(rows.inFlightIds()).toEqual([id])
  rows.applyEvent(id, 'finish')
  expect(rows.inFlightIds()).toEqual([id])
  rows.applyEvent(id, 'pause')
  expect(rows.inFlightIds()).toEqual([])
})

test('a run that is being paused is stored as paused, whatever steps it finishes before', () => {
  const { rows, id, stored, send } = setup()
  send()
  expect(stored()).toBe('waiting')
  rows.change(id, { phase: 'paused' })
  rows.applyEvent(id, 'finish')
  expect(stored()).toBe('paused')
  rows.applyEvent(id, 'requeue')
  expect(stored()).toBe('waiting')
  rows.applyEvent(id, 'pause')
  expect(stored()).toBe('paused')
  rows.applyEvent(id, 'resume')
  rows.applyEvent(id, 'begin')
  expect(stored()).toBe('waiting')
})

test('an upload that is stored as paused is registered when its last step ends', () => {
  const { rows, id, stored, send } = setup()
  send()
  rows.applyEvent(id, 'finish')
  rows.change(id, { phase: 'paused' })
  rows.applyEvent(id, 'register')
  expect(stored()).toBe('paused')
  rows.applyEvent(id, 'registered', { state: registeredState('m', 1) })
  expect(stored()).toBe('registered')
})
