import { reviewAboveBytes, reviewAboveModels } from '../../contract/review.ts'
import type { FoundFile } from '../../recognition/found-file.ts'
import type { ReviewPolicy } from './review-policy.ts'

/**
 * How files were added. `by-rules` follows the settings. `first` is for files that were added before there
 * was a team, and for what the command line only shows. `confirmed` is for files whose upload was confirmed
 * in a native dialog, and `approved` for those that the user has seen one by one. `joining` is for files that
 * are added to a review.
 */
export type ReviewMode = 'by-rules' | 'first' | 'confirmed' | 'approved' | 'joining'

/**
 * Whether files are reviewed in any case (`yes`), only if one of them needs a decision (`if-any-needs-it`), or
 * only if one has a licence that the settings name (`if-licence`).
 */
export type ReviewNeed = 'yes' | 'if-any-needs-it' | 'if-licence' | 'no'

/** Decided from the list of files alone, before any of them is opened. */
export function needForReview(
  files: readonly FoundFile[],
  { review, confirmLicences }: ReviewPolicy,
  mode: ReviewMode,
): ReviewNeed {
  if (mode === 'approved') return 'no'
  if (mode === 'joining') return 'yes'
  if (mode === 'confirmed' || review === 'never') return confirmLicences.length > 0 ? 'if-licence' : 'no'
  if (review === 'always' || mode === 'first') return 'yes'
  const models = new Set(files.map(({ group, path }) => group?.key ?? path))
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return models.size > reviewAboveModels || totalBytes > reviewAboveBytes ? 'yes' : 'if-any-needs-it'
}
