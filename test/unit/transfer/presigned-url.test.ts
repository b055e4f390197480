import { expect, test } from 'vitest'
import { urlExpiryMs, urlLifetimeMs } from '../../../electron/transfer/presigned-url.ts'

const at = (query: string) => urlExpiryMs(`https://bucket.example/key?${query}`)

test('a presigned URL runs out its seconds after it was signed', () => {
  expect(at('X-Amz-Date=20261124T170509Z&X-Amz-Expires=3600')).toBe(Date.UTC(2026, 10, 24, 18, 5, 9))
})

test.each([
  ['has no date', 'X-Amz-Expires=3600'],
  ['has no life', 'X-Amz-Date=20261124T170509Z'],
  ['has a date in another form', 'X-Amz-Date=2026-11-24&X-Amz-Expires=3600'],
  ['has a life that is no number', 'X-Amz-Date=20261124T170509Z&X-Amz-Expires=long'],
  ['is not signed this way at all', 'sig=abc'],
])('a URL that %s does not say when it runs out', (_name, query) => {
  expect(at(query)).toBeNull()
})

test.each([
  ['X-Amz-Date=20261124T170509Z&X-Amz-Expires=15', 15_000],
  ['X-Amz-Date=20261124T170509Z', null],
  ['X-Amz-Expires=long', null],
])('how long a URL lives is told by itself (%s)', (query, lifeMs) => {
  expect(urlLifetimeMs(`https://bucket.example/key?${query}`)).toBe(lifeMs)
})
