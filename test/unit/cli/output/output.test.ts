import { expect, test } from 'vitest'
import {
  describeLibraryFailure,
  describeUnexpectedError,
  failureAsJson,
  isCopyOfOther,
  libraryFailureAsJson,
  verificationAsJson,
  verificationLabel,
} from '../../../../electron/cli/output/output.ts'
import { failure } from '../../../../electron/contract/failures.ts'
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

test.each([
  ['at its own path', 'models/a.pt', false],
  ['at another path', 'models/b.pt', true],
  ['at a path that is not known', null, false],
])('a copy of a model %s is one of another model: %s', (_where, path, expected) => {
  const already = { name: 'A', path, status: 'active' }
  const uploaded = registeredRow('a', { already, target: { modelPath: 'models/a.pt' } })
  expect(isCopyOfOther(uploaded)).toBe(expected)
})
