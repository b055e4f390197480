import { remedyOf } from '../../contract/failures.ts'
import { isNamed, isRestrictive } from '../../contract/licences.ts'
import { notSentOf, type ReviewFacts, type ReviewGroup, type ReviewGroupKind } from '../../contract/review.ts'
import type { TeamComparison } from '../../conflicts/compare-with-team.ts'
import { isApprovable, isFound, type UploadRecord } from '../../journal/upload-record.ts'
import type { ReviewPolicy } from './upload-policy.ts'

/** What grouping uses besides the files themselves. */
export interface GroupingContext {
  readonly comparison: TeamComparison
  /** Keys of the companions that files lack, by the ids of the files. */
  readonly missingCompanions: ReadonlyMap<string, readonly string[]>
  readonly policy: ReviewPolicy
  readonly knownHash: (record: UploadRecord) => string | null
}

/** The order in which groups are shown: first those that can't be approved as they are. */
const order: readonly ReviewGroupKind[] = [
  'broken',
  'unsafe',
  'outside',
  'path-conflict',
  'duplicate',
  'in-library',
  'private-content',
  'licence',
  'missing-companion',
]

type Groups = { readonly [Kind in ReviewGroupKind]: ReviewFacts[Kind][] }

/**
 * Groups files by the decision that they need. The window and the command line show the same groups. A file
 * may be in several of them, but one that can't be uploaded as it is only in the group that says why.
 */
export function groupForReview(
  records: readonly UploadRecord[],
  context: GroupingContext,
): readonly ReviewGroup[] {
  const { comparison, policy } = context
  const groups: Groups = {
    broken: [],
    unsafe: [],
    outside: [],
    'path-conflict': [],
    duplicate: [],
    'in-library': [],
    'private-content': [],
    licence: [],
    'missing-companion': [],
  }
  const originals = findOriginals(records, context.knownHash)
  for (const record of records) {
    const { id, recognition } = record
    if (addByReason(groups, record, comparison) === 'broken') continue
    const original = originals.get(id)
    if (original) groups.duplicate.push({ id, ...original })
    const match = comparison.inLibrary.get(id)
    if (match) groups['in-library'].push({ id, ...match })
    if (recognition.privateContent)
      groups['private-content'].push({ id, content: recognition.privateContent })
    const { licence } = recognition
    if (licence !== undefined && (isRestrictive(licence) || isNamed(licence, policy.confirmLicences)))
      groups.licence.push({ id, licence })
    const missing = context.missingCompanions.get(id)
    if (missing) groups['missing-companion'].push({ id, missing })
  }
  return order.flatMap((kind) =>
    groups[kind].length > 0 ? [{ kind, files: groups[kind] } as ReviewGroup] : [],
  )
}

/** Adds a file that can't be uploaded as it is, or about which the user has decided; returns the group, if any. */
function addByReason(
  groups: Groups,
  record: UploadRecord,
  { conflicts }: TeamComparison,
): ReviewGroupKind | null {
  const { id } = record
  const found = record.failure ?? record.library?.decided
  const reason = found ?? conflicts.get(id)
  if (!reason) return null
  const { code, params } = reason
  const decision = found && isApprovable(record) ? ({ isDecided: true } as const) : {}
  switch (remedyOf(reason)) {
    case 'allow': {
      const kind = code === 'file-outside' ? 'outside' : 'unsafe'
      groups[kind].push({ id, code, ...decision })
      return kind
    }
    case 'choose':
      groups['path-conflict'].push({ id, name: String(params['name'] ?? ''), ...decision })
      return 'path-conflict'
    default:
      groups.broken.push({ id, code })
      return 'broken'
  }
}

interface Original {
  readonly of: string
  readonly isCertain: boolean
}

/**
 * For each copy, the first file with the same size and samples. Hashes decide where both are known. Each file
 * of a multi-file model is needed at its own path, so that such copies are not duplicates.
 */
function findOriginals(
  records: readonly UploadRecord[],
  knownHash: (record: UploadRecord) => string | null,
): ReadonlyMap<string, Original> {
  const originals = new Map<string, Original>()
  const comparable = records.filter(
    ({ identity, recognition }) => identity.sample !== undefined && recognition.group === undefined,
  )
  const byBytes = Map.groupBy(comparable, ({ identity }) => `${identity.sizeBytes} ${identity.sample}`)
  for (const [first, ...copies] of byBytes.values()) {
    if (!first || copies.length === 0) continue
    const hash = knownHash(first)
    for (const copy of copies) {
      const copyHash = hash === null ? null : knownHash(copy)
      if (copyHash !== null && copyHash !== hash) continue
      originals.set(copy.id, { of: first.id, isCertain: copyHash !== null })
    }
  }
  return originals
}

/** Whether a review leaves something to upload or decide. A file that the app has found is never settled without the user. */
export function hasWork(records: readonly UploadRecord[], groups: readonly ReviewGroup[]): boolean {
  const { blocked, skipped } = notSentOf(groups)
  const broken = new Set(groups.find(({ kind }) => kind === 'broken')?.files.map(({ id }) => id))
  return records.some(
    (record) =>
      isFound(record) || (!broken.has(record.id) && (blocked.has(record.id) || !skipped.has(record.id))),
  )
}
