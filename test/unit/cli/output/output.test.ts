import { homedir } from 'node:os'
import { expect, test } from 'vitest'
import { exitCodes } from '../../../../electron/cli/exit-codes.ts'
import {
  describeFailure,
  describeLibraryFailure,
  describeUnexpectedError,
  expandHome,
  failureAsJson,
  isCopyOfOther,
  isoTime,
  libraryFailureAsJson,
  othersText,
  reportSkipped,
  skipReasonText,
  skippedAsJson,
  signInExitCode,
  verificationAsJson,
  verificationLabel,
  type UploadReporter,
} from '../../../../electron/cli/output/output.ts'
import { failure, type FailureCode } from '../../../../electron/contract/failures.ts'
import { registeredRow } from '../../../components/support/rows.ts'
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
  reportSkipped(reporter, [{ name: 'd', reason: 'link-outside' }])
  expect(reported.slice(4)).toEqual(['d', 1])
})

test('says that a library can’t be listed, or that its older list is used', () => {
  expect(describeLibraryFailure(failure('offline'), null)).toMatch(
    /^The library can’t be listed\. .*\(offline\)$/,
  )
  expect(describeLibraryFailure(failure('offline'), 0)).toMatch(
    /^The library couldn’t be refreshed\. .*\(offline\)$/,
  )
})

test.each([
  [
    failure('forbidden', { team: '' }),
    'You don’t have permission to see this team’s library. You can still upload.',
    '(forbidden)',
  ],
  [
    failure('not-found', {}, { detail: 'HTTP 405', serverMessage: 'method not allowed' }),
    'This server doesn’t provide a list of models. You can still upload.',
    '(not-found: HTTP 405: method not allowed)',
  ],
  [
    failure('signed-out', {}, { serverMessage: 'expired' }),
    'You’re signed out: “expired”. Nothing is lost. Sign in again to continue uploads.',
    '(signed-out)',
  ],
])('explains a library that can’t be listed ($code), as text and as JSON', (reason, sentence, code) => {
  expect(describeLibraryFailure(reason, null)).toBe(`The library can’t be listed. ${sentence} ${code}`)
  expect(libraryFailureAsJson(reason)).toEqual({ ...failureAsJson(reason), sentence })
})

test('a failure in JSON has the message of the server without a detail', () => {
  const refused = failure('forbidden', { team: 'Studio' }, { serverMessage: 'no quota' })
  expect(failureAsJson(refused)).toMatchObject({ detail: 'no quota' })
})

test.each([
  [{ name: 'a', reason: 'not-a-model' }, 'Not a model file', ''],
  [{ name: 'a', reason: 'not-a-model', others: 2 }, 'Not a model file', ', and 2 more for the same reason'],
  [{ name: 'a', reason: 'of-the-future' }, 'of-the-future', ''],
])('shows why %j was skipped', (file, reason, others) => {
  expect([skipReasonText(file), othersText(file)]).toEqual([reason, others])
})

test('a skipped file in JSON names the file that was kept instead', () => {
  const duplicate = { name: 'a', reason: 'duplicate', kept: 'b' }
  expect(skippedAsJson(duplicate)).toEqual({ file: 'a', reason: 'duplicate', kept: 'b', others: undefined })
  expect(skipReasonText(duplicate)).toContain('b')
})

test.each([
  ['at its own path', 'models/a.pt', false],
  ['at another path', 'models/b.pt', true],
  ['at a path that is not known', null, false],
])('a copy of a model %s is one of another model: %s', (_where, path, expected) => {
  const already = { name: 'A', path, status: 'active' }
  const uploaded = registeredRow('a', { already, target: { modelPath: 'models/a.pt' } })
  expect(isCopyOfOther(uploaded)).toBe(expected)
})

test('an upload that was sent is no copy', () => {
  expect(isCopyOfOther(registeredRow('a'))).toBe(false)
})

test('a displayed path is expanded only if it starts in the home folder', () => {
  expect(['~', '~/models', '~ann/models', '/x/~'].map(expandHome)).toEqual([
    homedir(),
    `${homedir()}/models`,
    '~ann/models',
    '/x/~',
  ])
})

test('a time in JSON is in UTC, or null', () => {
  expect([isoTime(0), isoTime(null)]).toEqual(['1970-01-01T00:00:00.000Z', null])
})
