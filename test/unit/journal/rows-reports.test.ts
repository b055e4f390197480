import { expect, test } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import { Rows } from '../../../electron/journal/rows.ts'
import { noLog, registeredState, uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

/** Rows with an upload that waits, and what they report. */
function setup(given = uploadRecord()) {
  const { store, environment } = rowsOnJournal()
  const changed: string[] = []
  const moved: number[] = []
  const rows = new Rows({
    store,
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
    stored: () => store.find(id)?.phase,
    live: () => rows.get(id)?.live,
    send() {
      rows.applyEvent(id, 'begin')
      rows.applyEvent(id, 'send', { state: { kind: 'queued', started: true } })
    },
  }
}

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
