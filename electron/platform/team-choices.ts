import * as v from 'valibot'
import type { TeamChoice } from '../contract/account.ts'

export const teamChoiceSchema = v.object({ accountId: v.string(), teamId: v.string() })
/** The last choice, and the last ones of other accounts, latest first; older versions stored only the last. */
const storedChoices = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ ...teamChoiceSchema.entries, earlier: v.optional(v.array(teamChoiceSchema), []) }),
)

/** The last choice of each account, latest first; null if the stored value is none. */
export function parseTeamChoices(value: unknown): readonly TeamChoice[] | null {
  const parsed = v.safeParse(storedChoices, value)
  if (!parsed.success) return null
  const { earlier, ...last } = parsed.output
  return [last, ...earlier]
}

export function serializeTeamChoices([last, ...earlier]: readonly TeamChoice[]): string {
  return JSON.stringify({ ...last, earlier })
}
