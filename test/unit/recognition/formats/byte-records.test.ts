import { expect, test } from 'vitest'
import { ByteRecords } from '../../../../electron/recognition/formats/byte-records.ts'

function add(records: ByteRecords, key: string): boolean {
  const bytes = Buffer.from(`<${key}>`)
  return records.add(bytes, 1, bytes.length - 1)
}

test('finds every key and its numbers, in order', () => {
  const records = new ByteRecords()
  const keys = Array.from({ length: 50_000 }, (_, index) => `layers.${index}.weight`)
  keys.push('', 'ümläut.重み', 'x'.repeat(100_000))
  keys.forEach((key, index) => {
    add(records, key)
    for (const number of [index, 0, 127, 128, Number.MAX_SAFE_INTEGER]) records.appendNumber(number)
  })
  expect(records.size).toBe(keys.length)
  const indexes = [...keys.keys()]
  expect(keys.map((key) => records.indexOf(key))).toEqual(indexes)
  expect(indexes.map((index) => records.key(index))).toEqual(keys)
  expect(indexes.map((index) => records.numbers(index))).toEqual(
    indexes.map((index) => [index, 0, 127, 128, Number.MAX_SAFE_INTEGER]),
  )
  expect(records.indexOf('layers.50000.weight')).toBe(-1)
})

test('refuses a key twice and keeps the first', () => {
  const records = new ByteRecords()
  add(records, 'a')
  records.appendNumber(5)
  expect(add(records, 'a')).toBe(false)
  expect(add(records, 'b')).toBe(true)
  expect(records.numbers(0)).toEqual([5])
  expect(records.numbers(1)).toEqual([])
  records.appendNumber(6)
  records.appendNumber(7)
  records.clearNumbers()
  expect(records.numbers(1)).toEqual([])
})

/** FNV-1a with 32 bits, continued from a state. */
function hash(text: string, state = 0x811c9dc5): number {
  let value = state
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return value
}

/** Two texts that lead from this state to the same one. */
function collision(state: number): [string, string] {
  const seen = new Map<number, string>()
  // Seven characters: shorter texts hardly collide.
  for (let number = 36 ** 6; ; number += 1_234_567) {
    const text = number.toString(36)
    const value = hash(text, state)
    const other = seen.get(value)
    if (other !== undefined) return [other, text]
    seen.set(value, text)
  }
}

test('distinguishes hundreds of keys of the same hash', () => {
  let keys = ['']
  for (let state = hash(''); keys.length < 512;) {
    const pair = collision(state)
    keys = keys.flatMap((key) => pair.map((text) => key + text))
    state = hash(pair[0], state)
  }
  expect(new Set(keys.map((key) => hash(key))).size).toBe(1)
  const records = new ByteRecords()
  expect(keys.every((key) => add(records, key))).toBe(true)
  expect(keys.some((key) => add(records, key))).toBe(false)
  expect(keys.map((key) => records.indexOf(key))).toEqual([...keys.keys()])
  expect(records.indexOf('another')).toBe(-1)
})
