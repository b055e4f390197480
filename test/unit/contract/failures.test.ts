import { expect, test } from 'vitest'
import {
  failure,
  isBrokenFile,
  isConnectivityFailure,
  isFixedByChangedFile,
  isTargetFailure,
  mustWait,
  remedyOf,
  retryClassOf,
  type FailureCode,
} from '../../../electron/contract/failures.ts'

test('a failure has only the extras that are not empty', () => {
  expect(failure('offline')).toEqual({ code: 'offline', params: {} })
  expect(failure('offline', {}, { serverMessage: ' \n', detail: '\u0000 ' })).toEqual({
    code: 'offline',
    params: {},
  })
  const extras = { serverMessage: 'Busy.', detail: ' a\n\nb\u202e ', retryAfterMs: 0 }
  expect(failure('server-trouble', { status: 503 }, extras)).toEqual({
    code: 'server-trouble',
    params: { status: 503 },
    serverMessage: 'Busy',
    detail: 'a b',
    retryAfterMs: 0,
  })
})

test('a message of a server is cut to 200 characters, and shown on one line without a full stop', () => {
  const messageOf = (serverMessage: string) => failure('unexpected', {}, { serverMessage }).serverMessage
  expect(messageOf('a'.repeat(200))).toBe('a'.repeat(200))
  expect(messageOf('😀'.repeat(201))).toBe(`${'😀'.repeat(199)}…`)
  expect(messageOf(' Too\n\tmany “files”… 太多。 ')).toBe('Too many "files"… 太多')
})

test('a detail is cut after 300 characters, from its start', () => {
  const detail = `x${'a'.repeat(299)}`
  expect(failure('unexpected', {}, { detail }).detail).toBe(detail)
  expect(failure('unexpected', {}, { detail: `${detail}b` }).detail).toBe(detail)
})

test.each<[FailureCode, string, string]>([
  ['offline', 'later', 'wait'],
  ['upload-ended', 'now', 'wait'],
  ['signed-out', 'after-sign-in', 'sign-in'],
  ['forbidden', 'never', 'retry'],
])('after %s an upload is retried %s, and the remedy is %s', (code, retry, remedy) => {
  expect([retryClassOf(failure(code)), remedyOf(failure(code))]).toEqual([retry, remedy])
})

test.each<[FailureCode, isBroken: boolean, isFixed: boolean]>([
  ['file-empty', true, true],
  ['file-misnamed', true, true],
  ['file-missing', false, true],
  ['file-link', false, true],
  ['file-changed', false, false],
  ['forbidden', false, false],
])(
  '%s means a file that is no whole model: %s; another file in its place may help: %s',
  (code, isBroken, isFixed) => {
    expect([isBrokenFile(failure(code)), isFixedByChangedFile(failure(code))]).toEqual([isBroken, isFixed])
  },
)

test.each<[FailureCode, boolean]>([
  ['target-path', true],
  ['path-taken', true],
  ['conflict', true],
  ['file-misnamed', false],
  ['forbidden', false],
])('another name, type or path may help after %s: %s', (code, expected) => {
  expect(isTargetFailure(failure(code))).toBe(expected)
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
