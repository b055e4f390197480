import { isNamed } from '../../contract/licences.ts'
import {
  decisionIdsOf,
  reviewAboveBytes,
  reviewAboveModels,
  type ReviewGroup,
} from '../../contract/review.ts'
import type { UploadRecord } from '../../journal/upload-record.ts'
import type { FoundFile } from '../../recognition/found-file.ts'
import type { ReviewPolicy } from './upload-policy.ts'

/**
 * How files were added. `by-rules` follows the settings. `first` is for files that were added before there
 * was a team, and for what the command line only shows. `confirmed` is for files whose upload was confirmed
 * in a native dialog, and `approved` for those that the user has seen one by one.
 */
export type ReviewMode = 'by-rules' | 'first' | 'confirmed' | 'approved'

/**
 * Whether files are reviewed in any case (`yes`), only if one of them needs a decision (`if-any-needs-it`), or
 * only if one has a licence that the settings name (`if-licence`).
 */
export type ReviewNeed = 'yes' | 'if-any-needs-it' | 'if-licence' | 'no'

/** Decided from the list of files alone, before any of them is opened. */
export function needForReview(
  files: readonly Pick<FoundFile, 'group' | 'path' | 'sizeBytes'>[],
  { review, confirmLicences }: ReviewPolicy,
  mode: ReviewMode,
): ReviewNeed {
  if (mode === 'approved') return 'no'
  if (mode === 'confirmed' || review === 'never') return confirmLicences.length > 0 ? 'if-licence' : 'no'
  if (review === 'always' || mode === 'first') return 'yes'
  const models = new Set(files.map(({ group, path }) => group?.key ?? path))
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return models.size > reviewAboveModels || totalBytes > reviewAboveBytes ? 'yes' : 'if-any-needs-it'
}

/** Whether inspected files are reviewed, by what was found in them. */
export function isReviewNeeded(
  need: ReviewNeed,
  records: readonly UploadRecord[],
  options: {
    readonly policy: ReviewPolicy
    readonly findGroups: (records: readonly UploadRecord[]) => readonly ReviewGroup[]
  },
): boolean {
  const { confirmLicences } = options.policy
  const isConfirmed = ({ recognition: { licence } }: UploadRecord) =>
    licence === undefined || !isNamed(licence, confirmLicences)
  if (need === 'if-licence') return !records.every(isConfirmed)
  if (need === 'if-any-needs-it') return decisionIdsOf(options.findGroups(records)).size > 0
  return need === 'yes'
}
