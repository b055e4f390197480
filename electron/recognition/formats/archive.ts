import { constants, inflateSync } from 'node:zlib'

interface ArchiveFormat {
  readonly name: string
  readonly isAtStart: (start: Buffer) => boolean
}

const startsWith = (hex: string) => {
  const magic = Buffer.from(hex, 'hex')
  return (start: Buffer) => start.subarray(0, magic.length).equals(magic)
}

/**
 * Begins zlib's format (RFC 1950, 2.2). Two bytes are too few, so the beginning must unpack too: safetensors
 * begin with any number.
 */
function isZlib(start: Buffer): boolean {
  if (start.length < 2 || start[0] !== 0x78 || start.readUInt16BE(0) % 31 !== 0) return false
  try {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 4_096 }
    inflateSync(start.subarray(0, 1_024), options)
    return true
  } catch (error) {
    // It unpacks to more than needed.
    return error instanceof RangeError
  }
}

/** Its level, then the magic of a block or of the end (bzip2 has no other specification than its source). */
function isBzip2(start: Buffer): boolean {
  if (!/^BZh[1-9]$/.test(start.toString('latin1', 0, 4))) return false
  return ['314159265359', '177245385090'].includes(start.toString('hex', 4, 10))
}

/** Unpacked sizes from here on are not accepted (xz, liblzma/common/alone_decoder.c). */
const maxLzmaSizeBytes = 2n ** 38n

/**
 * LZMA's old format without a magic: its usual properties, a dictionary size of 2^n or 2^n + 2^(n-1), and the
 * unpacked size or -1 (xz, doc/lzma-file-format.txt). Joblib looks for the first two bytes.
 */
function isLzma(start: Buffer): boolean {
  if (start.length < 13 || start.readUInt16BE(0) !== 0x5d00) return false
  const dictionaryBits = start.readUInt32LE(1).toString(2)
  const sizeBytes = start.readBigInt64LE(5)
  return /^(?:1?10*|0|1{32})$/.test(dictionaryBits) && sizeBytes >= -1n && sizeBytes < maxLzmaSizeBytes
}

/**
 * By the first bytes that each format's own specification demands. `joblib.load` unpacks all but the first
 * three and runs the pickle inside (joblib/compressor.py).
 */
const archives: readonly ArchiveFormat[] = [
  { name: '7z', isAtStart: startsWith('377abcaf271c') },
  { name: 'RAR', isAtStart: startsWith('526172211a07') },
  { name: 'Zstandard', isAtStart: startsWith('28b52ffd') },
  { name: 'XZ', isAtStart: startsWith('fd377a585a00') },
  { name: 'LZ4', isAtStart: startsWith('04224d18') },
  { name: 'bzip2', isAtStart: isBzip2 },
  { name: 'gzip', isAtStart: startsWith('1f8b08') },
  { name: 'LZMA', isAtStart: isLzma },
  { name: 'zlib', isAtStart: isZlib },
  {
    // Joblib before 0.10: `ZF`, the unpacked size as a hexadecimal number, and zlib (numpy_pickle_compat.py).
    name: 'joblib',
    isAtStart: (start) => /^ZF\s*\+?[\dA-Fa-f]/.test(start.toString('latin1', 0, 21)),
  },
]

/**
 * The format of an archive or compressed file that is recognised but not unpacked, or null. Zip and tar have
 * their own readers.
 */
export function detectArchive(start: Buffer): string | null {
  return archives.find(({ isAtStart }) => isAtStart(start))?.name ?? null
}

const machO = ['feedface', 'feedfacf', 'cefaedfe', 'cffaedfe'].map(startsWith)
const isElf = startsWith('7f454c46')

/** Whether bytes begin a program or native library of Linux, Windows or macOS. */
export function isProgram(start: Buffer): boolean {
  if (isElf(start) || machO.some((isStart) => isStart(start))) return true
  if (start.toString('latin1', 0, 2) !== 'MZ' || start.length < 0x40) return false
  // The position of the header is at 0x3c (PE Format, "MS-DOS Stub").
  const at = start.readUInt32LE(0x3c)
  return start.toString('latin1', at, at + 4) === 'PE\0\0'
}
