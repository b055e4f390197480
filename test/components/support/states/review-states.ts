import { expect } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure, success } from '../../../../electron/contract/failures.ts'
import type { ReviewGroup } from '../../../../electron/contract/review.ts'
import { openReview, reviewRows } from '../review.ts'
import { reviewOf, reviewRow } from '../review-view.ts'
import { settings } from '../rows.ts'
import type { States } from './state.ts'

const goodRows = Array.from({ length: 56 }, (_, index) =>
  reviewRow(`Style ${index + 1}`, {
    position: index,
    sizeBytes: 100_000_000,
    target: { modelType: ['loras', 'loras', 'checkpoints', 'vae'][index % 4] ?? 'loras' },
  }),
)
const cutNames = ['Half', 'Part', 'Rest', 'Tail']
const copyNames = ['Copy', 'Again', 'Known']
const mixedRows = [
  ...goodRows,
  ...cutNames.map((name) =>
    reviewRow(name, { position: 60, failure: failure('file-cut-short', { missingBytes: 4_000 }) }),
  ),
  ...copyNames.map((name) => reviewRow(name, { position: 70 })),
]
const mixedGroups: readonly ReviewGroup[] = [
  { kind: 'broken', files: cutNames.map((id) => ({ id, code: 'file-cut-short' as const })) },
  { kind: 'duplicate', files: ['Copy', 'Again'].map((id) => ({ id, of: 'Style 1', isCertain: true })) },
  { kind: 'in-library', files: [{ id: 'Known', name: 'Known before', path: null, isCertain: true }] },
]
const oldModel = { name: 'Old model', theirBytes: 1_000_000, uploadId: 'Ink' }
const conflictRows = (['path-taken', 'path-taken', 'path-taken-here'] as const).map((code, position) =>
  reviewRow(['Grain', 'Flux', 'Twin'][position] ?? '', {
    position,
    failure: failure(code, {
      ...oldModel,
      ...(code === 'path-taken-here' ? { name: 'other/Twin.safetensors' } : {}),
    }),
  }),
)
const decidedRows = (['replace', 'keep-both'] as const).map((choice, index) => {
  const params = { ...oldModel, suggestion: 'models/loras/Film-2.safetensors' }
  const decided = { choice, conflict: failure('path-taken', params) }
  return reviewRow(['Film', 'Noir'][index] ?? '', { position: 4 + index, decided })
})
async function openConflicts(dense: boolean) {
  const rows = [...conflictRows, reviewRow('Ink', { position: 3 }), ...decidedRows]
  const page = await openReview(rows, reviewOf(rows, { groups: conflictGroups }))
  page.emit('settings', { ...settings, dense })
  await expect.element(page.sheet.getByRole('row', { name: /^Path conflicts/ })).toHaveFocus()
  return page
}

const conflictGroups: readonly ReviewGroup[] = [
  {
    kind: 'path-conflict',
    files: [
      ...conflictRows.map(({ id }) => ({ id, name: 'Old model' })),
      ...decidedRows.map(({ id }) => ({ id, name: 'Old model', isDecided: true as const })),
    ],
  },
]

/** The review before an upload. */
export const reviewStates: States = {
  'the review with every group': async () => {
    const page = await openReview()
    await expect.element(page.sheet.getByRole('row', { name: /^Path conflicts/ })).toHaveFocus()
    return page
  },
  'the end of the review with every group': async () => {
    const page = await openReview()
    await expect.element(page.sheet.getByRole('row', { name: /^Path conflicts/ })).toHaveFocus()
    await userEvent.keyboard('{End}')
    await expect.poll(() => document.activeElement?.getAttribute('aria-rowindex')).not.toBe('1')
    return page
  },
  'the review without a team, with an invalid path': async () => {
    const some = reviewRows.slice(-2)
    const page = await openReview(some, reviewOf(some, { team: null, inspectingCount: 3 }))
    await userEvent.click(
      page.sheet.getByRole('row', { name: /^Flux,/ }).getByRole('button', { name: /^Library path/ }),
    )
    await userEvent.fill(page.sheet.getByRole('textbox', { name: 'Library path' }), '/no')
    return page
  },
  'the review of 56 good and 7 bad files': async () => {
    const rows = mixedRows
    return openReview(rows, reviewOf(rows, { groups: mixedGroups, secondsLeft: 800 }))
  },
  'path conflicts in the review': () => openConflicts(false),
  'path conflicts in a review with dense rows': () => openConflicts(true),
  'a link out of the folder, and a file that may be in the library': async () => {
    const path = '/mnt/shared/Outside.safetensors'
    const rows = [
      reviewRow('Outside', { failure: failure('file-outside', { path }) }),
      reviewRow('Retrained'),
    ]
    const groups: readonly ReviewGroup[] = [
      { kind: 'outside', files: [{ id: 'Outside', code: 'file-outside' }] },
      { kind: 'in-library', files: [{ id: 'Retrained', name: 'Old', path: null, isCertain: false }] },
    ]
    const page = await openReview(rows, reviewOf(rows, { groups }))
    await expect.element(page.sheet.getByRole('row', { name: /^Outside of/ })).toHaveFocus()
    return page
  },
  'a kept review, and an undo': async () => {
    const page = await openReview(undefined, undefined, { discardReview: () => success(['Flux']) })
    page.emit('reviews', [page.view, reviewOf([reviewRow('Old')], { id: 'review-0' })])
    await userEvent.click(page.sheet.getByRole('button', { name: 'Discard' }))
    await expect.element(page.screen.getByRole('button', { name: 'Undo' })).toBeVisible()
    return page
  },
}
