import { expect, test } from 'vitest'
import { urlExpiryMs, urlLifetimeMs } from '../../../electron/transfer/presigned-url.ts'

const expiryOf = (query: string) => urlExpiryMs(`https://bucket.example/key?${query}`)

test('computes the expiry of a presigned URL', () => {
  expect(expiryOf('X-Amz-Date=20261124T170509Z&X-Amz-Expires=3600')).toBe(Date.UTC(2026, 10, 24, 18, 5, 9))
})

test.each([
  ['has no date', 'X-Amz-Expires=3600'],
  ['has no lifetime', 'X-Amz-Date=20261124T170509Z'],
  ['has a date in another form', 'X-Amz-Date=2026-11-24&X-Amz-Expires=3600'],
  ['has a lifetime that is not a number', 'X-Amz-Date=20261124T170509Z&X-Amz-Expires=long'],
  ['is signed in another way', 'sig=abc'],
])('returns no expiry for a URL that %s', (_name, query) => {
  expect(expiryOf(query)).toBeNull()
})

test.each([
  ['X-Amz-Date=20261124T170509Z&X-Amz-Expires=15', 15_000],
  ['X-Amz-Date=20261124T170509Z', null],
  ['X-Amz-Expires=long', null],
])('reads the lifetime of a URL (%s)', (query, lifetimeMs) => {
  expect(urlLifetimeMs(`https://bucket.example/key?${query}`)).toBe(lifetimeMs)
})
