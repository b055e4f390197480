import { expect, test } from 'vitest'
import { needForReview } from '../../../../electron/intake/review/needs-review.ts'
import { applyPolicy, reviewPolicyOf } from '../../../../electron/intake/review/upload-policy.ts'
import { failure, type Failure } from '../../../../electron/contract/failures.ts'
import type { ModelFormat } from '../../../../electron/contract/recognition.ts'
import type { FoundFile, Inspection } from '../../../../electron/recognition/found-file.ts'
import { uploadRecord } from '../../../support/records.ts'

const file = (name: string, sizeBytes = 1_000, group?: string) =>
  ({ path: `/models/${name}`, name, sizeBytes, ...(group ? { group: { key: group } } : {}) }) as FoundFile
const files = (count: number, sizeBytes?: number, group?: string) =>
  Array.from({ length: count }, (_, index) => file(`${index}`, sizeBytes, group))
const whenNeeded = reviewPolicyOf({ review: 'when-needed' })

test('reviews more than five models, and counts a model of several files once', () => {
  expect(needForReview(files(5), whenNeeded, 'by-rules')).toBe('if-any-needs-it')
  expect(needForReview(files(6), whenNeeded, 'by-rules')).toBe('yes')
  expect(needForReview(files(40, 1_000, 'sd3'), whenNeeded, 'by-rules')).toBe('if-any-needs-it')
})

test('reviews more than 20 GB', () => {
  expect(needForReview(files(2, 10e9), whenNeeded, 'by-rules')).toBe('if-any-needs-it')
  expect(needForReview(files(2, 10e9 + 1), whenNeeded, 'by-rules')).toBe('yes')
})

test('always or never reviews by the setting', () => {
  expect(needForReview(files(1), reviewPolicyOf({ review: 'always' }), 'by-rules')).toBe('yes')
  expect(needForReview(files(9), reviewPolicyOf({ review: 'never' }), 'by-rules')).toBe('no')
  expect(needForReview(files(9), reviewPolicyOf({ review: 'never' }), 'first')).toBe('no')
  expect(needForReview(files(1), whenNeeded, 'first')).toBe('yes')
})

test('reviews what was confirmed natively only for licences that the settings name', () => {
  const named = { confirmLicences: ['openrail'] } as const
  expect(needForReview(files(9), whenNeeded, 'confirmed')).toBe('no')
  expect(needForReview(files(9), { ...whenNeeded, ...named }, 'confirmed')).toBe('if-licence')
  expect(needForReview(files(9), { ...whenNeeded, review: 'never', ...named }, 'by-rules')).toBe('if-licence')
  expect(needForReview(files(9), { ...whenNeeded, ...named }, 'approved')).toBe('no')
})

const inspection = (format: ModelFormat, reason: Failure | null = null): Inspection => {
  const { recognition, target, identity } = uploadRecord()
  return { recognition: { ...recognition, format }, target, identity, failure: reason }
}

test('refuses formats and pickles that the settings do not allow', () => {
  const policy = reviewPolicyOf({ allowedFormats: ['safetensors'], allowPickles: false })
  const codeOf = (one: Inspection, given = policy) => applyPolicy(one, given).failure?.code
  expect(codeOf(inspection('safetensors'))).toBeUndefined()
  expect(codeOf(inspection('gguf'))).toBe('file-format-not-allowed')
  expect(codeOf(inspection('pytorch'), { ...policy, allowedFormats: null })).toBe('file-pickle-not-allowed')
})

test('refuses an unsafe file that the settings do not allow, so that it can’t be accepted', () => {
  const policy = reviewPolicyOf({ allowPickles: false })
  const unsafe = inspection('pytorch', failure('file-dangerous', { imports: 'os.system' }))
  expect(applyPolicy(unsafe, policy).failure?.code).toBe('file-pickle-not-allowed')
  const broken = inspection('pytorch', failure('file-empty'))
  expect(applyPolicy(broken, policy).failure?.code).toBe('file-empty')
})
