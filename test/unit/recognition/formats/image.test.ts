import { expect, test } from 'vitest'
import { detectImageType } from '../../../../electron/recognition/formats/image.ts'
import { jpegStart, pngOf, webpStart } from '../../../fixtures/pictures.ts'

const png = (width: number, height: number) => {
  const bytes = Buffer.from(pngOf(1, 1, [0, 0, 0]))
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  return bytes
}

/** The first bytes of a lossy WebP, and of one with animation or transparency. */
const lossyWebp = (width: number, height: number) => {
  const bytes = Buffer.from('RIFF\0\0\0\0WEBPVP8 \0\0\0\0\x30\x01\0\x9d\x01\x2a'.padEnd(40, '\0'), 'latin1')
  // Two bits of each side are a scale for the display.
  bytes.writeUInt16LE(0xc000 | width, 26)
  bytes.writeUInt16LE(0x4000 | height, 28)
  return bytes
}
const extendedWebp = (width: number, height: number) => {
  const bytes = Buffer.from('RIFF\0\0\0\0WEBPVP8X\x0a'.padEnd(40, '\0'), 'latin1')
  bytes.writeUIntLE(width - 1, 24, 3)
  bytes.writeUIntLE(height - 1, 27, 3)
  return bytes
}

const variants = [
  ['image/png', png],
  ['image/jpeg', jpegStart],
  ['image/webp', webpStart],
  ['image/webp', lossyWebp],
  ['image/webp', extendedWebp],
] as const

test.each(variants)('accepts %s only up to 8,192 pixels a side and 32 Mi pixels', (type, imageOf) => {
  for (const [width, height] of [
    [8_192, 4_096],
    [4_096, 8_192],
    [8_192, 1],
    [1, 1],
  ] as const) {
    expect(detectImageType(imageOf(width, height)), `${width} × ${height}`).toBe(type)
  }
  for (const [width, height] of [
    [8_193, 1],
    [1, 8_193],
    [8_192, 4_097],
    [4_097, 8_192],
  ] as const) {
    expect(detectImageType(imageOf(width, height)), `${width} × ${height}`).toBeNull()
  }
})

test('rejects images over 4 MiB', () => {
  const bytes = Buffer.concat([png(8, 8), Buffer.alloc(4 * 1024 * 1024)])
  expect(detectImageType(bytes.subarray(0, 4 * 1024 * 1024))).toBe('image/png')
  expect(detectImageType(bytes.subarray(0, 4 * 1024 * 1024 + 1))).toBeNull()
})

/** The marker, length and content of a segment of a JPEG. */
const segment = (marker: number, content: Buffer) => {
  const start = Buffer.from([0xff, marker, 0, 0])
  start.writeUInt16BE(content.length + 2, 2)
  return Buffer.concat([start, content])
}
const frame = (marker: number) => segment(marker, Buffer.from([8, 0, 16, 0, 16, 1, 1, 0x11, 0]))
const jpeg = (...segments: readonly Buffer[]) => Buffer.concat([Buffer.from([0xff, 0xd8]), ...segments])
/** A segment whose content would be a frame without pixels. */
const decoy = (marker: number) => segment(marker, Buffer.alloc(20))

test('finds the frame of a JPEG behind other segments and fill bytes', () => {
  for (const marker of [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc7, 0xc9, 0xcb, 0xcd, 0xcf]) {
    expect(detectImageType(jpeg(decoy(0xe0), frame(marker))), marker.toString(16)).toBe('image/jpeg')
  }
  // Tables, an extension and comments are no frames, although some of their numbers are between those of frames.
  for (const marker of [0xc4, 0xc8, 0xcc, 0xbf, 0xd0, 0xdb, 0xfe]) {
    expect(detectImageType(jpeg(decoy(marker), frame(0xc0))), marker.toString(16)).toBe('image/jpeg')
  }
  for (const fill of [Buffer.from([0xff]), Buffer.from([0xff, 0xff])]) {
    expect(detectImageType(jpeg(fill, decoy(0xe1), fill, frame(0xc0)))).toBe('image/jpeg')
  }
})

test('rejects a JPEG without a frame or that ends before its size', () => {
  expect(detectImageType(jpeg(decoy(0xe0)))).toBeNull()
  expect(detectImageType(jpeg(decoy(0xe0), Buffer.from([0]), frame(0xc0)))).toBeNull()
  const whole = jpeg(frame(0xc0))
  expect(detectImageType(whole.subarray(0, 11))).toBe('image/jpeg')
  for (let length = 0; length < 11; length += 1) expect(detectImageType(whole.subarray(0, length))).toBeNull()
  expect(detectImageType(Buffer.concat([Buffer.from([0xff, 0xd9]), frame(0xc0)]))).toBeNull()
})

test('rejects a PNG or WebP whose first chunk is another one or cut short', () => {
  const changed = (bytes: Buffer, at: number) => {
    const copy = Buffer.from(bytes)
    copy[at] = 0x78
    return detectImageType(copy)
  }
  for (const at of [0, 7, 12, 15]) expect(changed(png(8, 8), at)).toBeNull()
  for (const imageOf of [webpStart, lossyWebp, extendedWebp]) {
    for (const at of [0, 3, 8, 11, 12, 15]) expect(changed(imageOf(8, 8), at)).toBeNull()
    expect(detectImageType(imageOf(8, 8).subarray(0, 30))).toBe('image/webp')
    expect(detectImageType(imageOf(8, 8).subarray(0, 29))).toBeNull()
  }
  expect(detectImageType(png(8, 8).subarray(0, 33))).toBe('image/png')
  expect(detectImageType(png(8, 8).subarray(0, 32))).toBeNull()
})
