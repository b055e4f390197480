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
  const single = zipOf([one])
  const entry = single.indexOf('PK\x01\x02')
  const late = Buffer.concat([Buffer.from('x'), single])
  late.writeUInt32LE(1, entry + 1 + 42)
  late.writeUInt32LE(entry + 1, late.length - 6)
  expect(await readAll(late)).toBe('bytes before its first member')
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
  for (const extra of [unicodeName, Buffer.from('up\0\0')])
    expect(await readAll(zipOf([{ ...one, extra }]))).toBe('a member has two names')
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

test('reads members in any order, with comments and with padding as PyTorch writes it', async () => {
  const padded = { ...one, localExtra: Buffer.from('FB\x04\0ZZZZ'), comment: 'a comment' }
  const bytes = zipOf([padded, two])
  const [first, second] = [bytes.indexOf('PK\x01\x02'), bytes.lastIndexOf('PK\x01\x02')]
  const reordered = Buffer.concat([
    bytes.subarray(0, first),
    bytes.subarray(second, -22),
    bytes.subarray(first, second),
    bytes.subarray(-22),
  ])
  for (const order of [bytes, reordered]) expect(await readAll(order)).toEqual(contents)
})

const u64 = (value: number | bigint) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer)
/** An extra field with the 64-bit numbers of a member. */
const sizesField = (...values: readonly (number | bigint)[]) =>
  Buffer.concat([Buffer.from([1, 0, values.length * 8, 0]), ...values.map(u64)])

/** Two members of which the second has these fields of its entry in extra fields instead. */
function withLongNumbers(fields: readonly number[], extra: Buffer): Buffer {
  const bytes = zipOf([one, { ...member('m/version', '3'), extra }])
  const entry = bytes.lastIndexOf('PK\x01\x02')
  for (const field of fields) bytes.writeUInt32LE(0xffffffff, entry + field)
  return bytes
}
const entryFields = { packedBytes: 20, sizeBytes: 24, headerAt: 42 }

const allFields = Object.values(entryFields)

test('reads the 64-bit sizes of a member', async () => {
  const headerAt = zipOf([one]).indexOf('PK\x01\x02')
  const other = Buffer.from('UT\x01\0x')
  for (const [fields, extra] of [
    [allFields, sizesField(1, 1, headerAt)],
    [allFields, Buffer.concat([other, sizesField(1, 1, headerAt), other])],
    [[entryFields.headerAt], sizesField(headerAt)],
    [[entryFields.sizeBytes, entryFields.headerAt], sizesField(1, headerAt)],
    [[], sizesField(99)],
  ] as const) {
    expect(await readAll(withLongNumbers(fields, extra))).toEqual(contents)
  }
})

test('rejects 64-bit sizes of a member that are missing or beyond 2^53', async () => {
  const problemOf = (...sizes: readonly (number | bigint)[]) =>
    readAll(withLongNumbers(allFields, sizesField(...sizes)))
  expect(await problemOf(1, 1)).toBe('a 64-bit size is missing')
  expect(await problemOf(1, 2n ** 53n, 0)).toBe('a number beyond 2^53')
})

test('rejects a 64-bit end with a wrong signature, too large numbers or no record', async () => {
  const endAt = archive.length - 22
  const wide = withZip64End(archive)
  const moved = 'its 64-bit end is not where it says'
  for (const at of [endAt, endAt + 4]) {
    const bytes = Buffer.from(wide)
    bytes[at] = 45
    expect(await readAll(bytes)).toBe(moved)
  }
  // Only a locator.
  const alone = zip64End({ count: 0, sizeBytes: 0, at: 0, endAt: 0 }).subarray(56)
  expect(await readAll(Buffer.concat([alone, zipOf([])]))).toBe(moved)
  const directory = { count: 1, sizeBytes: 1, at: 1 }
  const withNumbers = (numbers: Partial<typeof directory>) =>
    readAll(
      Buffer.concat([
        archive.subarray(0, endAt),
        zip64End({ ...directory, ...numbers, endAt }),
        archive.subarray(-22),
      ]),
    )
  for (const name of ['count', 'sizeBytes', 'at'] as const) {
    expect(await withNumbers({ [name]: 2 ** 53 }), name).toBe('a number beyond 2^53')
  }
  const elsewhere = 'the directory is not where its end says'
  expect(await withNumbers({ at: Number.MAX_SAFE_INTEGER })).toBe(elsewhere)
  for (const [most, more] of [
    [{ count: 100_000 }, { count: 100_001 }],
    [{ sizeBytes: 2 ** 26 }, { sizeBytes: 2 ** 26 + 1 }],
  ] as const) {
    expect(await withNumbers(most)).toBe(elsewhere)
    expect(await withNumbers(more)).toBe('too many members')
  }
})

test('rejects an archive that says that it is a part of another one', async () => {
  for (const field of [4, 6, 8])
    expect(await readAll(withEndField(field, 1))).toBe('it is one of several parts')
})

const entryAt = archive.indexOf('PK\x01\x02')
const changed = (change: (bytes: Buffer) => void, whole = archive) => {
  const bytes = Buffer.from(whole)
  change(bytes)
  return bytes
}
/** The beginning of another entry is a part of the directory. */
const withCutEntry = changed(
  (bytes) => bytes.writeUInt32LE(bytes.length - 22 - entryAt, bytes.length - 10),
  Buffer.concat([archive.subarray(0, -22), Buffer.from('PK\x01\x02'), archive.subarray(-22)]),
)
const withLongerMember = changed((bytes) => {
  for (const field of [entryFields.packedBytes, entryFields.sizeBytes])
    bytes.writeUInt32LE(4, entryAt + field)
})
const withTwoNames = zipOf([{ ...one, name: 'a'.repeat(500), localName: 'b'.repeat(500) }])

test.each([
  [
    'an entry without its signature',
    changed((bytes) => (bytes[entryAt] = 0)),
    'an entry of the directory is no entry',
  ],
  ['a part of an entry', withCutEntry, 'an entry of the directory is no entry'],
  [
    'an entry that is longer than the directory',
    changed((bytes) => bytes.writeUInt16LE(9_999, bytes.lastIndexOf('PK\x01\x02') + 32)),
    'an entry of the directory is cut short',
  ],
  ['overlapping members', withLongerMember, 'two members overlap'],
  [
    'a member without its signature',
    changed((bytes) => (bytes[0] = 0)),
    'a member is not where the directory says',
  ],
  ['an encrypted member', zipOf([{ ...one, flags: 1 }]), 'a member is marked as encrypted'],
  [
    'two long names of a member',
    withTwoNames,
    'a member has one name in the directory and another at its place',
  ],
])('rejects %s', async (_what, bytes, problem) => {
  expect(await readAll(bytes)).toBe(problem)
})

test('rejects packed bytes that are damaged', async () => {
  const damaged = zipOf([{ ...two, bytes: Buffer.alloc(1_000) }])
  damaged[30 + two.name.length] = 0xff
  expect(await readAll(damaged)).toBe('a member can’t be unpacked')
})
