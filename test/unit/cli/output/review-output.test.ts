import { expect, test } from 'vitest'
import {
  companionText,
  plannedAsJson,
  planLines,
  proposalLines,
} from '../../../../electron/cli/output/review-output.ts'
import type { MissingCompanion } from '../../../../electron/contract/companions.ts'
import type { ReviewGroup } from '../../../../electron/contract/review.ts'
import type { UploadProposal } from '../../../../electron/engine/engine.ts'
import type { UploadRecord } from '../../../../electron/journal/upload-record.ts'
import { uploadRecord } from '../../../support/records.ts'

const target = (name: string, modelType = 'loras') => ({
  displayName: name,
  modelType,
  modelPath: `models/${modelType}/${name}.safetensors`,
})
const record = (name: string, change: Partial<UploadRecord> = {}) =>
  uploadRecord({
    id: name,
    fileName: `${name}.safetensors`,
    path: `/models/${name}.safetensors`,
    identity: { sizeBytes: 2_000_000_000, mtimeNs: 1n, inode: 1n },
    target: target(name),
    ...change,
  })
const companion = (change: Partial<MissingCompanion>): MissingCompanion => ({
  key: 'vae',
  role: 'vae',
  base: 'Flux',
  isCertain: true,
  usualName: 'ae.safetensors',
  offers: [],
  ...change,
})
const proposal = (change: Partial<UploadProposal>): UploadProposal => ({
  records: [record('a'), record('b')],
  groups: [],
  missingCompanions: [],
  isReviewNeeded: true,
  skipped: [],
  queuedNames: [],
  ...change,
})

test.for<[ReviewGroup, readonly string[]]>([
  [
    { kind: 'broken', files: [{ id: 'a', code: 'file-empty' }] },
    ['Can’t be uploaded: 1 file', '  a.safetensors: file-empty'],
  ],
  [
    { kind: 'path-conflict', files: [{ id: 'a', name: 'Flux' }] },
    ['Library path is in use; decide with --on-conflict: 1 file', '  a.safetensors: Flux'],
  ],
  [
    {
      kind: 'duplicate',
      files: [
        { id: 'a', of: 'b', isCertain: true },
        { id: 'b', of: 'a', isCertain: false },
      ],
    },
    [
      'Duplicates of another file: 2 files',
      '  a.safetensors: the same as b.safetensors',
      '  b.safetensors: probably the same as a.safetensors',
    ],
  ],
  [
    {
      kind: 'in-library',
      files: [
        { id: 'a', name: 'Flux', path: 'models/flux.safetensors', isCertain: true },
        { id: 'b', name: 'Wan', path: null, isCertain: false },
      ],
    },
    [
      'Already in the library: 2 files',
      '  a.safetensors: as Flux at models/flux.safetensors',
      '  b.safetensors: probably as Wan',
    ],
  ],
  [
    { kind: 'private-content', files: [{ id: 'a', content: ['prompt', 'workflow'] }] },
    ['Contain private data: 1 file', '  a.safetensors: prompt, workflow'],
  ],
  [
    { kind: 'licence', files: [{ id: 'a', licence: 'cc-by-nc-4.0' }] },
    ['Have a restrictive licence: 1 file', '  a.safetensors: cc-by-nc-4.0'],
  ],
])('shows what needs a decision: %j', ([group, lines]) => {
  expect(proposalLines(proposal({ groups: [group] })).slice(1)).toEqual(lines)
})

test('plans what happens to each file, with the total at the end', () => {
  const groups: readonly ReviewGroup[] = [
    { kind: 'broken', files: [{ id: 'c', code: 'file-empty' }] },
    { kind: 'path-conflict', files: [{ id: 'b', name: 'Flux' }] },
    { kind: 'duplicate', files: [{ id: 'e', of: 'a', isCertain: true }] },
    {
      kind: 'in-library',
      files: [
        { id: 'd', name: 'Wan', path: null, isCertain: true },
        { id: 'f', name: 'Old', path: null, isCertain: false },
      ],
    },
  ]
  const all = proposal({ records: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => record(name)), groups })
  const lines = planLines({ ...all, queuedNames: ['x.gguf'] })
  expect([...lines.slice(0, 2), ...lines.slice(6, 7)]).toEqual([
    'upload      a.safetensors (2.0 GB) → Studio North: models/loras/a.safetensors',
    'blocked     b.safetensors (2.0 GB) → Studio North: models/loras/b.safetensors',
    'continue    x.gguf (already in the queue)',
  ])
  expect(lines.slice(0, 6).map((line) => line.split(' ')[0])).toEqual([
    'upload',
    'blocked',
    'broken',
    'already',
    'duplicate',
    'upload',
  ])
  expect(lines.at(-1)).toBe(
    'would upload 2 files, 4.0 GB; 1 already there; 1 identical to another file; 1 in the queue; 1 broken; 1 blocked',
  )
})

test('names the models that the team lacks before those that may have another name', () => {
  const groups: readonly ReviewGroup[] = [
    { kind: 'missing-companion', files: [{ id: 'a', missing: ['clip', 'vae', 'unknown'] }] },
  ]
  const clip = companion({ key: 'clip', role: 'text-encoder', base: 'T5-XXL / UMT5', isCertain: false })
  const missingCompanions = [{ ...clip, usualName: null }, companion({})]
  const given = proposal({ groups, missingCompanions })
  expect(proposalLines(given).at(-1)).toBe(
    '  a.safetensors: the team has no Flux VAE (usually ae.safetensors); not found under a known name: T5-XXL or UMT5 text encoder',
  )
  expect(companionText(clip)).toBe('T5-XXL or UMT5 text encoder (usually ae.safetensors)')
  expect(plannedAsJson(given)).toMatchObject([
    {
      decisions: [],
      action: 'upload',
      missingCompanions: [
        { role: 'text-encoder', base: 'T5-XXL / UMT5', usualName: null, found: 'not-by-name' },
        { role: 'vae', base: 'Flux', usualName: 'ae.safetensors', found: 'no' },
      ],
    },
    { missingCompanions: [] },
  ])
})
