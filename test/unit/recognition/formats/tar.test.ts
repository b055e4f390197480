import { expect, test } from 'vitest'
import { bufferSource } from '../../../../electron/recognition/formats/byte-source.ts'
import { isTarStart, readTarMembers } from '../../../../electron/recognition/formats/tar.ts'
import { tarOf } from '../../../fixtures/tar-files.ts'

const tar = tarOf([
  { name: 'storages', bytes: Buffer.from('one') },
  { name: 'pickle', bytes: Buffer.alloc(513) },
])

test('detects a tar by the checksum of its header alone', () => {
  expect(isTarStart(tar)).toBe(true)
  expect(isTarStart(tar.subarray(0, 511))).toBe(false)
  expect(isTarStart(Buffer.alloc(512))).toBe(false)
  const changed = Buffer.from(tar)
  changed.write('S', 0)
  expect(isTarStart(changed)).toBe(false)
})

/** Writes the checksum of a header in another way. */
function withChecksum(write: (header: Buffer, checksum: number) => void, highByte = false): Buffer {
  const header = Buffer.from(tar.subarray(0, 512))
  if (highByte) header[300] = 0xff
  header.fill(' ', 148, 156)
  const signed = highByte
  let checksum = 0
  for (let at = 0; at < 512; at += 1) checksum += signed ? header.readInt8(at) : header.readUInt8(at)
  write(header, checksum)
  return header
}

test('reads a checksum as Python’s tarfile does', () => {
  const written = (text: (octal: string) => string, highByte = false) =>
    isTarStart(
      withChecksum((header, checksum) => void header.write(text(checksum.toString(8)), 148), highByte),
    )
  expect(written((octal) => `${octal}\0xx`)).toBe(true)
  expect(written((octal) => ` 0o${octal} `)).toBe(true)
  expect(written((octal) => `+${octal[0] ?? ''}_${octal.slice(1)}\0`)).toBe(true)
  expect(written((octal) => `${octal}\0`, true)).toBe(true)
  expect(written((octal) => `-${octal}\0`)).toBe(false)
  expect(written(() => '9\0')).toBe(false)
  const binary = withChecksum((header, checksum) => {
    header.fill(0, 148, 156)
    header[148] = 0x80
    header.writeUInt32BE(checksum, 152)
  })
  expect(isTarStart(binary)).toBe(true)
})

test('lists regular files', async () => {
  const members = await readTarMembers(bufferSource(tar))
  expect(members).toEqual({
    ok: true,
    value: [
      { name: 'storages', start: 512, end: 515 },
      { name: 'pickle', start: 1536, end: 2049 },
    ],
  })
})

/** A header with other fields and its checksum. */
function headerWith(change: (header: Buffer) => void): Buffer {
  const header = Buffer.from(tar.subarray(0, 512))
  change(header)
  header.fill(' ', 148, 156)
  const checksum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${checksum.toString(8).padStart(6, '0')}\0`, 148)
  return header
}

test('finds the member behind one whose size is too large for octal digits', async () => {
  const sizeBytes = 8 ** 11 + 512
  const first = headerWith((header) => {
    header.fill(0, 124, 136)
    header[124] = 0x80
    header.writeBigUInt64BE(BigInt(sizeBytes), 128)
  })
  const second = tar.subarray(0, 512)
  const read = await readTarMembers({
    sizeBytes: sizeBytes + 10_000,
    async read(position) {
      if (position === 0) return first
      return position === 512 + sizeBytes ? second : Buffer.alloc(512)
    },
  })
  const start = 512 + sizeBytes
  expect(read).toEqual({
    ok: true,
    value: [
      { name: 'storages', start: 512, end: start },
      { name: 'storages', start: start + 512, end: start + 515 },
    ],
  })
})
