/** Larger previews are left aside: a page should not hold them, and no preview needs to be so large. */
export const longestImage = 4 * 1024 * 1024
/** Pixels a side, and all in all: a few kilobytes can unpack to gigabytes. */
const longestSide = 8_192
const mostPixels = 32 * 1024 * 1024

interface Size {
  readonly width: number
  readonly height: number
}

const readers: Readonly<Record<string, (bytes: Buffer) => Size | null>> = {
  'image/png': pngSize,
  'image/jpeg': jpegSize,
  'image/webp': webpSize,
}

/** The type of a picture by its own bytes, or null for what is no PNG, JPEG or WebP, or is too large. */
export function imageType(bytes: Buffer): string | null {
  if (bytes.length > longestImage) return null
  for (const [type, read] of Object.entries(readers)) {
    const size = read(bytes)
    if (!size) continue
    const { width, height } = size
    const fits = width > 0 && height > 0 && Math.max(width, height) <= longestSide
    return fits && width * height <= mostPixels ? type : null
  }
  return null
}

const pngStart = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

/** The header chunk comes first and begins with the two lengths (PNG, 11.2.2). */
function pngSize(bytes: Buffer): Size | null {
  if (
    bytes.length < 33 ||
    !bytes.subarray(0, 8).equals(pngStart) ||
    bytes.toString('latin1', 12, 16) !== 'IHDR'
  )
    return null
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
}

/** Walks from segment to segment to the frame header, which has the lengths (ITU T.81, B.2.2). */
function jpegSize(bytes: Buffer): Size | null {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return null
  let at = 2
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) }
    if (marker === 0xff) at += 1
    else at += 2 + bytes.readUInt16BE(at + 2)
  }
  return null
}

/** The three forms keep their lengths in three ways (WebP container specification). */
function webpSize(bytes: Buffer): Size | null {
  const is = (text: string, at: number) => bytes.toString('latin1', at, at + 4) === text
  if (bytes.length < 30 || !is('RIFF', 0) || !is('WEBP', 8)) return null
  if (is('VP8X', 12)) return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 }
  if (is('VP8 ', 12)) {
    return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff }
  }
  if (!is('VP8L', 12)) return null
  const bits = bytes.readUInt32LE(21)
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
}
