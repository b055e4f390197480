import { expect, test } from 'vitest'
import { failure, isRechecked, type FailureCode } from '../../../electron/contract/failures.ts'
import {
  failureStateOf,
  isAllPaused,
  isFileRechecked,
  needsAttention,
  withModelType,
  type Phase,
} from '../../../electron/contract/uploads.ts'
import { emptyTotals } from '../../support/totals.ts'

const target = { displayName: 'A', modelType: 'loras', modelPath: 'models/loras/sdxl/a.pt' }

test.each([
  ['moves a path in the folder of the type', 'models/loras/sdxl/a.pt', 'vae', 'models/vae/sdxl/a.pt'],
  ['keeps a path in another folder', 'models/mine/a.pt', 'vae', 'models/mine/a.pt'],
  ['keeps a path in a folder that only begins alike', 'models/loras2/a.pt', 'vae', 'models/loras2/a.pt'],
  ['keeps the path for the same type', 'models/loras/a..pt', 'loras', 'models/loras/a..pt'],
  ['makes the moved path valid', 'models/loras/a..pt', 'vae', 'models/vae/a.pt'],
])('another type %s', (_what, modelPath, modelType, expected) => {
  expect(withModelType({ ...target, modelPath }, modelType)).toEqual({
    displayName: 'A',
    modelType,
    modelPath: expected,
  })
})

test.each([
  ['the whole queue is paused', true, {}, true],
  ['uploads are paused one by one', false, { paused: 1 }, true],
  ['another one still waits', false, { paused: 1, waiting: 1 }, false],
  ['another one still runs', false, { paused: 1, running: 1 }, false],
  ['others still run and wait', false, { paused: 1, running: 1, waiting: 1 }, false],
  ['there is no upload', false, {}, false],
])('offers to resume when %s: %s', (_when, allPaused, counts, expected) => {
  expect(isAllPaused({ totals: { ...emptyTotals, ...counts }, allPaused })).toBe(expected)
})

test.each<[FailureCode, boolean, boolean]>([
  ['file-cut-short', true, true],
  ['file-missing', true, true],
  ['file-downloading', true, true],
  ['file-being-written', false, true],
  // A change may not be noticed, or not be enough.
  ['file-unreadable', false, false],
  ['file-link', false, false],
  ['file-misnamed', false, false],
  ['forbidden', false, false],
])(
  'after %s the app continues with the changed file: %s, looks at it again: %s',
  (code, isFixed, isLooked) => {
    expect([isRechecked(failure(code)), isFileRechecked(failure(code))]).toEqual([isFixed, isLooked])
  },
)

test('needs attention after a failure, or when the record in the library is wrong', () => {
  const needs = (phase: Phase, code: FailureCode | null) =>
    needsAttention({ phase, failure: code && failure(code) })
  expect([
    needs('failed', 'forbidden'),
    needs('failed', null),
    needs('registered', 'record-differs'),
  ]).toEqual([true, true, true])
  expect([
    needs('failed', 'file-being-written'),
    needs('registered', null),
    needs('retrying', 'offline'),
    needs('review', 'file-dangerous'),
  ]).toEqual([false, false, false, false])
})

test.each<[Phase, FailureCode | null, string]>([
  ['registered', 'record-differs', 'final'],
  ['review', 'file-dangerous', 'review'],
  ['retrying', 'offline', 'retrying'],
  ['waiting', null, 'retrying'],
  ['failed', 'forbidden', 'final'],
  ['failed', null, 'final'],
  ['failed', 'file-being-written', 'retrying'],
  ['failed', 'file-not-inspected', 'retrying'],
  ['failed', 'file-cut-short', 'retrying'],
  ['failed', 'file-unreadable', 'final'],
])('the text for an upload that is %s with %s says what follows: %s', (phase, code, expected) => {
  expect(failureStateOf({ phase, failure: code && failure(code) })).toBe(expected)
})
