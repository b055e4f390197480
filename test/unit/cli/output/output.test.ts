import { expect, test } from 'vitest'
import { exitCodes } from '../../../../electron/cli/exit-codes.ts'
import {
  describeFailure,
  describeUnexpectedError,
  failureAsJson,
  reportSkipped,
  signInExitCode,
  verificationAsJson,
  verificationLabel,
  type UploadReporter,
} from '../../../../electron/cli/output/output.ts'
import { failure, type FailureCode } from '../../../../electron/contract/failures.ts'
import type { Verification } from '../../../../electron/contract/verification.ts'

test('describes an unexpected error in one line without secrets', () => {
  const error = Object.assign(new Error('Invalid URL:\nhttp://user:p-ss@proxy:8080'), {
    input: 'http://u:p-ss@x',
  })
  expect(describeUnexpectedError(error)).toMatch(
    /^Modelferry stopped because of an internal error. .*\(Invalid URL:.*\[removed\]@proxy:8080\)$/,
  )
  expect(describeUnexpectedError(error)).not.toContain('p-ss')
  expect(describeUnexpectedError('plain')).toContain('(plain)')
})

test('describes a failure with its code and its technical detail', () => {
  expect(describeFailure(failure('offline'))).toMatch(/^[A-Z].* \(offline\)$/)
  expect(describeFailure(failure('offline', {}, { detail: 'ENETUNREACH' }))).toMatch(
    / \(offline: ENETUNREACH\)$/,
  )
})

test('a failure in JSON has the detail and the message of the server, if there are any', () => {
  const sentence = expect.any(String)
  expect(failureAsJson(null)).toEqual({})
  expect(failureAsJson(failure('offline'))).toEqual({ code: 'offline', sentence })
  const refused = failure('forbidden', { team: 'Studio' }, { detail: '403', serverMessage: 'no quota' })
  expect(failureAsJson(refused)).toEqual({ code: 'forbidden', sentence, detail: '403: no quota' })
})

test.for<[keyof typeof exitCodes, FailureCode]>([
  ['someFailed', 'offline'],
  ['notSignedIn', 'login-refused'],
])('a sign-in ends with the code %s after %s', ([name, code]) => {
  expect(signInExitCode(failure(code))).toBe(exitCodes[name])
})

test.for<[string, object, Verification]>([
  ['verified', { result: 'verified' }, { kind: 'verified', atMs: 1 }],
  ['differs', { result: 'differs', differences: [] }, { kind: 'differs', differences: [], atMs: 1 }],
  [
    'missing',
    { result: 'not-verified', reason: 'missing' },
    { kind: 'not-verified', reason: 'missing', isFinal: true, atMs: 1 },
  ],
  [
    'note',
    { result: 'not-verified', reason: 'offline' },
    { kind: 'not-verified', reason: 'offline', isFinal: false, atMs: 1 },
  ],
  ['note', { result: 'not-verified', reason: 'pending' }, { kind: 'pending' }],
])('labels as “%s” what is in JSON %j', ([label, json, verification]) => {
  expect([verificationLabel(verification), verificationAsJson(verification)]).toEqual([label, json])
})

test('says in JSON that a removed upload was not verified', () => {
  expect(verificationAsJson(null)).toEqual({ result: 'not-verified', reason: 'removed' })
})

test('counts skipped links to other places once, after the files', () => {
  const reported: unknown[] = []
  const reporter = {
    skipped: ({ name }) => void reported.push(name),
    linksSkipped: (count) => void reported.push(count),
  } as Partial<UploadReporter> as UploadReporter
  reportSkipped(reporter, [{ name: 'a.json', reason: 'not-a-model' }])
  expect(reported).toEqual(['a.json'])
  reportSkipped(reporter, [
    { name: 'b', reason: 'link-outside' },
    { name: 'c', reason: 'link-outside' },
  ])
  expect(reported).toEqual(['a.json', 'b', 'c', 2])
})
