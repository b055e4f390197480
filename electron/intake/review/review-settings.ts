import * as v from 'valibot'
import { failure, remedyOf } from '../../contract/failures.ts'
import { settingsSchema, type Settings } from '../../contract/settings.ts'
import type { StoredChoices } from '../../platform/environment.ts'
import type { Inspection } from '../../recognition/found-file.ts'

const schema = v.strictObject({
  review: settingsSchema.entries.review,
  allowedFormats: settingsSchema.entries.allowedFormats,
  allowPickles: settingsSchema.entries.allowPickles,
  confirmLicences: settingsSchema.entries.confirmLicences,
})

/** What may be uploaded, and what is reviewed before. */
export type ReviewPolicy = Pick<Settings, keyof typeof schema.entries>

export interface ReviewSettings {
  current(): ReviewPolicy
  /** Uses and stores the app's settings. */
  apply(settings: Partial<ReviewPolicy>): void
}

const stored = v.fallback(v.pipe(v.string(), v.parseJson(), schema), v.parse(schema, {}))

/** The command line has no settings of its own: it uses those that the app has stored in the journal. */
export function createReviewSettings(choices: StoredChoices, initial: Partial<ReviewPolicy>): ReviewSettings {
  let given = initial

  const current = (): ReviewPolicy => ({ ...v.parse(stored, choices.get('review-policy')), ...given })

  function apply(settings: Partial<ReviewPolicy>): void {
    const { review, allowedFormats, allowPickles, confirmLicences } = settings
    given = {
      ...(review === undefined ? {} : { review }),
      ...(allowedFormats === undefined ? {} : { allowedFormats }),
      ...(allowPickles === undefined ? {} : { allowPickles }),
      ...(confirmLicences === undefined ? {} : { confirmLicences }),
    }
    if (Object.keys(given).length < Object.keys(schema.entries).length) return
    const text = JSON.stringify(current())
    // Settings are applied at each change of conditions, such as another speed limit.
    if (choices.get('review-policy') !== text) choices.set('review-policy', text)
  }

  apply(initial)
  return { current, apply }
}

/** Refuses a file that the settings forbid. A failure that the user could accept must not hide that. */
export function applyPolicy(inspection: Inspection, policy: ReviewPolicy): Inspection {
  if (inspection.failure !== null && remedyOf(inspection.failure) !== 'allow') return inspection
  const { format } = inspection.recognition
  if (policy.allowedFormats !== null && !policy.allowedFormats.includes(format))
    return { ...inspection, failure: failure('format-not-allowed', { format }) }
  if (!policy.allowPickles && format === 'pytorch')
    return { ...inspection, failure: failure('pickle-not-allowed') }
  return inspection
}
