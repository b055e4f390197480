import { expect, test } from 'vitest'
import { failure } from '../../../../electron/contract/failures.ts'
import type { TeamComparison } from '../../../../electron/conflicts/compare-with-team.ts'
import { blockedIdsOf, decisionIdsOf } from '../../../../electron/contract/review.ts'
import { groupForReview } from '../../../../electron/intake/review/review-groups.ts'
import { reviewPolicyOf } from '../../../../electron/intake/review/upload-policy.ts'
import type { UploadRecord } from '../../../../electron/journal/upload-record.ts'
import { uploadRecord } from '../../../support/records.ts'

const nothing: TeamComparison = { conflicts: new Map(), inLibrary: new Map() }

const group = (
  records: readonly UploadRecord[],
  comparison: TeamComparison = nothing,
  hashes: Readonly<Record<string, string>> = {},
  missingCompanions: ReadonlyMap<string, readonly string[]> = new Map(),
) =>
  groupForReview(records, {
    comparison,
    missingCompanions,
    policy: reviewPolicyOf({ confirmLicences: ['openrail'] }),
    knownHash: ({ id }) => hashes[id] ?? null,
  })

/** A file of which samples were read. */
const sampled = (sample: string, change: Partial<UploadRecord> = {}) => {
  const record = uploadRecord(change)
  return { ...record, identity: { ...record.identity, sample } }
}

test('groups files by the decision that they need, the blocked ones first', () => {
  const sound = sampled('a')
  const broken = sampled('b', { failure: failure('file-cut-short') })
  const unsafe = sampled('c', { failure: failure('file-dangerous') })
  const taken = sampled('d', { failure: failure('path-taken', { name: 'Blue' }) })
  const found = group([sound, unsafe, taken, broken])
  expect(found).toEqual([
    { kind: 'broken', files: [{ id: broken.id, code: 'file-cut-short' }] },
    { kind: 'unsafe', files: [{ id: unsafe.id, code: 'file-dangerous' }] },
    { kind: 'path-conflict', files: [{ id: taken.id, name: 'Blue' }] },
  ])
  expect(decisionIdsOf(found)).toEqual(new Set([unsafe.id, taken.id]))
  expect(blockedIdsOf(found)).toEqual(new Set([broken.id, unsafe.id, taken.id]))
})

test('keeps files in their groups after the decision, which no longer blocks them', () => {
  const unsafe = sampled('a', { failure: failure('file-dangerous'), allowed: true })
  const conflict = failure('path-taken', { name: 'Blue' })
  const replacing = sampled('b', { library: { onConflict: 'replace', decided: conflict } })
  const found = group([unsafe, replacing])
  expect(found).toEqual([
    { kind: 'unsafe', files: [{ id: unsafe.id, code: 'file-dangerous', isDecided: true }] },
    { kind: 'path-conflict', files: [{ id: replacing.id, name: 'Blue', isDecided: true }] },
  ])
  expect([blockedIdsOf(found), decisionIdsOf(found)]).toEqual([new Set(), new Set()])
})

test('lists a file in every group that applies, but a broken one only there', () => {
  const { recognition } = uploadRecord()
  const told = { ...recognition, privateContent: ['prompt'], licence: 'CreativeML OpenRAIL-M' } as const
  const one = sampled('a', { recognition: told })
  const broken = sampled('b', { recognition: told, failure: failure('file-empty') })
  const inLibrary = new Map([[one.id, { name: 'Blue', path: null, isCertain: true }]])
  expect(
    group([one, broken], { ...nothing, inLibrary }).map(({ kind, files }) => [kind, files.length]),
  ).toEqual([
    ['broken', 1],
    ['in-library', 1],
    ['private-content', 1],
    ['licence', 1],
  ])
})

test('groups files of the same size and samples as duplicates unless their hashes differ', () => {
  const [first, copy, other] = [sampled('a'), sampled('a'), sampled('b')]
  const duplicateOf = (hashes?: Readonly<Record<string, string>>) =>
    group([first, copy, other], nothing, hashes)
  expect(duplicateOf()).toEqual([
    { kind: 'duplicate', files: [{ id: copy.id, of: first.id, isCertain: false }] },
  ])
  expect(duplicateOf({ [first.id]: 'x', [copy.id]: 'x' })).toEqual([
    { kind: 'duplicate', files: [{ id: copy.id, of: first.id, isCertain: true }] },
  ])
  expect(duplicateOf({ [first.id]: 'x', [copy.id]: 'y' })).toEqual([])
})
