import { expect, test } from 'vitest'
import { blockedIdsOf, decisionIdsOf, type ReviewGroup } from '../../../electron/contract/review.ts'

const groups: readonly ReviewGroup[] = [
  { kind: 'broken', files: [{ id: 'broken', code: 'file-empty' }] },
  { kind: 'unsafe', files: [{ id: 'unsafe', code: 'file-dangerous' }] },
  { kind: 'path-conflict', files: [{ id: 'conflict', name: 'Flux' }] },
  {
    kind: 'duplicate',
    files: [
      { id: 'conflict', of: 'x', isCertain: true },
      { id: 'copy', of: 'x', isCertain: false },
    ],
  },
  { kind: 'in-library', files: [{ id: 'known', name: 'Flux', path: null, isCertain: true }] },
  { kind: 'private-content', files: [{ id: 'private', content: ['prompt'] }] },
  { kind: 'licence', files: [{ id: 'licence', licence: 'cc-by-nc' }] },
  { kind: 'missing-companion', files: [{ id: 'informed', missing: ['vae'] }] },
]

test('the user decides about unsafe files, path conflicts, private data and licences', () => {
  expect([...decisionIdsOf(groups)]).toEqual(['unsafe', 'conflict', 'private', 'licence'])
  expect(decisionIdsOf([])).toEqual(new Set())
})

test('broken and unsafe files and path conflicts can’t be approved as they are', () => {
  expect([...blockedIdsOf(groups)]).toEqual(['broken', 'unsafe', 'conflict'])
})
