import { expect, test } from 'vitest'
import { bufferSource } from '../../../../electron/recognition/formats/byte-source.ts'
import { openMember, readZipMembers } from '../../../../electron/recognition/formats/zip.ts'
import { withZip64End, zip64End, zipOf, type ZipFixtureMember } from '../../../fixtures/zip-files.ts'

/** The members' contents by name, or the first problem. */
async function readAll(archive: Buffer): Promise<Record<string, string> | string> {
  const source = bufferSource(archive)
  const members = await readZipMembers(source)
  if (!members.ok) return members.problem
  if (members.value.problem !== null) return members.value.problem
  const contents: Record<string, string> = {}
  for (const member of members.value.members) {
    const opened = await openMember(source, member)
    if (!opened.ok) return opened.problem
    contents[member.name] = (await opened.value.read(0, opened.value.sizeBytes)).toString()
  }
  return contents
}

const member = (name: string, content: string): ZipFixtureMember => ({ name, bytes: Buffer.from(content) })
const one = member('m/data.pkl', 'one')
const two = { ...member('m/version', '3'), deflated: true }
const archive = zipOf([one, two])
const contents = { 'm/data.pkl': 'one', 'm/version': '3' }

test('reads members with a 32-bit end, a 64-bit end or a comment', async () => {
  expect(await readAll(archive)).toEqual(contents)
  expect(await readAll(withZip64End(archive))).toEqual(contents)
  const commented = Buffer.concat([archive, Buffer.from('hello')])
  commented.writeUInt16LE(5, archive.length - 2)
  expect(await readAll(commented)).toEqual(contents)
})

/** A field of the 32-bit end, which is the last 22 bytes. */
function withEndField(at: number, value: number, whole = archive): Buffer {
  const bytes = Buffer.from(whole)
  bytes.writeUInt16LE(value, bytes.length - 22 + at)
  return bytes
}

test('rejects two 64-bit ends, of which each reader would believe another', async () => {
  const endAt = archive.length - 22
  const other = zipOf([member('m/data.pkl', 'two')])
  const otherAt = endAt + 56
  const moved = Buffer.from(other)
  const directoryAt = moved.indexOf('PK\x01\x02', 0, 'latin1')
  moved.writeUInt32LE(otherAt, directoryAt + 42)
  const first = {
    count: 2,
    sizeBytes: archive.readUInt32LE(endAt + 12),
    at: archive.readUInt32LE(endAt + 16),
  }
  const second = { count: 1, sizeBytes: moved.length - 22 - directoryAt, at: otherAt + directoryAt }
  const twoEnds = Buffer.concat([
    archive.subarray(0, endAt),
    zip64End({ ...first, endAt }).subarray(0, 56),
    moved.subarray(0, -22),
    // The locator names the first end; the second one is in front of it.
    zip64End({ ...second, endAt }),
    withEndField(10, 0xffff, withEndField(8, 0xffff)).subarray(endAt),
  ])
  twoEnds.fill(0xff, twoEnds.length - 10, twoEnds.length - 2)
  expect(await readAll(twoEnds)).toBe('its 64-bit end is not where it says')
})

test('rejects ends that contradict each other or leave bytes out', async () => {
  const wide = withZip64End(archive)
  expect(await readAll(withEndField(12, 1, wide))).toBe('its 64-bit end contradicts its 32-bit end')
  expect(await readAll(Buffer.concat([archive, Buffer.from('x')]))).toBe('bytes after its end')
  expect(await readAll(withEndField(4, 1))).toBe('it is one of several parts')
  expect(await readAll(Buffer.concat([archive, Buffer.from('PK\x05\x06')]))).toBe(
    'zip archive without its end',
  )
})

test('rejects bytes that no member has', async () => {
  /** Inserts bytes and moves the records behind them, so that the archive is consistent. */
  const withInserted = (bytes: Buffer, at: number) => {
    const entry = archive.lastIndexOf('PK\x01\x02', undefined, 'latin1')
    const first = archive.indexOf('PK\x01\x02', 0, 'latin1')
    const moved = Buffer.concat([archive.subarray(0, at), bytes, archive.subarray(at)])
    const shift = (field: number) => {
      const value = archive.readUInt32LE(field)
      moved.writeUInt32LE(value >= at ? value + bytes.length : value, field + bytes.length)
    }
    shift(first + 42)
    shift(entry + 42)
    shift(archive.length - 6)
    return moved
  }
  expect(await readAll(withInserted(Buffer.from(zipOf([one])), 0))).toBe('bytes before its first member')
  const second = archive.indexOf('PK\x03\x04', 1, 'latin1')
  expect(await readAll(withInserted(Buffer.alloc(24), second))).toEqual(contents)
  expect(await readAll(withInserted(Buffer.alloc(25), second))).toBe('bytes between two members')
})

test('rejects member names that readers understand in different ways', async () => {
  expect(await readAll(zipOf([one, member('m/DATA.PKL', 'two')]))).toBe('two members are named m/DATA.PKL')
  for (const name of ['m/data.pkl\0.txt', 'm\\data.pkl']) {
    expect(await readAll(zipOf([member(name, 'one')]))).toBe('a member’s name is read in two ways')
  }
  const unicodeName = Buffer.from('\x75\x70\x01\0x', 'latin1')
  expect(await readAll(zipOf([{ ...one, extra: unicodeName }]))).toBe('a member has two names')
})

test('rejects contradictory sizes and methods of a member', async () => {
  const entry = archive.indexOf('PK\x01\x02', 0, 'latin1')
  const second = archive.lastIndexOf('PK\x01\x02', undefined, 'latin1')
  const changed = (at: number, value: number) => {
    const bytes = Buffer.from(archive)
    bytes.writeUInt8(value, at)
    return readAll(bytes)
  }
  expect(await changed(entry + 24, 2)).toBe('a stored member has two sizes')
  expect(await changed(second + 24, 2)).toBe('a member unpacks to another size than it says')
  const elsewhere = 'a member is packed in one way in the directory and another at its place'
  expect(await changed(8, 99)).toBe(elsewhere)
  expect(await changed(6, 1)).toBe(elsewhere)
  const sizes = Buffer.from('0100080001000000000000000100080002000000000000000', 'hex')
  expect(await readAll(zipOf([{ ...one, extra: sizes }]))).toBe('a member has two 64-bit sizes')
  expect(await readAll(zipOf([{ ...one, extra: sizes.subarray(0, 8) }]))).toBe(
    'an extra field that is cut short',
  )
})
