import { expect, test } from 'vitest'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { createUploadReports } from '../../../electron/uploads/upload-report.ts'
import { advanceRetries } from '../../support/hand-clock.ts'
import { multipartOpenState, registeredState, storedState, uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const sha256 = 'ab'.repeat(32)
const object = { storageKey: 'k', sha256 }
const model = { id: 'm', displayName: 'Same', modelPath: 'same', status: 'active' } as LibraryModel

/** The reports of uploads with a journal, whose runs have begun. */
function setup(given: Partial<UploadRecord> = {}, count = 1) {
  const records = Array.from({ length: count }, () => uploadRecord(given))
  const ids = records.map(({ id }) => id)
  const [id = ''] = ids
  const { rows, store, environment } = rowsOnJournal(records)
  for (const one of ids) rows.applyEvent(one, 'begin')
  let flushCount = 0
  const flush = () => ((flushCount += 1), store.parts.flush())
  const reportOf = createUploadReports({
    rows,
    parts: { ...store.parts, flush },
    environment,
    followParts: () => {},
  })
  return {
    ids,
    rows,
    store,
    environment,
    flushCount: () => flushCount,
    reportOf,
    report: reportOf(id),
    record: () => rows.get(id)?.record,
    stored: () => store.find(id),
    parts: () => store.parts.list(id),
    phase: () => rows.get(id)?.live.phase,
  }
}

test('keeps that a run has sent bytes, and writes that with the next step', () => {
  const { report, stored, record, phase } = setup()
  report.sending()
  expect([phase(), record()?.state]).toEqual(['sending', { kind: 'queued', started: true }])
  expect(stored()?.state).toEqual({ kind: 'queued', started: false })
  report.finishing()
  report.finishing()
  expect(phase()).toBe('finishing')
  // A part is sent again.
  report.sending()
  report.sending()
  expect([phase(), report.sentBytes()]).toEqual(['sending', 0])
})

test('writes acknowledged parts, and only flushes those that a worker has written', async () => {
  const { report, parts, flushCount } = setup({ state: multipartOpenState(5) })
  const part = { number: 2, etag: '"e"', checksum: 7 }
  expect(await report.acknowledged(part, true)).toMatchObject({ ok: true })
  expect([parts(), flushCount()]).toEqual([[], 1])
  expect(await report.acknowledged(part, false)).toMatchObject({ ok: true })
  expect([parts(), report.acknowledgedBefore(), flushCount()]).toEqual([[part], [part], 1])
})

test('no two uploads are registered at the same time, since the history is paged by it', async () => {
  const { reportOf, rows, store, environment, ids } = setup({ state: storedState() }, 2)
  const reports = ids.map(reportOf)
  // Changes that follow each other closely wait to be written together.
  const all = (results: readonly Promise<unknown>[]) =>
    advanceRetries(environment.clock, Promise.all(results))
  await all(reports.map((report) => report.registering(object)))
  const nowMs = environment.now()
  await all(reports.map((report) => report.registered('m')))
  const pending = { verification: { kind: 'pending' } }
  expect(ids.map((id) => store.find(id)?.state)).toEqual([
    { ...registeredState('m', nowMs), ...pending },
    { ...registeredState('m', nowMs + 1), ...pending },
  ])
  expect(rows.get(ids[0] ?? '')?.live.phase).toBe('registered')
})

test('uploads that end after a wrong clock was set right do not end in the future', () => {
  const { reportOf, store, environment, ids } = setup({}, 3)
  const { clock } = environment
  const startMs = clock.now()
  const [hourMs, stepMs] = [3_600_000, 30_000]
  // The clock is an hour ahead at first, is then set right, and later set back by seconds.
  for (const [index, aheadMs] of [hourMs, 0, -stepMs].entries()) {
    clock.advance(startMs + aheadMs - clock.now())
    reportOf(ids[index] ?? '').duplicate(sha256, model)
  }
  const times = ids.map((id) => {
    const state = store.find(id)?.state
    return state?.kind === 'duplicate' ? state.finishedAtMs - startMs : null
  })
  expect(times).toEqual([hourMs, 0, 1])
})
