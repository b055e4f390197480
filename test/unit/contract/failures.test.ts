import { expect, test } from 'vitest'
import {
  failure,
  isConnectivityFailure,
  mustWait,
  remedyOf,
  retryClassOf,
  type FailureCode,
  isTargetFailure,
} from '../../../electron/contract/failures.ts'

test('a message of a server is cut to 200 characters, and shown on one line without a full stop', () => {
  const messageOf = (serverMessage: string) => failure('unexpected', {}, { serverMessage }).serverMessage
  expect(messageOf('a'.repeat(200))).toBe('a'.repeat(200))
  expect(messageOf('😀'.repeat(201))).toBe(`${'😀'.repeat(199)}…`)
  expect(messageOf(' Too\n\tmany “files”… 太多。 ')).toBe('Too many "files"… 太多')
})

test.each<[FailureCode, string, string]>([
  ['offline', 'later', 'wait'],
  ['upload-ended', 'now', 'wait'],
  ['signed-out', 'after-sign-in', 'sign-in'],
  ['forbidden', 'never', 'retry'],
])('after %s an upload is retried %s, and the remedy is %s', (code, retry, remedy) => {
  expect([retryClassOf(failure(code)), remedyOf(failure(code))]).toEqual([retry, remedy])
})

test.each<[FailureCode, number | undefined, boolean]>([
  ['rate-limited', undefined, true],
  ['server-trouble', 1, true],
  ['server-trouble', 0, false],
  ['server-trouble', undefined, false],
])(
  'after %s with Retry-After %j the server must not be asked at once: %s',
  (code, retryAfterMs, expected) => {
    expect(mustWait(failure(code, {}, { retryAfterMs }))).toBe(expected)
  },
)

test.each<[FailureCode, boolean]>([
  ['offline', true],
  ['name-not-found', true],
  ['server-unreachable', true],
  ['connection-lost', true],
  ['timed-out', true],
  ['proxy-unreachable', true],
  ['server-trouble', false],
  ['proxy-refuses', false],
])('%s may mean that this computer is offline: %s', (code, expected) => {
  expect(isConnectivityFailure(failure(code))).toBe(expected)
})

test.each<[FailureCode, boolean]>([
  ['target-path', true],
  ['path-taken', true],
  ['conflict', true],
  ['file-misnamed', false],
  ['forbidden', false],
])('another name, type or path may help after %s: %s', (code, expected) => {
  expect(isTargetFailure(failure(code))).toBe(expected)
})
