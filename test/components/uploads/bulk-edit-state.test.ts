import { expect, test } from 'vitest'
import { BulkEditState, uploadSource } from '../../../renderer/uploads/bulk-edit/bulk-edit-state.svelte.ts'
import { NoticesState } from '../../../renderer/ui/notices-state.svelte.ts'
import { QueueState } from '../../../renderer/uploads/queue-state.svelte.ts'
import { fakeBridge, type Answers } from '../support/fake-bridge.ts'
import { patchOf, row, sendingRow } from '../support/rows.ts'

/** The dialog for three uploads, one of which has started, with a new type. */
async function openBulkEdit(answers: Answers = {}) {
  const rows = [row('Grain'), row('Ink', { position: 1 }), sendingRow('Flux', { position: -1 })]
  const { bridge, emit } = fakeBridge({ rows, answers })
  const queue = new QueueState(bridge)
  queue.start()
  await expect.poll(() => queue.isKnown).toBe(true)
  const notices = new NoticesState()
  const bulkEdit = new BulkEditState(notices)
  bulkEdit.open(['Grain', 'Ink', 'Flux'], uploadSource(bridge, queue))
  bulkEdit.type({ modelType: 'vae' })
  return { bulkEdit, emit }
}

test('computes the preview once while uploads make progress', async () => {
  const { bulkEdit, emit } = await openBulkEdit()
  const before = bulkEdit.outcomes
  emit('patch', patchOf(2, [sendingRow('Flux', { position: -1, sentBytes: 500_000_000 })]))
  expect(bulkEdit.outcomes).toBe(before)
  emit('patch', patchOf(3, [], ['Ink']))
  await expect.poll(() => bulkEdit.outcomes).not.toBe(before)
})

test('computes the preview again when a file starts, or another one takes its path', async () => {
  const { bulkEdit, emit } = await openBulkEdit()
  expect(bulkEdit.changed.map(({ id }) => id)).toEqual(['Grain', 'Ink'])
  emit('patch', patchOf(2, [sendingRow('Ink', { position: 1 })]))
  expect(bulkEdit.changed.map(({ id }) => id)).toEqual(['Grain'])
  expect([bulkEdit.lockedCount, bulkEdit.problems.length]).toEqual([2, 0])
  const target = { modelPath: 'models/vae/Grain.safetensors' }
  emit('patch', patchOf(3, [row('New', { position: 4, target })]))
  await expect.poll(() => bulkEdit.problems.map(({ id }) => id)).toEqual(['Grain'])
  emit('patch', patchOf(4, [row('New', { position: 4 })]))
  await expect.poll(() => bulkEdit.problems).toEqual([])
})
