import { expect, test } from 'vitest'
import { parseHeaderLength, parseSafetensors } from '../../../../electron/recognition/formats/safetensors.ts'
import { safetensorsHeader } from '../../../fixtures/model-files.ts'
import { seededRandom } from '../../../fixtures/seeded.ts'

const parse = (json: string) => parseSafetensors(Buffer.from(json, 'utf8'))
const tensor = (dtype: string, shape: string, offsets: string) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`
const problemOf = (json: string) => {
  const read = parse(json)
  return read.ok ? null : read.problem
}

test('reads tensors, metadata and the size of the data', () => {
  const read = parse(
    `{"__metadata__":{"format":"pt","title":"caf\\u00e9"},"b":${tensor('F16', '[2,3]', '[4,16]')}, "a" : ${tensor('F32', '[]', '[0,4]')}}   `,
  )
  if (!read.ok) throw new Error(read.problem)
  expect([...read.value.tensors]).toEqual([
    ['b', { dtype: 'F16', shape: [2, 3], sizeBytes: 12 }],
    ['a', { dtype: 'F32', shape: [], sizeBytes: 4 }],
  ])
  expect([...read.value.metadata]).toEqual([
    ['format', 'pt'],
    ['title', 'café'],
  ])
  expect(read.value.dataBytes).toBe(16)
})

test('accepts empty headers and tensors, null metadata and unknown fields', () => {
  expect(problemOf('{}')).toBeNull()
  expect(problemOf('{"__metadata__":null}')).toBeNull()
  expect(problemOf(`{"a":${tensor('F32', '[0,5]', '[0,0]')},"b":${tensor('U8', '[3]', '[0,3]')}}`)).toBeNull()
  expect(
    problemOf('{"a":{"dtype":"U8","extra":[1,{"x":-1.5e3}],"shape":[1],"data_offsets":[0,1]}}'),
  ).toBeNull()
})

const u8 = tensor('U8', '[4]', '[0,4]')
test.each([
  ['a header that is no object', '[]', 'header does not begin with {'],
  ['blanks before the header', ' {}', 'header does not begin with {'],
  ['a tensor named twice', `{"a":${u8},"a":${u8}}`, 'duplicate key a'],
  ['a tensor named twice by an escape', `{"a":${u8},"\\u0061":${u8}}`, 'duplicate key a'],
  ['two metadata objects', '{"__metadata__":{},"__metadata__":{}}', 'duplicate key __metadata__'],
  ['a metadata key twice', '{"__metadata__":{"x":"1","x":"2"}}', 'duplicate key x in __metadata__'],
  ['metadata that is no text', '{"__metadata__":{"x":1}}', '__metadata__ value of x is not text'],
  ['an unknown element type', `{"a":${tensor('Q4', '[4]', '[0,4]')}}`, 'unknown dtype Q4'],
  [
    'an element type of the language itself',
    `{"a":${tensor('toString', '[4]', '[0,4]')}}`,
    'unknown dtype toString',
  ],
  [
    'an end before its begin',
    `{"a":${tensor('U8', '[4]', '[4,0]')}}`,
    'shape and data_offsets of a disagree',
  ],
  ['a shape of other size', `{"a":${tensor('U8', '[5]', '[0,4]')}}`, 'shape and data_offsets of a disagree'],
  ['a hole at the start', `{"a":${tensor('U8', '[4]', '[1,5]')}}`, 'a hole between tensors'],
  ['a hole between', `{"a":${u8},"b":${tensor('U8', '[1]', '[5,6]')}}`, 'a hole between tensors'],
  ['an overlap', `{"a":${u8},"b":${tensor('U8', '[4]', '[3,7]')}}`, 'tensors overlap'],
  [
    'an offset beyond 2^53',
    `{"a":${tensor('U8', '[4]', '[0,9007199254740993]')}}`,
    'a number beyond 2^53 at byte 49',
  ],
  [
    'a shape whose product is beyond 2^53',
    `{"a":${tensor('U8', '[4294967296,4294967296]', '[0,4]')}}`,
    'shape of a beyond 2^53',
  ],
  ['a negative number', `{"a":${tensor('U8', '[-4]', '[0,4]')}}`, 'a whole number expected at byte 28'],
  ['a fraction', `{"a":${tensor('U8', '[4.0]', '[0,4]')}}`, 'a whole number expected at byte 28'],
  ['a leading zero', `{"a":${tensor('U8', '[04]', '[0,4]')}}`, 'a whole number expected at byte 28'],
  ['a bare control character', '{"a\nb":1}', 'a control character at byte 3'],
  ['half a surrogate', '{"\\ud800":1}', 'a broken escape at byte 2'],
  ['text after the end', '{}x', 'something after the end at byte 2'],
  ['a text without an end', '{"a', 'a text without an end'],
])('refuses %s', (_what, json, problem) => {
  expect(problemOf(json)).toBe(problem)
})

const withField = (value: string) => `{"a":{"x":${value},"dtype":"U8","shape":[4],"data_offsets":[0,4]}}`
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

// The library parses unknown fields too (tensor.rs, `flatten`), with the rules of serde_json.
test.each([
  ['the largest double', '1.7976931348623157e308'],
  ['numbers that round to 0', '[1e-999,-0,0e999]'],
  ['a fraction of many digits', `0.${'0'.repeat(1_000)}1`],
  ['exponents', '[1e5,1E+5,1.5E-5,-0.5,90]'],
  ['the words of JSON', '[true,false,null]'],
  ['all escapes', '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9"'],
  ['the first and last surrogates and their neighbours', '"\\ud800\\udc00\\udbff\\udfff\\ud7ff\\ue000"'],
  ['the first and last printable characters of ASCII', '" ~"'],
  ['empty containers', '[[],{},[{}],{"x":{}}]'],
  ['hundreds of containers in one', `[${'[],{},'.repeat(300)}[]]`],
  ['125 containers inside of two', nested(125)],
])('accepts %s in an unknown field', (_what, value) => {
  expect(problemOf(withField(value))).toBeNull()
})

test.each([
  ['a number beyond the doubles', '1e999', 'a number out of range at byte 10'],
  ['a negative one', '[-1e999]', 'a number out of range at byte 11'],
  ['an integer of 400 digits', '9'.repeat(400), 'a number out of range at byte 10'],
  ['a point without digits', '1.', 'a digit expected at byte 12'],
  ['an exponent without digits', '1e+', 'a digit expected at byte 13'],
  ['a sign without digits', '-', 'a value expected at byte 10'],
  ['NaN', 'NaN', 'a value expected at byte 10'],
  ['a word cut short', 'nul', 'unknown word at byte 10'],
  ['a cut word in a list', '[tru]', 'unknown word at byte 11'],
  ['another cut word in a list', '[fals]', 'unknown word at byte 11'],
  ['a leading zero', '01', 'a value expected at byte 10'],
  ['a list without a comma', '[1 2]', '"]" expected at byte 13'],
  ['a key without a colon', '{"x" 1}', '":" expected at byte 15'],
  ['a first half of a surrogate before no half', '"\\ud800\\ue000"', 'a broken escape at byte 11'],
  ['two first halves of surrogates', '"\\ud800\\ud800"', 'a broken escape at byte 11'],
  ['two second halves of surrogates', '"\\udc00\\udc00"', 'a broken escape at byte 11'],
  ['half a surrogate before a letter', '"\\ud800x"', 'a broken escape at byte 11'],
  ['half a surrogate before another escape', '"\\ud800\\n0000"', 'a broken escape at byte 11'],
  ['an escape with a letter that is no digit', '"\\u00g0"', 'a broken escape at byte 11'],
  ['an unknown escape', '"\\x41"', 'a broken escape at byte 11'],
  ['126 containers inside of two', nested(126), 'nested too deeply'],
])('refuses %s in an unknown field', (_what, value, problem) => {
  expect(problemOf(withField(value))).toBe(problem)
})

test('reads tensors in any order of their data, with empty ones between', () => {
  const order = [
    `"c":${tensor('U8', '[2]', '[5,7]')}`,
    `"empty":${tensor('F32', '[0]', '[5,5]')}`,
    `"a":${tensor('U8', '[1]', '[0,1]')}`,
    `"b":${tensor('U8', '[4]', '[1,5]')}`,
  ]
  const read = parse(`{${order.join()}}`)
  expect(read.ok && read.value.dataBytes).toBe(7)
  expect(read.ok && [...read.value.tensors.keys()]).toEqual(['c', 'empty', 'a', 'b'])
  const inside = `"empty":${tensor('F32', '[0]', '[3,3]')}`
  expect(problemOf(`{${order.with(1, inside).join()}}`)).toBe('tensors overlap')

  const at = (index: number) =>
    `"${index}":${tensor('U8', `[${index}]`, `[${(index * (index - 1)) / 2},${(index * (index + 1)) / 2}]`)}`
  const many = Array.from({ length: 300 }, (_, index) => at(index))
  const dataBytes = (300 * 299) / 2
  for (const one of [many, many.toReversed(), [...many.slice(0, 9), ...many.slice(9).toReversed()]]) {
    const json = `{${one.join()}}`
    expect(parse(json)).toMatchObject({
      ok: true,
      value: { dataBytes, fileBytes: 8 + json.length + dataBytes },
    })
  }
})

test('refuses bytes that are not UTF-8', () => {
  const read = parseSafetensors(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))
  expect(read).toEqual({ ok: false, problem: 'header is not UTF-8' })
})

test('refuses a header that is nested too deeply', () => {
  const depth = 5_000_000
  const json = `{"a":{"x":${'['.repeat(depth)}${']'.repeat(depth)}}}`
  expect(problemOf(json)).toBe('nested too deeply')
})

test('requires a valid length and then { at the file’s start', () => {
  const start = (length: bigint, next = '{') => {
    const bytes = Buffer.alloc(9, next)
    bytes.writeBigUInt64LE(length)
    return bytes
  }
  expect(parseHeaderLength(start(100_000_000n), 200_000_000)).toEqual({ ok: true, value: 100_000_000 })
  expect(parseHeaderLength(start(100_000_001n), 200_000_000)).toEqual({
    ok: false,
    problem: 'header length over 100,000,000',
  })
  expect(parseHeaderLength(start(2n ** 64n - 1n), 200)).toMatchObject({
    problem: 'header length over 100,000,000',
  })
  expect(parseHeaderLength(start(0n), 200)).toMatchObject({ problem: 'header length 0' })
  expect(parseHeaderLength(start(50n, 'x'), 200)).toMatchObject({ problem: 'header does not begin with {' })
  expect(parseHeaderLength(start(50n), 57)).toMatchObject({ problem: 'the file ends inside its header' })
  expect(parseHeaderLength(Buffer.alloc(3), 3)).toMatchObject({ problem: 'shorter than 8 bytes' })
})

/** Checks the grammar with Node's own parser, which accepts duplicate keys. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('random damage never makes the parser throw or accept invalid JSON', () => {
  const random = seededRandom(20_261_124)
  const below = (limit: number) => Math.floor(random() * limit)
  const { header } = safetensorsHeader(
    { 'layer.0.weight': { dtype: 'F16', shape: [4, 8] }, 'layer.0.bias': { dtype: 'F32', shape: [8] } },
    { format: 'pt', note: 'a "quoted" word and ümlaut' },
  )
  const json = header.subarray(8)
  let accepted = 0
  for (let round = 0; round < 20_000; round += 1) {
    const damaged = Buffer.from(random() < 0.3 ? json.subarray(0, below(json.length)) : json)
    for (let count = below(4); count > 0 && damaged.length > 0; count -= 1) {
      damaged[below(damaged.length)] = random() < 0.5 ? below(256) : (json[below(json.length)] ?? 0)
    }
    const read = parseSafetensors(damaged)
    if (!read.ok) continue
    accepted += 1
    expect(isJson(damaged.toString('utf8')), `round ${round}`).toBe(true)
    const bytes = [...read.value.tensors.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    expect(bytes, `round ${round}`).toBe(read.value.dataBytes)
  }
  // Some rounds change nothing, or a letter in a name, and must be accepted.
  expect(accepted).toBeGreaterThan(1000)
})

test('refuses each field of a tensor if it is missing or there twice', () => {
  const fields = ['"dtype":"U8"', '"shape":[4]', '"data_offsets":[0,4]']
  for (const [index, field] of fields.entries()) {
    expect(problemOf(`{"a":{${fields.toSpliced(index, 1).join()}}}`)).toBe(
      'dtype, shape or data_offsets of a is missing',
    )
    expect(problemOf(`{"a":{${[...fields, field].join()}}}`)).toMatch(
      /^duplicate (dtype|shape|data_offsets) of a$/,
    )
  }
  for (const offsets of ['[]', '[0]', '[0,4,4]']) {
    expect(problemOf(`{"a":${tensor('U8', '[4]', offsets)}}`)).toBe('data_offsets of a are not two numbers')
  }
})
