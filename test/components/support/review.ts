import { failure } from '../../../electron/contract/failures.ts'
import type { ReviewGroup, ReviewView } from '../../../electron/contract/review.ts'
import type { MissingCompanion } from '../../../electron/contract/companions.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import { openPage } from './open-page.ts'
import { reviewOf, reviewRow } from './review-view.ts'

/** Files of every group, and two ordinary ones. */
export const reviewRows: readonly UploadRow[] = [
  reviewRow('Broken', { failure: failure('file-cut-short', { missingBytes: 4_000 }) }),
  reviewRow('Trap', { failure: failure('file-dangerous', { imports: 'os.system' }) }),
  reviewRow('Taken', {
    failure: failure('path-taken', {
      name: 'Old Taken',
      path: 'models/loras/Taken.safetensors',
      theirBytes: 5,
    }),
  }),
  reviewRow('Copy'),
  reviewRow('Known'),
  reviewRow('Private'),
  reviewRow('Licensed'),
  reviewRow('Grain'),
  reviewRow('Flux', { sizeBytes: 12_000_000_000, target: { modelType: 'checkpoints' } }),
].map((one, position) => ({ ...one, position }))

const reviewGroups: readonly ReviewGroup[] = [
  { kind: 'broken', files: [{ id: 'Broken', code: 'file-cut-short' }] },
  { kind: 'unsafe', files: [{ id: 'Trap', code: 'file-dangerous' }] },
  { kind: 'path-conflict', files: [{ id: 'Taken', name: 'Old Taken' }] },
  { kind: 'duplicate', files: [{ id: 'Copy', of: 'Grain', isCertain: true }] },
  {
    kind: 'in-library',
    files: [{ id: 'Known', name: 'Known before', path: 'models/loras/k.safetensors', isCertain: true }],
  },
  { kind: 'private-content', files: [{ id: 'Private', content: ['prompt', 'local-paths'] }] },
  { kind: 'licence', files: [{ id: 'Licensed', licence: 'flux-1-dev-non-commercial-license' }] },
  { kind: 'missing-companion', files: [{ id: 'Licensed', missing: ['sdxl'] }] },
]

/** What the files of the groups lack. */
export const missingCompanions: readonly MissingCompanion[] = [
  {
    key: 'sdxl',
    role: 'base-model',
    base: 'SDXL',
    isCertain: true,
    usualName: null,
    offers: [
      { id: 'offer-sdxl', fileName: 'sd_xl.safetensors', sizeBytes: 6_900_000_000, where: '~/models' },
    ],
  },
]

/** Opens the page, to which files in review are added. */
export async function openReview(
  rows: readonly UploadRow[] = reviewRows,
  view: ReviewView = reviewOf(rows, { groups: reviewGroups, missingCompanions }),
  answers: NonNullable<Parameters<typeof openPage>[0]>['answers'] = {},
) {
  const opened = await openPage({ rows, answers })
  opened.emit('reviews', [view])
  opened.emit('added', { added: rows.length, refused: 0, skipped: [], review: view.id })
  return { ...opened, view, sheet: opened.screen.getByRole('dialog') }
}
