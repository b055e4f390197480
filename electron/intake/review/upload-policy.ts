import { failure, remedyOf, type Failure } from '../../contract/failures.ts'
import { defaultSettings, type Settings } from '../../contract/settings.ts'
import type { Inspection } from '../../recognition/found-file.ts'

/** What may be uploaded, and what is reviewed before. */
export type ReviewPolicy = Pick<Settings, 'review' | 'allowedFormats' | 'allowPickles' | 'confirmLicences'>

/** The policy of the settings; the defaults apply where they are not given. */
export function reviewPolicyOf(settings: Partial<ReviewPolicy>): ReviewPolicy {
  const { review, allowedFormats, allowPickles, confirmLicences } = { ...defaultSettings, ...settings }
  return { review, allowedFormats, allowPickles, confirmLicences }
}

/**
 * Refuses a file that the settings forbid. A failure that the user can accept, or that goes with a decision, must
 * not hide that.
 */
export function applyPolicy<Inspected extends Pick<Inspection, 'failure' | 'recognition'>>(
  inspection: Inspected,
  policy: ReviewPolicy,
): Inspected {
  const remedy = inspection.failure && remedyOf(inspection.failure)
  if (remedy !== null && remedy !== 'allow' && remedy !== 'choose') return inspection
  const { format } = inspection.recognition
  if (policy.allowedFormats !== null && !policy.allowedFormats.includes(format))
    return { ...inspection, failure: failure('file-format-not-allowed', { format }) }
  if (!policy.allowPickles && format === 'pytorch')
    return { ...inspection, failure: failure('file-pickle-not-allowed') }
  return inspection
}

/** Whether the settings were the reason for a failure. */
export const isRefusedByPolicy = (reason: Failure | null) =>
  reason?.code === 'file-format-not-allowed' || reason?.code === 'file-pickle-not-allowed'
