import { expect, test } from 'vitest'
import type { ReviewGroup } from '../../../electron/contract/review.ts'
import { UiState } from '../../../renderer/app/ui-state.svelte.ts'
import { NoticesState } from '../../../renderer/ui/notices-state.svelte.ts'
import { QueueState } from '../../../renderer/uploads/queue-state.svelte.ts'
import { ReviewState } from '../../../renderer/uploads/review/review-state.svelte.ts'
import { fakeBridge } from '../../components/support/fake-bridge.ts'
import { reviewOf, reviewRow } from '../../components/support/review-view.ts'

/** A review of files with these names. */
async function startReview(names: readonly string[], groups: readonly ReviewGroup[]) {
  const rows = names.map((name, position) => reviewRow(name, { position }))
  const { bridge, emit } = fakeBridge({ rows })
  const queue = new QueueState(bridge)
  queue.start()
  const review = new ReviewState({
    bridge,
    queue,
    ui: new UiState(),
    notices: new NoticesState(),
    onteam: () => undefined,
    onapproved: () => undefined,
  })
  review.start()
  await expect.poll(() => queue.isKnown).toBe(true)
  emit('reviews', [reviewOf(rows, { groups })])
  review.open('review-1')
  return { review }
}

test('lists each file once, decisions first and files that are not sent last', async () => {
  const { review } = await startReview(
    ['Known', 'Licensed', 'Grain', 'Taken', 'Cut'],
    [
      { kind: 'broken', files: [{ id: 'Cut', code: 'file-empty' }] },
      { kind: 'path-conflict', files: [{ id: 'Taken', name: 'Old' }] },
      { kind: 'in-library', files: [{ id: 'Known', name: 'Known', path: null, isCertain: true }] },
      {
        kind: 'licence',
        files: ['Taken', 'Known', 'Licensed'].map((id) => ({ id, licence: 'cc-by-nc-4.0' })),
      },
    ],
  )
  expect(review.sections.map(({ kind, ids }) => [kind, ids])).toEqual([
    ['path-conflict', ['Taken']],
    ['licence', ['Licensed']],
    ['ready', ['Grain']],
    ['left', ['Known', 'Cut']],
  ])
  expect(review.factsOf('Taken').map(({ kind }) => kind)).toEqual(['path-conflict', 'licence'])
})

test('a certain duplicate of a blocked file can be uploaded instead of it, once', async () => {
  const { review } = await startReview(
    ['Grain', 'Copy', 'Second copy'],
    [
      { kind: 'path-conflict', files: [{ id: 'Grain', name: 'Old' }] },
      {
        kind: 'duplicate',
        files: [
          { id: 'Copy', of: 'Grain', isCertain: true },
          { id: 'Second copy', of: 'Grain', isCertain: true },
        ],
      },
    ],
  )
  expect(review.totals).toMatchObject({ sentCount: 1 })
  expect(review.canApprove).toBe(true)
})
