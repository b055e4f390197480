import { deflateSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { detectArchive, isProgram } from '../../../../electron/recognition/formats/archive.ts'
import { seededBytes } from '../../../fixtures/seeded.ts'

const hex = (text: string) => Buffer.concat([Buffer.from(text.replaceAll(' ', ''), 'hex'), Buffer.alloc(32)])

test.each([
  ['7z', hex('377abcaf271c 0004')],
  ['RAR', hex('526172211a07 0100')],
  ['Zstandard', hex('28b52ffd 24')],
  ['XZ', hex('fd377a585a00 0004')],
  ['LZ4', hex('04224d18 64')],
  ['bzip2', hex('425a6839 314159265359')],
  ['bzip2', hex('425a6831 314159265359')],
  // Without content.
  ['bzip2', hex('425a6839 177245385090')],
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

test('recognises LZMA by its header of 13 bytes, and by no shorter one', () => {
  const header = hex('5d00008000 ffffffffffffffff').subarray(0, 13)
  expect(detectArchive(header)).toBe('LZMA')
  expect(detectArchive(header.subarray(0, 12))).toBeNull()
})

test('recognises programs of Linux, macOS and Windows', () => {
  expect(isProgram(hex('7f454c46 0201'))).toBe(true)
  for (const magic of ['feedface', 'feedfacf', 'cefaedfe', 'cffaedfe']) {
    expect(isProgram(hex(magic)), magic).toBe(true)
  }
  expect(isProgram(hex('feedfacd'))).toBe(false)
  const windows = Buffer.alloc(512)
  windows.write('MZ')
  expect(isProgram(windows)).toBe(false)
  windows.writeUInt32LE(0x80, 0x3c)
  windows.write('PE', 0x80)
  expect(isProgram(windows)).toBe(true)
  expect(isProgram(windows.subarray(0, 0x80))).toBe(false)
  // The shortest one has the position last, here of its own beginning.
  const short = Buffer.from('MZ'.padEnd(0x3c, '\0') + '\x04\0\0\0', 'latin1')
  short.write('PE\0\0', 4)
  expect([isProgram(short), isProgram(short.subarray(0, -1))]).toEqual([true, false])
  short.write('X')
  expect(isProgram(short)).toBe(false)
})
