import { inflateRaw } from 'node:zlib'
import { bufferSource, sliceSource, type ByteSource } from './byte-source.ts'
import { malformed, type ParseResult } from './parse-result.ts'

/** One file inside a zip. */
export interface ZipMember {
  readonly name: string
  readonly isDeflated: boolean
  readonly packedBytes: number
  readonly sizeBytes: number
  /** Where its local header begins; its bytes follow that. */
  readonly headerAt: number
  /** Where the next member, or the directory, begins: its bytes end before that. */
  readonly limit: number
  /** Length of its name in the directory. */
  readonly nameBytes: number
}

/** PKWARE APPNOTE 4.3: signatures and fixed lengths of the five records that are read. */
const local = { signature: 0x04034b50, bytes: 30 }
const central = { signature: 0x02014b50, bytes: 46 }
const end = { signature: 0x06054b50, bytes: 22 }
const end64 = { signature: 0x06064b50, bytes: 56 }
const locator64 = { signature: 0x07064b50, bytes: 20 }
const maxCommentBytes = 65_535

/** Our own limits: PyTorch writes one member for each tensor, a few thousand. */
const maxMembers = 100_000
const maxDirectoryBytes = 64 * 1024 * 1024

export interface ZipDirectory {
  readonly members: readonly ZipMember[]
  /** Why another reader may see other members, or null. */
  readonly problem: string | null
}

/**
 * Parses a zip's directory. Records that contradict each other are a problem: readers differ in which one
 * they use, so a loader could see a member that is not seen here. PyTorch's reader (miniz) and NumPy's
 * (Python's zipfile) find the directory, the 64-bit records and a member by its name in different ways.
 */
export async function readZipMembers(source: ByteSource): Promise<ParseResult<ZipDirectory>> {
  const problems: string[] = []
  const directory = await findDirectory(source, problems)
  if (!directory.ok) return directory
  const { at, sizeBytes, count, endAt } = directory.value
  if (count > maxMembers || sizeBytes > maxDirectoryBytes) return malformed('too many members')
  if (at + sizeBytes !== endAt) return malformed('the directory is not where its end says')
  const bytes = await source.read(at, sizeBytes)
  const entries: DirectoryEntry[] = []
  const seen = new Set<string>()
  let position = 0
  while (position < bytes.length) {
    const parsed = parseEntry(bytes, position, problems)
    if (!parsed.ok) return parsed
    const { entry, next } = parsed.value
    // PyTorch finds a member by its name in any case (miniz, mz_zip_reader_locate_file).
    const key = entry.name.toLowerCase()
    if (seen.has(key)) problems.push(`two members are named ${entry.name.slice(0, 60)}`)
    seen.add(key)
    entries.push(entry)
    position = next
  }
  if (entries.length !== count) return malformed('the directory lists another number of members')
  const members = withLimits(entries, at, problems)
  return members.ok ? { ok: true, value: { members: members.value, problem: problems[0] ?? null } } : members
}

type DirectoryEntry = Omit<ZipMember, 'limit'>

/**
 * Limits each member to the space before the next one. The first begins the file: what is in front of it,
 * such as a whole other archive, would never be looked into. Overlapping members could unpack a small file to
 * terabytes and show different content to different readers (David Fifield, "A better zip bomb", 2019).
 */
function withLimits(
  entries: readonly DirectoryEntry[],
  directoryAt: number,
  problems: string[],
): ParseResult<ZipMember[]> {
  const starts = entries.map(({ headerAt }) => headerAt).toSorted((one, other) => one - other)
  if (starts.length > 0 && starts[0] !== 0) problems.push('bytes before its first member')
  const nextStart = new Map(starts.map((start, index) => [start, starts[index + 1] ?? directoryAt]))
  const members: ZipMember[] = []
  for (const entry of entries) {
    const limit = nextStart.get(entry.headerAt) ?? directoryAt
    const minEnd = entry.headerAt + local.bytes + entry.nameBytes + entry.packedBytes
    if (nextStart.size < entries.length || minEnd > limit) return malformed('two members overlap')
    members.push({ ...entry, limit })
  }
  return { ok: true, value: members }
}

interface Directory {
  readonly at: number
  readonly sizeBytes: number
  readonly count: number
  /** Where the record begins that must follow the directory immediately. */
  readonly endAt: number
}

async function findDirectory(source: ByteSource, problems: string[]): Promise<ParseResult<Directory>> {
  const tailBytes = Math.min(source.sizeBytes, end.bytes + maxCommentBytes + locator64.bytes)
  const tailAt = source.sizeBytes - tailBytes
  const tail = await source.read(tailAt, tailBytes)
  const signature = Buffer.alloc(4)
  signature.writeUInt32LE(end.signature)
  const found = tail.lastIndexOf(signature)
  if (found < 0 || found + end.bytes > tail.length) return malformed('zip archive without its end')
  if (found + end.bytes + tail.readUInt16LE(found + 20) !== tail.length) {
    problems.push('bytes after its end')
  }
  const directory = {
    at: tail.readUInt32LE(found + 16),
    sizeBytes: tail.readUInt32LE(found + 12),
    count: tail.readUInt16LE(found + 10),
    endAt: tailAt + found,
  }
  const isDivided =
    tail.readUInt16LE(found + 4) !== 0 ||
    tail.readUInt16LE(found + 6) !== 0 ||
    tail.readUInt16LE(found + 8) !== directory.count
  if (isDivided) problems.push('it is one of several parts')
  const locator = found - locator64.bytes
  if (locator < 0 || tail.readUInt32LE(locator) !== locator64.signature) return { ok: true, value: directory }
  return parseEnd64(source, readU64(tail, locator + 8), directory, problems)
}

/**
 * Parses the 64-bit end. It must be directly before its locator, because Python's zipfile reads it there and
 * PyTorch's reader where the locator says, and it must agree with the 32-bit end.
 */
async function parseEnd64(
  source: ByteSource,
  endAt: number | null,
  directory32: Directory,
  problems: string[],
): Promise<ParseResult<Directory>> {
  if (endAt === null) return malformed(beyondLimit)
  if (endAt !== directory32.endAt - locator64.bytes - end64.bytes) problems.push(endMoved)
  const record = await source.read(endAt, end64.bytes)
  const isWhole = record.length === end64.bytes && record.readUInt32LE(0) === end64.signature
  if (!isWhole || readU64(record, 4) !== end64.bytes - 12) return malformed(endMoved)
  const at = readU64(record, 48)
  const sizeBytes = readU64(record, 40)
  const count = readU64(record, 32)
  if (at === null || sizeBytes === null || count === null) return malformed(beyondLimit)
  const agrees =
    agreesWith(directory32.at, at, 0xffffffff) &&
    agreesWith(directory32.sizeBytes, sizeBytes, 0xffffffff) &&
    agreesWith(directory32.count, count, 0xffff) &&
    readU64(record, 24) === count
  if (!agrees) problems.push('its 64-bit end contradicts its 32-bit end')
  return { ok: true, value: { at, sizeBytes, count, endAt } }
}

/** Whether a short number is the long one, or says by its highest value that only the long one counts. */
function agreesWith(short: number, long: number, highest: number): boolean {
  return short === long || short === highest
}

const endMoved = 'its 64-bit end is not where it says'
const beyondLimit = 'a number beyond 2^53'

/** Null for a number beyond 2^53. */
function readU64(bytes: Buffer, at: number): number | null {
  const value = bytes.readBigUInt64LE(at)
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(value)
}

function parseEntry(
  bytes: Buffer,
  at: number,
  problems: string[],
): ParseResult<{ readonly entry: DirectoryEntry; readonly next: number }> {
  if (at + central.bytes > bytes.length || bytes.readUInt32LE(at) !== central.signature) {
    return malformed('an entry of the directory is no entry')
  }
  const flags = bytes.readUInt16LE(at + 8)
  const method = bytes.readUInt16LE(at + 10)
  const nameBytes = bytes.readUInt16LE(at + 28)
  const extraBytes = bytes.readUInt16LE(at + 30)
  const next = at + central.bytes + nameBytes + extraBytes + bytes.readUInt16LE(at + 32)
  if (next > bytes.length) return malformed('an entry of the directory is cut short')
  if ((flags & 1) !== 0) return malformed('a member is marked as encrypted')
  if (method !== 0 && method !== 8) return malformed(`a member is packed by method ${method}`)
  const nameAt = at + central.bytes
  const extra = bytes.subarray(nameAt + nameBytes, nameAt + nameBytes + extraBytes)
  const location32 = {
    sizeBytes: bytes.readUInt32LE(at + 24),
    packedBytes: bytes.readUInt32LE(at + 20),
    headerAt: bytes.readUInt32LE(at + 42),
  }
  const location = parseLocation(extra, location32, problems)
  if (!location.ok) return location
  const name = bytes.toString('utf8', nameAt, nameAt + nameBytes)
  // Python's zipfile ends a name at NUL, and on Windows it reads a backslash as a slash.
  if (name.includes('\0') || name.includes('\\')) problems.push('a member’s name is read in two ways')
  if (method === 0 && location.value.packedBytes !== location.value.sizeBytes) {
    problems.push('a stored member has two sizes')
  }
  const entry = { name, isDeflated: method === 8, nameBytes, ...location.value }
  return { ok: true, value: { entry, next } }
}

type Location = Pick<ZipMember, 'sizeBytes' | 'packedBytes' | 'headerAt'>

/** Extra fields of a directory entry (APPNOTE 4.5). */
const sizesField = 1
/** Python's zipfile takes the member's name from this field, and PyTorch's reader doesn't. */
const unicodeNameField = 0x7075

/** Numbers that don't fit in 32 bits are in extra field 1, in this order, and only those (APPNOTE 4.5.3). */
function parseLocation(extra: Buffer, location32: Location, problems: string[]): ParseResult<Location> {
  const location = { ...location32 }
  let hasSizes = false
  let next = 0
  for (let at = 0; at + 4 <= extra.length; at = next) {
    next = at + 4 + extra.readUInt16LE(at + 2)
    const field = extra.readUInt16LE(at)
    if (next > extra.length) return malformed('an extra field that is cut short')
    if (field === unicodeNameField) problems.push('a member has two names')
    if (field !== sizesField) continue
    if (hasSizes) problems.push('a member has two 64-bit sizes')
    hasSizes = true
    let position = at + 4
    for (const name of ['sizeBytes', 'packedBytes', 'headerAt'] as const) {
      if (location32[name] !== 0xffffffff) continue
      if (position + 8 > next) return malformed('a 64-bit size is missing')
      const value = readU64(extra, position)
      if (value === null) return malformed(beyondLimit)
      location[name] = value
      position += 8
    }
  }
  return { ok: true, value: location }
}

/** Longer names are only compared up to here; PyTorch's have about forty characters. */
const maxComparedNameBytes = 500

/** The sizes that may follow a member, with a signature and 64-bit numbers (APPNOTE 4.3.9). */
const maxDescriptorBytes = 24

/** Unpacked members are held in memory. A larger one is a zip bomb, or no description of a model. */
export const maxMemberBytes = 64 * 1024 * 1024

/** Where a member's bytes begin. Its local header must agree with the directory. */
async function findMemberStart(source: ByteSource, member: ZipMember): Promise<ParseResult<number>> {
  const header = await source.read(member.headerAt, local.bytes + maxComparedNameBytes)
  if (header.length < local.bytes || header.readUInt32LE(0) !== local.signature) {
    return malformed('a member is not where the directory says')
  }
  const nameBytes = header.readUInt16LE(26)
  const name = header.toString('utf8', local.bytes, local.bytes + nameBytes)
  if (nameBytes !== member.nameBytes || (nameBytes <= maxComparedNameBytes && name !== member.name)) {
    return malformed('a member has one name in the directory and another at its place')
  }
  if (header.readUInt16LE(8) !== (member.isDeflated ? 8 : 0) || (header.readUInt16LE(6) & 1) !== 0) {
    return malformed('a member is packed in one way in the directory and another at its place')
  }
  const start = member.headerAt + local.bytes + nameBytes + header.readUInt16LE(28)
  const unusedBytes = member.limit - start - member.packedBytes
  if (unusedBytes < 0) return malformed('a member ends behind its place')
  if (unusedBytes > maxDescriptorBytes) return malformed('bytes between two members')
  return { ok: true, value: start }
}

/** The unpacked bytes of a member. One that is only stored is read in place. */
export async function openMember(source: ByteSource, member: ZipMember): Promise<ParseResult<ByteSource>> {
  const found = await findMemberStart(source, member)
  if (!found.ok) return found
  const start = found.value
  if (!member.isDeflated) return { ok: true, value: sliceSource(source, start, start + member.packedBytes) }
  if (member.packedBytes > maxMemberBytes) return malformed('a packed member is too large to be looked into')
  const unpacked = await inflate(await source.read(start, member.packedBytes))
  if (!unpacked.ok) return unpacked
  const bytes = unpacked.value
  if (bytes.length !== member.sizeBytes) return malformed('a member unpacks to another size than it says')
  return { ok: true, value: bufferSource(bytes) }
}

function inflate(packed: Buffer): Promise<ParseResult<Buffer>> {
  return new Promise((resolve) => {
    inflateRaw(packed, { maxOutputLength: maxMemberBytes }, (error, bytes) => {
      if (!error) resolve({ ok: true, value: bytes })
      else if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
        resolve(malformed('a member unpacks to more than 64 MiB'))
      } else resolve(malformed('a member can’t be unpacked'))
    })
  })
}
