import { deflateSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { detectArchive, isProgram } from '../../../../electron/recognition/formats/archive.ts'
import { withLength } from '../../../fixtures/model-files.ts'
import { seededBytes } from '../../../fixtures/seeded.ts'

const hex = (text: string) => Buffer.concat([Buffer.from(text.replaceAll(' ', ''), 'hex'), Buffer.alloc(32)])

test.each([
  ['7z', hex('377abcaf271c 0004')],
  ['RAR', hex('526172211a07 0100')],
  ['Zstandard', hex('28b52ffd 24')],
  ['XZ', hex('fd377a585a00 0004')],
  ['LZ4', hex('04224d18 64')],
  ['bzip2', hex('425a6839 314159265359')],
  ['gzip', gzipSync('pickle')],
  ['gzip', hex('1f8b08 ff')],
  ['LZMA', hex('5d00008000 ffffffffffffffff 00')],
  ['LZMA', hex('5d00180000 0500000000000000 00')],
  ['zlib', deflateSync('pickle')],
  ['zlib', deflateSync(seededBytes(1, 100_000))],
  // Empty blocks before the content.
  [
    'zlib',
    Buffer.concat([hex('789c').subarray(0, 2), Buffer.alloc(5_000, Buffer.from('000000ffff', 'hex'))]),
  ],
  ['joblib', Buffer.from('ZF0x19              ')],
  ['joblib', Buffer.from('ZF 19               ')],
])('recognises %s', (name, bytes) => {
  expect(detectArchive(bytes)).toBe(name)
})

test('does not recognise a safetensors file as an archive, for any header length', () => {
  const bytes = withLength(Buffer.from('{}'.padEnd(70_000)))
  for (let length = 2; length <= 70_000; length += 1) {
    bytes.writeBigUInt64LE(BigInt(length))
    expect(detectArchive(bytes), String(length)).toBeNull()
  }
})

test('does not recognise numbers as LZMA', () => {
  expect(detectArchive(hex('5d00000300 ffffffffffffffff 00'))).toBe('LZMA')
  expect(detectArchive(hex('5d00000500 ffffffffffffffff 00'))).toBeNull()
  expect(detectArchive(hex('5d00008000 0000000040000000 00'))).toBeNull()
})

test('recognises LZMA by its header of 13 bytes, and by no shorter one', () => {
  const header = hex('5d00008000 ffffffffffffffff').subarray(0, 13)
  expect(detectArchive(header)).toBe('LZMA')
  expect(detectArchive(header.subarray(0, 12))).toBeNull()
})

test('recognises programs of Linux, macOS and Windows', () => {
  expect(isProgram(hex('7f454c46 0201'))).toBe(true)
  expect(isProgram(hex('cffaedfe'))).toBe(true)
  const windows = Buffer.alloc(512)
  windows.write('MZ')
  expect(isProgram(windows)).toBe(false)
  windows.writeUInt32LE(0x80, 0x3c)
  windows.write('PE', 0x80)
  expect(isProgram(windows)).toBe(true)
})
