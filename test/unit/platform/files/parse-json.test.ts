import { expect, test } from 'vitest'
import { maxJsonDepth, parseJson } from '../../../../electron/platform/files/parse-json.ts'

const parse = (text: string, maxBytes = 1_000_000) => parseJson(Buffer.from(text), maxBytes)
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

test('parses JSON, also with a byte order mark', () => {
  expect(parse('{"a": [1, "b", null]}')).toEqual({ a: [1, 'b', null] })
  expect(parse('\uFEFF{"a": "猫"}')).toEqual({ a: '猫' })
})

test.each(['', '{', '{"a"', '"a', '"\\', ']', 'text', '{"a": 1} 2'])('returns undefined for %j', (text) => {
  expect(parse(text)).toBeUndefined()
})

test('returns undefined for more bytes than the limit', () => {
  expect([parse('"猫"', 5), parse('"猫"', 4)]).toEqual(['猫', undefined])
})

test('returns undefined for arrays and objects that nest too deeply', () => {
  expect(parse(nested(maxJsonDepth))).toEqual(expect.any(Array))
  expect(parse(nested(maxJsonDepth + 1))).toBeUndefined()
  expect(parse('{"a":'.repeat(maxJsonDepth + 1) + '1' + '}'.repeat(maxJsonDepth + 1))).toBeUndefined()
  expect(
    parse(
      `[${Array(1_000)
        .fill(nested(maxJsonDepth - 1))
        .join()}]`,
    ),
  ).toHaveLength(1_000)
})

test('counts the depth after arrays and objects that have ended before', () => {
  const after = (ended: string, depth: number) => parse(`[${`${ended},`.repeat(500)}${nested(depth)}]`)
  for (const ended of ['[]', '{}', '{"a":[]}']) {
    expect(after(ended, maxJsonDepth - 1)).toHaveLength(501)
    expect(after(ended, maxJsonDepth)).toBeUndefined()
  }
})

test('brackets and words in texts are text', () => {
  const texts = ['['.repeat(500), '"'.repeat(3), '\\"['.repeat(300), '\\', 'NaN', ', NaN,']
  expect(parse(JSON.stringify(texts))).toEqual(texts)
})

test('reads NaN and Infinity as 0', () => {
  expect(parse('{"a":NaN,"b":[-Infinity, Infinity],"c": NaN }')).toEqual({ a: 0, b: [-0, 0], c: 0 })
  expect([parse('[1NaN]'), parse('[Nan]'), parse('[Inf]')]).toEqual([undefined, undefined, undefined])
})
