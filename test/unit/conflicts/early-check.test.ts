import { expect, test } from 'vitest'
import { checkConflictsEarly } from '../../../electron/conflicts/early-check.ts'
import { failed, failure } from '../../../electron/contract/failures.ts'
import { uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

/** Two waiting uploads of different files with the same library path. */
function setup() {
  const target = { displayName: 'Style', modelType: 'loras', modelPath: 'models/loras/style.safetensors' }
  const first = uploadRecord({ target })
  const second = uploadRecord({ target, identity: { ...first.identity, sizeBytes: 1 } })
  const records = [first, second]
  const { rows, environment, breakJournal } = rowsOnJournal(records)
  const queued = new Set(records.map(({ id }) => id))
  const queue = {
    remove: async (ids: readonly string[]) => ids.forEach((id) => queued.delete(id)),
    add: (ids: readonly string[]) => ids.forEach((id) => queued.add(id)),
  }
  const library = { indexedListing: async () => failed(failure('offline')) }
  const ids = records.map(({ id }) => id)
  return {
    queued,
    ids,
    breakJournal,
    phaseOf: (id: string) => rows.get(id)?.live.phase,
    check: () => checkConflictsEarly({ rows, library, environment, queue }, ids),
  }
}

test('stops the second of two waiting uploads with one path at once', async () => {
  const { queued, ids, phaseOf, check } = setup()
  await check()
  expect(ids.map((id) => phaseOf(id)).sort()).toEqual(['failed', 'waiting'])
  expect([...queued].map((id) => phaseOf(id))).toEqual(['waiting'])
})

test('leaves an upload in the queue if its conflict could not be written', async () => {
  const { queued, ids, phaseOf, breakJournal, check } = setup()
  breakJournal()
  await check()
  expect(ids.map((id) => phaseOf(id))).toEqual(['waiting', 'waiting'])
  expect(queued.size).toBe(2)
})
