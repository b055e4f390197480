import type { ByteSource } from './byte-source.ts'
import { malformed, type ParseResult } from './parse-result.ts'

/** Header and contents are padded to blocks (POSIX.1-2017, pax, "ustar Interchange Format"). */
export const tarBlockBytes = 512
const nameField = { at: 0, bytes: 100 }
const sizeField = { at: 124, bytes: 12 }
const checksumField = { at: 148, bytes: 8 }
const typeAt = 156
/** Types of a regular file: of the old format, of POSIX, and contiguous. */
const regularTypes = '\0' + '07'

/** Our own limit: PyTorch's first format has four members. */
const maxMembers = 1_000

/** One file inside a tar. */
export interface TarMember {
  readonly name: string
  readonly start: number
  readonly end: number
}

/**
 * Whether bytes begin a tar for Python's tarfile, which is what PyTorch tries first. It checks no magic,
 * since the oldest format has none, only that the header's checksum is right.
 */
export function isTarStart(start: Buffer): boolean {
  if (start.length < tarBlockBytes) return false
  const claimed = readNumber(start, checksumField)
  if (claimed === null) return false
  let unsigned = 0
  let signed = 0
  for (let at = 0; at < tarBlockBytes; at += 1) {
    const isChecksum = at >= checksumField.at && at < checksumField.at + checksumField.bytes
    unsigned += isChecksum ? 0x20 : start.readUInt8(at)
    signed += isChecksum ? 0x20 : start.readInt8(at)
  }
  return claimed === unsigned || claimed === signed
}

/**
 * A number field as tarfile's `nti` reads it: octal digits as Python's `int` accepts them, or, behind a byte
 * 0x80 or 0xff, the number itself. Null if it is none.
 */
function readNumber(header: Buffer, field: { readonly at: number; readonly bytes: number }): number | null {
  const bytes = header.subarray(field.at, field.at + field.bytes)
  const mark = bytes[0]
  if (mark === 0x80 || mark === 0xff) {
    const value = BigInt(`0x${bytes.toString('hex', 1)}`)
    return Number(mark === 0x80 ? value : value - 256n ** BigInt(bytes.length - 1))
  }
  // Python strips more control characters than JavaScript.
  const text = bytes
    .toString('latin1')
    .replace(/\0.*$/s, '')
    .replaceAll(/[\p{Cc}\s]/gu, ' ')
    .trim()
  if (text === '') return 0
  const [, sign, digits] = /^([+-]?)(?:0o)?_?([0-7]+(?:_[0-7]+)*)$/i.exec(text) ?? []
  if (digits === undefined) return null
  const value = Number.parseInt(digits.replaceAll('_', ''), 8)
  return sign === '-' ? -value : value
}

/**
 * Lists the regular files of a tar. Attributes of other members (long names, sizes, links) are not applied,
 * so a loader may see more than is listed.
 */
export async function readTarMembers(source: ByteSource): Promise<ParseResult<TarMember[]>> {
  const members: TarMember[] = []
  let at = 0
  for (let count = 0; ; count += 1) {
    const header = await source.read(at, tarBlockBytes)
    if (!isTarStart(header)) return { ok: true, value: members }
    const sizeBytes = readNumber(header, sizeField)
    if (sizeBytes === null || sizeBytes < 0) return malformed('a member of a tar without a size')
    if (count >= maxMembers) return malformed('a tar of too many members')
    const start = at + tarBlockBytes
    const name = header.toString('latin1', nameField.at, nameField.bytes).replace(/\0.*$/s, '')
    const isRegular = regularTypes.includes(String.fromCharCode(header.readUInt8(typeAt)))
    if (isRegular) members.push({ name, start, end: Math.min(start + sizeBytes, source.sizeBytes) })
    at = start + Math.ceil(sizeBytes / tarBlockBytes) * tarBlockBytes
  }
}
