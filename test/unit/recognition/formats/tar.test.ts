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

test('reads a checksum below zero, which only signed bytes have', () => {
  const header = Buffer.from(tar.subarray(0, 512))
  header.fill(0x80, 0, 100)
  header.fill(' ', 148, 156)
  const checksum = new Int8Array(header).reduce((total, byte) => total + byte, 0)
  header.fill(0xff, 148, 156)
  header.writeInt32BE(checksum, 152)
  expect(checksum).toBeLessThan(0)
  expect(isTarStart(header)).toBe(true)
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

const listed = async (...blocks: readonly Buffer[]) => {
  const members = await readTarMembers(bufferSource(Buffer.concat([...blocks, Buffer.alloc(1024)])))
  return members.ok ? members.value : members.problem
}

test('lists neither folders nor links', async () => {
  const withType = (type: string) => headerWith((header) => void header.write(type, 156))
  const content = Buffer.alloc(512)
  for (const type of ['5', '2', '1', 'x', 'L']) expect(await listed(withType(type), content)).toEqual([])
  for (const type of ['\0', '0', '7']) expect(await listed(withType(type), content)).toHaveLength(1)
})

test('reads a name that fills its field', async () => {
  const name = 'n'.repeat(100)
  expect(
    await listed(
      headerWith((header) => void header.write(name)),
      Buffer.alloc(512),
    ),
  ).toMatchObject([{ name }])
})

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

test('reads an empty size as zero and refuses one that is no size', async () => {
  const withSize = (...bytes: readonly number[]) =>
    headerWith((header) => void header.fill(0, 124, 136).set(bytes, 124))
  expect(await listed(withSize())).toEqual([{ name: 'storages', start: 512, end: 512 }])
  expect(await listed(withSize('8'.charCodeAt(0)))).toBe('a member of a tar without a size')
  expect(await listed(withSize(...Array<number>(12).fill(0xff)))).toBe('a member of a tar without a size')
})

test('refuses a tar of more members than any model has', async () => {
  const empty = headerWith((header) => void header.fill(0, 124, 136))
  expect(await listed(...Array<Buffer>(1_000).fill(empty))).toHaveLength(1_000)
  expect(await listed(...Array<Buffer>(1_001).fill(empty))).toBe('a tar of too many members')
  const folder = headerWith((header) => void header.fill(0, 124, 136).write('5', 156))
  expect(await listed(...Array<Buffer>(1_001).fill(folder))).toBe('a tar of too many members')
})
