import { expect, test } from 'vitest'
import type { ReviewGroup } from '../../../electron/contract/review.ts'
import { UiState } from '../../../renderer/app/ui-state.svelte.ts'
import { NoticesState } from '../../../renderer/ui/notices-state.svelte.ts'
import { QueueState } from '../../../renderer/uploads/queue-state.svelte.ts'
import { ReviewState } from '../../../renderer/uploads/review/review-state.svelte.ts'
import { fakeBridge } from '../../components/support/fake-bridge.ts'
import { reviewOf, reviewRow } from '../../components/support/review-view.ts'
import { patchOf } from '../../components/support/rows.ts'

/** A review of files with these names. */
async function startReview(names: readonly string[], groups: readonly ReviewGroup[]) {
  const rows = names.map((name, position) => reviewRow(name, { position }))
  const { bridge, emit } = fakeBridge({ rows })
  const queue = new QueueState(bridge)
  queue.start()
  const ui = new UiState()
  const review = new ReviewState({ bridge, queue, ui, notices: new NoticesState(), onteam: () => undefined })
  review.start()
  await expect.poll(() => queue.isKnown).toBe(true)
  emit('review', reviewOf(rows, { groups }))
  return {
    review,
    ui,
    add(name: string, nowGroups = groups) {
      const added = reviewRow(name, { position: rows.length })
      emit('patch', patchOf(2, [added]))
      emit('review', reviewOf([...rows, added], { groups: nowGroups }))
    },
  }
}

test('files that are added while a field is open are listed too', async () => {
  const { review, ui, add } = await startReview(['Grain', 'Flux'], [])
  ui.edit('Grain', 'displayName', 'Grain')
  add('Added')
  expect(review.sections.map(({ ids }) => ids)).toEqual([['Grain', 'Flux', 'Added']])
})

test('a section keeps what was known about its files, and gets what is known about added ones', async () => {
  const broken = (id: string) => ({ id, code: 'file-empty' }) as const
  const groups = (ids: readonly string[]): ReviewGroup[] => [{ kind: 'broken', files: ids.map(broken) }]
  const { review, ui, add } = await startReview(['Grain', 'Flux'], groups(['Grain']))
  expect(review.sections).toHaveLength(2)
  ui.edit('Grain', 'displayName', 'Grain')
  add('Added', groups(['Added']))
  const [section] = review.sections
  expect([section?.ids, section?.group?.files.map(({ id }) => id)]).toEqual([
    ['Grain', 'Added'],
    ['Added', 'Grain'],
  ])
})

const fates = ({ sections }: ReviewState) => sections.map(({ group, fate }) => `${group?.kind} ${fate}`)
const licence = (id: string) => ({ id, licence: 'cc-by-nc-4.0' })
const inLibrary = (id: string) => ({ id, name: id, path: null, isCertain: true })

test('a group whose files are all skipped because of another group says so', async () => {
  const { review } = await startReview(
    ['Grain', 'Flux'],
    [
      { kind: 'in-library', files: [inLibrary('Grain')] },
      { kind: 'licence', files: [licence('Grain')] },
    ],
  )
  expect(fates(review)).toEqual(['in-library skipped', 'licence skipped', 'undefined uploaded'])
  expect(review.totals?.sentCount).toBe(1)
})

test('a group whose files are all blocked because of another group says so', async () => {
  const { review } = await startReview(
    ['Grain', 'Flux'],
    [
      { kind: 'path-conflict', files: [{ id: 'Grain', name: 'Old' }] },
      { kind: 'licence', files: [licence('Grain')] },
      {
        kind: 'missing-companion',
        files: [
          { id: 'Grain', missing: [] },
          { id: 'Flux', missing: [] },
        ],
      },
    ],
  )
  expect(fates(review)).toEqual(['path-conflict blocked', 'licence blocked', 'missing-companion uploaded'])
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
