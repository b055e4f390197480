import { expect, test } from 'vitest'
import { hasZipEnd, isAllZeros, detectSignature } from '../../../../electron/recognition/formats/signature.ts'
import { emptyPickle, smallZip, withLength } from '../../../fixtures/model-files.ts'

const detect = (start: string | Buffer, name = 'm.safetensors') => {
  const bytes = Buffer.from(start)
  return detectSignature(bytes, name, bytes.length)
}
const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 6800000000\n'

test('reads the real size from a Git LFS pointer', () => {
  expect(detect(pointer)).toEqual({ type: 'lfs-pointer', realBytes: 6_800_000_000 })
  expect(detect(pointer.replace('git-lfs', 'hawser'))).toEqual({
    type: 'lfs-pointer',
    realBytes: 6_800_000_000,
  })
})

test('takes only files below 1,024 bytes for a pointer', () => {
  const sized = (length: number) => detect(pointer.padEnd(length, '\n'), 'm.bin').type
  expect([sized(1_023), sized(1_024)]).toEqual(['lfs-pointer', 'unknown'])
})

test('takes the versions 2 to 5 for a pickle', () => {
  const types = [0, 1, 2, 3, 4, 5, 6, 255].map((version) => detect(Buffer.from([0x80, version]), 'm.pt').type)
  expect(types).toEqual([
    'unknown',
    'unknown',
    ...['pickle', 'pickle', 'pickle', 'pickle'],
    'unknown',
    'unknown',
  ])
  for (const bytes of [Buffer.from([0x80]), Buffer.from([0x81, 2])])
    expect(detect(bytes, 'm.pt').type).toBe('unknown')
})

test('looks for text in the first 1,024 bytes of a file that is always binary', () => {
  const typeWith = (byte: number, position: number) => {
    const bytes = Buffer.alloc(2_000, 'x')
    bytes[position] = byte
    return detect(bytes).type
  }
  for (const byte of [0x20, 0x09, 0x0a, 0x0d, 0x7f, 0xff]) expect(typeWith(byte, 5)).toBe('web-page')
  for (const byte of [0, 0x08, 0x0b, 0x0c, 0x0e, 0x1f]) {
    expect([typeWith(byte, 0), typeWith(byte, 1_023), typeWith(byte, 1_024)]).toEqual([
      'unknown',
      'unknown',
      'web-page',
    ])
  }
})

test('treats a pointer without a size as text', () => {
  expect(detect(pointer.replace(/size.*/, '')).type).toBe('web-page')
})

test.each([
  ['<!DOCTYPE html><html>', 'x.safetensors', 'web-page'],
  ['\uFEFF\n <HTML lang="en">', 'x.ckpt', 'web-page'],
  ['<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'x.gguf', 'web-page'],
  ['{"error":"Access restricted"}', 'x.pt', 'web-page'],
  ['Entry not found', 'x.safetensors', 'web-page'],
  ['Invalid username or password.', 'x.gguf', 'web-page'],
  // Pickles of protocol 0 and workflows are text too.
  ['(dp0\n.', 'x.pt', 'unknown'],
  ['{"nodes":[]}', 'workflow.json', 'unknown'],
])('takes %j in %s for: %s', (text, name, is) => {
  expect(detect(text, name).type).toBe(is)
})

test('does not take a safetensors header whose length reads {" for an error reply', () => {
  const json = Buffer.alloc(0x227b - 3, ' ')
  json.write('{}')
  const file = withLength(json)
  file.writeBigUInt64LE(0x227bn)
  expect(file.toString('latin1', 0, 2)).toBe('{"')
  expect(detect(file).type).toBe('unknown')
})

test('detects formats by their first bytes', () => {
  expect(detect('GGUF\u0003\0\0\0').type).toBe('gguf')
  expect(detect(smallZip(), 'x.pt').type).toBe('zip')
  expect(detect(emptyPickle, 'x.pt').type).toBe('pickle')
  expect(detect(Buffer.alloc(100), 'x.pt').type).toBe('zeros')
  expect(detect(Buffer.alloc(0), 'x.pt').type).toBe('unknown')
})

test('checks for zeros up to the last byte', () => {
  const bytes = Buffer.alloc(5000)
  expect(isAllZeros(bytes)).toBe(true)
  bytes[4999] = 1
  expect(isAllZeros(bytes)).toBe(false)
  expect(isAllZeros(Buffer.from([1]))).toBe(false)
})

test('finds the end record of a zip', () => {
  const zip = smallZip()
  expect(hasZipEnd(zip)).toBe(true)
  expect(hasZipEnd(zip.subarray(0, -22))).toBe(false)
})
