import { inflateRaw } from 'node:zlib'
import { sourceOf, type ByteSource } from './byte-window.ts'
import { HeaderDamage } from './header.ts'

/** One file inside a zip. */
export interface ZipMember {
  readonly name: string
  readonly isDeflated: boolean
  readonly packedBytes: number
  readonly sizeBytes: number
  /** Where its own header begins; its bytes come behind that. */
  readonly headerAt: number
  /** Where the next member, or the directory, begins: its bytes end before that. */
  readonly limit: number
  /** Of its name, as it stands there. */
  readonly nameBytes: number
}

/** PKWARE APPNOTE 4.3: signatures and fixed lengths of the four records that are read. */
const local = { signature: 0x04034b50, bytes: 30 }
const central = { signature: 0x02014b50, bytes: 46 }
const end = { signature: 0x06054b50, bytes: 22 }
const end64 = { signature: 0x06064b50, bytes: 56 }
const locator64 = { signature: 0x07064b50, bytes: 20 }
const longestComment = 65_535

/** Our own bounds: PyTorch writes one member for each tensor, some thousands. */
const mostMembers = 100_000
const longestDirectory = 64 * 1024 * 1024

/**
 * The members that a zip's directory lists. Throws `HeaderDamage` for a zip without an end, and for one whose records
 * contradict each other: readers differ in what they believe then, and what one of them doesn't see another may load.
 */
export async function zipMembers(source: ByteSource): Promise<ZipMember[]> {
  const { at, sizeBytes, count, endAt } = await directoryOf(source)
  if (count > mostMembers || sizeBytes > longestDirectory) throw new HeaderDamage('too many members')
  if (at + sizeBytes !== endAt) throw new HeaderDamage('the directory is not where its end says')
  const bytes = await source.read(at, sizeBytes)
  const members: Entry[] = []
  const seen = new Set<string>()
  let place = 0
  while (place < bytes.length) {
    const { member, next } = readEntry(bytes, place)
    if (seen.has(member.name)) throw new HeaderDamage(`two members are named ${member.name.slice(0, 60)}`)
    seen.add(member.name)
    members.push(member)
    place = next
  }
  if (members.length !== count) throw new HeaderDamage('the directory lists another number of members')
  return apart(members, at)
}

type Entry = Omit<ZipMember, 'limit'>

/**
 * Gives each member the room up to the next. Members in one another's place would make a small file take as long as a huge
 * one, and show readers different things (David Fifield, "A better zip bomb", 2019).
 */
function apart(entries: readonly Entry[], directoryAt: number): ZipMember[] {
  const places = entries.map(({ headerAt }) => headerAt).toSorted((one, other) => one - other)
  const next = new Map(places.map((place, index) => [place, places[index + 1] ?? directoryAt]))
  return entries.map((entry) => {
    const limit = next.get(entry.headerAt) ?? directoryAt
    const leastEnd = entry.headerAt + local.bytes + entry.nameBytes + entry.packedBytes
    if (next.size < entries.length || leastEnd > limit) throw new HeaderDamage('two members overlap')
    return { ...entry, limit }
  })
}

interface Directory {
  readonly at: number
  readonly sizeBytes: number
  readonly count: number
  /** Where the record begins that must follow the directory at once. */
  readonly endAt: number
}

async function directoryOf(source: ByteSource): Promise<Directory> {
  const tailBytes = Math.min(source.sizeBytes, end.bytes + longestComment + locator64.bytes)
  const tailAt = source.sizeBytes - tailBytes
  const tail = await source.read(tailAt, tailBytes)
  const signature = Buffer.alloc(4)
  signature.writeUInt32LE(end.signature)
  const found = tail.lastIndexOf(signature)
  if (found < 0 || found + end.bytes > tail.length) throw new HeaderDamage('zip archive without its end')
  const entry = {
    at: tail.readUInt32LE(found + 16),
    sizeBytes: tail.readUInt32LE(found + 12),
    count: tail.readUInt16LE(found + 10),
    endAt: tailAt + found,
  }
  const locator = found - locator64.bytes
  if (locator < 0 || tail.readUInt32LE(locator) !== locator64.signature) return entry
  const at64 = natural(tail, locator + 8)
  const record = await source.read(at64, end64.bytes)
  if (record.length < end64.bytes || record.readUInt32LE(0) !== end64.signature) {
    throw new HeaderDamage('its 64-bit end is not where it says')
  }
  return {
    at: natural(record, 48),
    sizeBytes: natural(record, 40),
    count: natural(record, 32),
    endAt: at64,
  }
}

function natural(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at)
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new HeaderDamage('a number beyond 2^53')
  return Number(value)
}

function readEntry(bytes: Buffer, at: number): { member: Entry; next: number } {
  if (at + central.bytes > bytes.length || bytes.readUInt32LE(at) !== central.signature) {
    throw new HeaderDamage('an entry of the directory is no entry')
  }
  const flags = bytes.readUInt16LE(at + 8)
  const method = bytes.readUInt16LE(at + 10)
  const nameBytes = bytes.readUInt16LE(at + 28)
  const extraBytes = bytes.readUInt16LE(at + 30)
  const next = at + central.bytes + nameBytes + extraBytes + bytes.readUInt16LE(at + 32)
  if (next > bytes.length) throw new HeaderDamage('an entry of the directory is cut short')
  if ((flags & 1) !== 0) throw new HeaderDamage('a member is marked as encrypted')
  if (method !== 0 && method !== 8) throw new HeaderDamage(`a member is packed by method ${method}`)
  const nameAt = at + central.bytes
  const extra = bytes.subarray(nameAt + nameBytes, nameAt + nameBytes + extraBytes)
  const sizes = wideSizes(extra, {
    sizeBytes: bytes.readUInt32LE(at + 24),
    packedBytes: bytes.readUInt32LE(at + 20),
    headerAt: bytes.readUInt32LE(at + 42),
  })
  const name = bytes.toString('utf8', nameAt, nameAt + nameBytes)
  return { member: { name, isDeflated: method === 8, nameBytes, ...sizes }, next }
}

type Sizes = Pick<ZipMember, 'sizeBytes' | 'packedBytes' | 'headerAt'>

/** Numbers that don't fit in 32 bits stand in the extra field 1, in this order, and only those (APPNOTE 4.5.3). */
function wideSizes(extra: Buffer, narrow: Sizes): Sizes {
  const sizes = { ...narrow }
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    let place = at + 4
    for (const name of ['sizeBytes', 'packedBytes', 'headerAt'] as const) {
      if (narrow[name] !== 0xffffffff) continue
      if (place + 8 > extra.length) throw new HeaderDamage('a 64-bit size is missing')
      sizes[name] = natural(extra, place)
      place += 8
    }
  }
  return sizes
}

/** Of a member's name this much is compared; PyTorch's have some forty characters. */
const longestName = 500

/** Unpacked members are held in memory: beyond this one is a bomb, or no description of a model. */
const longestUnpacked = 64 * 1024 * 1024

/** Where a member's bytes begin. Its own header must agree with the directory. */
export async function memberStart(source: ByteSource, member: ZipMember): Promise<number> {
  const header = await source.read(member.headerAt, local.bytes + longestName)
  if (header.length < local.bytes || header.readUInt32LE(0) !== local.signature) {
    throw new HeaderDamage('a member is not where the directory says')
  }
  const nameBytes = header.readUInt16LE(26)
  const name = header.toString('utf8', local.bytes, local.bytes + nameBytes)
  if (nameBytes !== member.nameBytes || (nameBytes <= longestName && name !== member.name)) {
    throw new HeaderDamage('a member has one name in the directory and another at its place')
  }
  if ((header.readUInt16LE(8) === 8) !== member.isDeflated) {
    throw new HeaderDamage('a member is packed in one way in the directory and another at its place')
  }
  const start = member.headerAt + local.bytes + nameBytes + header.readUInt16LE(28)
  if (start + member.packedBytes > member.limit) throw new HeaderDamage('a member ends behind its place')
  return start
}

/** A member's bytes, unpacked; those that are only stored are read in place. */
export async function memberBytes(
  source: ByteSource,
  member: ZipMember,
): Promise<{ readonly source: ByteSource; readonly start: number; readonly end: number }> {
  const start = await memberStart(source, member)
  if (!member.isDeflated) return { source, start, end: start + member.packedBytes }
  if (member.packedBytes > longestUnpacked)
    throw new HeaderDamage('a packed member is too large to be looked into')
  const bytes = await inflated(await source.read(start, member.packedBytes))
  return { source: sourceOf(bytes), start: 0, end: bytes.length }
}

function inflated(packed: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    inflateRaw(packed, { maxOutputLength: longestUnpacked }, (error, bytes) => {
      if (!error) resolve(bytes)
      else if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
        reject(new HeaderDamage('a member unpacks to more than 64 MiB'))
      } else reject(new HeaderDamage('a member can’t be unpacked'))
    })
  })
}
