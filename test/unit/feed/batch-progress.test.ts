import fc from 'fast-check'
import { expect, test } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import type { Phase, UploadRow } from '../../../electron/contract/uploads.ts'
import { createBatch } from '../../../electron/feed/batch-progress.ts'
import { toUploadRow } from '../../../electron/journal/row-view.ts'
import { uploadRecord } from '../../support/records.ts'

function setup() {
  const batch = createBatch()
  const rows = new Map<string, UploadRow>()
  return {
    rows,
    sum: () => batch.sum(),
    put(id: string, given: Partial<UploadRow>) {
      const row = { ...(rows.get(id) ?? toUploadRow(uploadRecord({ id }), null)), ...given }
      rows.set(id, row)
      batch.see(id, row)
    },
    take(id: string) {
      rows.delete(id)
      batch.see(id, null)
    },
  }
}

test('counts a registered file in both sums until the batch is over', () => {
  const { put, sum } = setup()
  put('a', { phase: 'sending', sizeBytes: 1_000, sentBytes: 990 })
  put('b', { phase: 'waiting', sizeBytes: 3_000 })
  expect(sum()).toEqual({ totalBytes: 4_000, movedBytes: 990, leftBytes: 3_010 })
  put('a', { phase: 'registered', sentBytes: 1_000 })
  expect(sum()).toEqual({ totalBytes: 4_000, movedBytes: 1_000, leftBytes: 3_000 })
  put('b', { phase: 'registered', sentBytes: 3_000 })
  expect(sum()).toEqual({ totalBytes: 0, movedBytes: 0, leftBytes: 0 })
  put('c', { phase: 'waiting', sizeBytes: 500 })
  expect(sum()).toEqual({ totalBytes: 500, movedBytes: 0, leftBytes: 500 })
})

test('leaves out a file while another one with the same bytes is sent, and counts it once it is sent itself', () => {
  const { put, sum } = setup()
  put('a', { phase: 'sending', sizeBytes: 1_000, sentBytes: 250 })
  put('b', { phase: 'retrying', sizeBytes: 1_000, failure: failure('same-as-other', { name: 'a' }) })
  expect(sum()).toEqual({ totalBytes: 1_000, movedBytes: 250, leftBytes: 750 })
  put('b', { phase: 'checking' })
  expect(sum()).toEqual({ totalBytes: 1_000, movedBytes: 250, leftBytes: 750 })
  put('b', { phase: 'sending', failure: null })
  expect(sum()).toEqual({ totalBytes: 2_000, movedBytes: 250, leftBytes: 1_750 })
})

test('keeps moved bytes when parts in flight have to be sent again', () => {
  const { put, sum } = setup()
  put('a', { phase: 'sending', sizeBytes: 1_000, sentBytes: 300, inFlightBytes: 200 })
  put('a', { phase: 'waiting', inFlightBytes: 0 })
  expect(sum()).toEqual({ totalBytes: 1_000, movedBytes: 500, leftBytes: 700 })
})

const running: readonly Phase[] = ['checking', 'sending', 'finishing', 'registering']
/**
 * A random event of one of eight files, except additions and restarts; `part` is the moved share of the rest.
 */
const happening = fc.record({
  file: fc.integer({ min: 0, max: 7 }),
  part: fc.double({ min: 0, max: 1, noNaN: true }),
  what: fc.constantFrom('flies', 'lands', 'falls', 'ends', 'fails', 'pauses', 'goes', 'was there', 'waits'),
})

test('the progress never decreases when uploads end, fail, pause or are removed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 50_000 }), { minLength: 8, maxLength: 8 }),
      fc.array(happening, { maxLength: 80 }),
      (sizes, happenings) => {
        const { rows, put, take, sum } = setup()
        sizes.forEach((sizeBytes, file) => put(`${file}`, { sizeBytes, phase: 'waiting' }))
        let before = 0
        for (const { file, part, what } of happenings) {
          const row = rows.get(`${file}`)
          if (!row || !(running.includes(row.phase) || row.phase === 'waiting')) continue
          const { sizeBytes, sentBytes, inFlightBytes } = row
          const some = Math.floor((sizeBytes - sentBytes) * part)
          // Without stored bytes these events would count as a restart.
          if (what === 'flies')
            put(row.id, { phase: 'sending', inFlightBytes: Math.max(inFlightBytes, some) })
          const landed = sentBytes + Math.min(some, inFlightBytes)
          if (what === 'lands' && landed > 0) put(row.id, { sentBytes: landed, inFlightBytes: 0 })
          if (what === 'falls' && sentBytes > 0) put(row.id, { phase: 'retrying', inFlightBytes: 0 })
          if (what === 'waits' && sentBytes > 0) put(row.id, { phase: 'waiting', inFlightBytes: 0 })
          if (what === 'ends') put(row.id, { phase: 'registered', sentBytes: sizeBytes, inFlightBytes: 0 })
          if (what === 'fails') put(row.id, { phase: 'failed', inFlightBytes: 0, sentBytes: 0 })
          if (what === 'pauses') put(row.id, { phase: 'paused', inFlightBytes: 0 })
          if (what === 'goes') take(row.id)
          if (what === 'was there')
            put(row.id, { phase: 'registered', already: { name: '', path: null, status: 'active' } })
          const { totalBytes, movedBytes, leftBytes } = sum()
          // The batch is over when its last file ends.
          if (totalBytes === 0) return
          expect(movedBytes).toBeLessThanOrEqual(totalBytes)
          expect(leftBytes).toBeLessThanOrEqual(totalBytes)
          expect(movedBytes / totalBytes).toBeGreaterThanOrEqual(before - 1e-12)
          before = movedBytes / totalBytes
        }
      },
    ),
  )
})
