/** Size in pixels, and the PNG of that size. */
export type SizedPng = readonly [size: number, png: Buffer]

/**
 * Windows' icon file: a directory, then whole PNGs (allowed in it since Windows Vista). 256 is written as 0.
 * Layout: learn.microsoft.com, "Icons" (ICONDIR, ICONDIRENTRY).
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

/** Apple's types for PNGs by size; `@2x` of a size has a type of its own. Source: Apple's iconutil and its icon sets. */
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

/** macOS' icon file: `icns`, the whole length, then type, length and PNG of each. @throws when a size is missing */
export function packIcns(pngs: ReadonlyMap<number, Buffer>): Buffer {
  const pieces = appleTypes.map(([type, size]) => {
    const png = pngs.get(size)
    if (!png) throw new Error(`no PNG of ${size} pixels for ${type}`)
    return Buffer.concat([tag(type, png.length), png])
  })
  const body = Buffer.concat(pieces)
  return Buffer.concat([tag('icns', body.length), body])
}

/** Four letters and the length of what follows, with these eight bytes counted in. */
function tag(type: string, bodyLength: number): Buffer {
  const head = Buffer.alloc(8)
  head.write(type, 0, 'latin1')
  head.writeUInt32BE(bodyLength + head.length, 4)
  return head
}
