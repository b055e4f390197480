import { expect, test } from 'vitest'
import { ByteRecords } from '../../../../electron/recognition/formats/byte-records.ts'

function add(records: ByteRecords, key: string): boolean {
  const bytes = Buffer.from(`<${key}>`)
  return records.add(bytes, 1, bytes.length - 1)
}

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
