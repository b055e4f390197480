/** Size in pixels, and the PNG of that size. */
export type SizedPng = readonly [size: number, png: Buffer]

/**
 * Packs a Windows icon: a directory followed by PNGs, which the format allows since Windows Vista. Size 256
 * is stored as 0. Layout: learn.microsoft.com, "Icons" (ICONDIR, ICONDIRENTRY).
 */
export function packIco(pngs: readonly SizedPng[]): Buffer {
  const headLength = 6
  const entryLength = 16
  const head = Buffer.alloc(headLength + entryLength * pngs.length)
  head.writeUInt16LE(1, 2)
  head.writeUInt16LE(pngs.length, 4)
  let offset = head.length
  for (const [index, [size, png]] of pngs.entries()) {
    const at = headLength + entryLength * index
    head.writeUInt8(size % 256, at)
    head.writeUInt8(size % 256, at + 1)
    head.writeUInt16LE(1, at + 4)
    head.writeUInt16LE(32, at + 6)
    head.writeUInt32LE(png.length, at + 8)
    head.writeUInt32LE(offset, at + 12)
    offset += png.length
  }
  return Buffer.concat([head, ...pngs.map(([, png]) => png)])
}

/** Apple's PNG types by size; an `@2x` image has its own type. Source: iconutil's output for an icon set. */
const appleTypes: readonly (readonly [type: string, size: number])[] = [
  ['icp4', 16],
  ['icp5', 32],
  ['ic11', 32],
  ['ic12', 64],
  ['ic07', 128],
  ['ic08', 256],
  ['ic13', 256],
  ['ic09', 512],
  ['ic14', 512],
  ['ic10', 1024],
]

/**
 * Packs a macOS icon: `icns`, the total length, then type, length and PNG of each size.
 * @throws if a size is missing
 */
export function packIcns(pngs: ReadonlyMap<number, Buffer>): Buffer {
  const pieces = appleTypes.map(([type, size]) => {
    const png = pngs.get(size)
    if (!png) throw new Error(`no PNG of ${size} pixels for ${type}`)
    return Buffer.concat([tag(type, png.length), png])
  })
  const body = Buffer.concat(pieces)
  return Buffer.concat([tag('icns', body.length), body])
}

/** A four-letter tag and a length that includes these eight bytes. */
function tag(type: string, bodyLength: number): Buffer {
  const head = Buffer.alloc(8)
  head.write(type, 0, 'latin1')
  head.writeUInt32BE(bodyLength + head.length, 4)
  return head
}
