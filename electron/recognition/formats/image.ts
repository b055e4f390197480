/** Larger previews are not shown, to limit the page's memory. */
export const maxImageBytes = 4 * 1024 * 1024
/** Limits of each side and of the whole image: a few kilobytes can unpack to gigabytes. */
const maxSidePixels = 8_192
const maxPixels = 32 * 1024 * 1024

interface ImageSize {
  readonly width: number
  readonly height: number
}

const sizeReaders: Readonly<Record<string, (bytes: Buffer) => ImageSize | null>> = {
  'image/png': pngSize,
  'image/jpeg': jpegSize,
  'image/webp': webpSize,
}

/** The MIME type of an image by its bytes, or null if it isn't a PNG, JPEG or WebP or is too large. */
export function detectImageType(bytes: Buffer): string | null {
  if (bytes.length > maxImageBytes) return null
  for (const [type, read] of Object.entries(sizeReaders)) {
    const size = read(bytes)
    if (!size) continue
    const { width, height } = size
    const fits = width > 0 && height > 0 && Math.max(width, height) <= maxSidePixels
    return fits && width * height <= maxPixels ? type : null
  }
  return null
}

const pngStart = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

/** The header chunk comes first and begins with width and height (PNG, 11.2.2). */
function pngSize(bytes: Buffer): ImageSize | null {
  if (
    bytes.length < 33 ||
    !bytes.subarray(0, 8).equals(pngStart) ||
    bytes.toString('latin1', 12, 16) !== 'IHDR'
  )
    return null
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
}

/** Follows the segments to the frame header, which holds the size (ITU T.81, B.2.2). */
function jpegSize(bytes: Buffer): ImageSize | null {
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

/** Each of the three variants stores the size differently (WebP container specification). */
function webpSize(bytes: Buffer): ImageSize | null {
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
