import { expect, test } from 'vitest'
import { failure, isRechecked, type FailureCode } from '../../../electron/contract/failures.ts'
import {
  allPausing,
  failureStateOf,
  hasUnreadableFolder,
  isAllPaused,
  isFileRechecked,
  needsAttention,
  skippedCount,
  targetBeside,
  targetFailure,
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

test.each<[Partial<typeof target>, FailureCode | null]>([
  [{ displayName: ' ' }, 'target-name'],
  [{ displayName: '界'.repeat(255) }, null],
  [{ displayName: '😀'.repeat(255) }, null],
  [{ displayName: 'a'.repeat(256) }, 'target-name'],
  [{ modelType: ' ' }, 'target-type'],
  [{ modelType: '界'.repeat(50) }, null],
  [{ modelType: 'a'.repeat(51) }, 'target-type'],
  [{ modelPath: 'models/../a.pt' }, 'target-path'],
])('the server accepts the target %j unless it is a %s', (change, code) => {
  expect(targetFailure({ ...target, ...change })?.code ?? null).toBe(code)
})

test('everything is being paused once each running upload is', () => {
  const pausing = { uploadCount: 2, finishingParts: 3, unacknowledgedBytes: 5 }
  expect(allPausing({ ...emptyTotals, running: 2, pausing })).toEqual(pausing)
  expect([allPausing({ ...emptyTotals, running: 3, pausing }), allPausing(emptyTotals)]).toEqual([null, null])
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

test('another file of a model has its type and folder, under its own name', () => {
  expect(targetBeside(target, 'b.pt')).toEqual({ modelType: 'loras', modelPath: 'models/loras/sdxl/b.pt' })
  expect(targetBeside({ modelPath: 'a.pt' }, 'b+c.pt')).toEqual({ modelPath: 'b_c.pt' })
  expect(targetBeside({ modelType: 'vae' }, 'b.pt')).toEqual({ modelType: 'vae' })
  expect(targetBeside({}, 'b.pt')).toEqual({})
})

test('counts skipped files with those that are not listed', () => {
  const skipped = [
    { name: 'a', reason: 'junk' },
    { name: 'b', reason: 'junk', others: 3 },
  ]
  expect([skippedCount([]), skippedCount(skipped)]).toEqual([0, 5])
})

test('finds a folder that could not be read among skipped files', () => {
  const skipped = ['junk', 'folder-unreadable'].map((reason) => ({ name: 'a', reason }))
  expect([hasUnreadableFolder(skipped), hasUnreadableFolder(skipped.slice(0, 1))]).toEqual([true, false])
})
