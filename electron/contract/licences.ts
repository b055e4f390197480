/**
 * Parts of licence names that forbid commercial use, changes, or any use outside of an agreement. Sources:
 * the identifiers at huggingface.co/docs/hub/repositories-licenses and the licences' own names. Licences that
 * only forbid harmful uses (OpenRAIL) are not among them.
 */
const restrictive = [
  'non-commercial',
  'noncommercial',
  'no-derivatives',
  'research',
  'academic-use',
  'personal-use',
  'evaluation',
  'proprietary',
  'all-rights-reserved',
  'internal-use',
  'confidential',
  'stabilityai-ai-community',
  'stability-ai-community',
  'sai-nc-community',
  'tencent-hunyuan',
  'llama2',
  'llama3',
  'llama-2',
  'llama-3',
  'llama4',
]

/** Names are compared without regard to case, and spaces, dots and underscores count as hyphens. */
const normalised = (licence: string) => licence.toLowerCase().replace(/[\s._]+/g, '-')

/** Non-commercial or no derivatives, as in `cc-by-nc`, but not in `ncsa`. */
const restrictiveAbbreviation = /-n[cd](?![a-z])/

/** Whether a licence restricts what a team may do with the model. */
export function isRestrictive(licence: string): boolean {
  const name = normalised(licence)
  return restrictiveAbbreviation.test(name) || restrictive.some((part) => name.includes(part))
}

/** Whether the user has named this licence in the settings. */
export function isNamed(licence: string, parts: readonly string[]): boolean {
  const name = normalised(licence)
  return parts.some((part) => name.includes(normalised(part.trim())))
}
