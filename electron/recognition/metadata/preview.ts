import type { Preview } from '../../contract/recognition.ts'
import { readRegularFile } from '../../platform/files/regular-file.ts'
import type { Header } from '../formats/header.ts'
import { detectImageType, maxImageBytes } from '../formats/image.ts'
import type { Sidecars } from '../sidecars.ts'

/** ModelSpec's key for a picture, a data URL of about 256 × 256 pixels. */
const thumbnailKey = 'modelspec.thumbnail'
const dataUrl = /^data:image\/[\w.+-]+;base64,/

export function hasThumbnail(header: Header | null): boolean {
  return dataUrl.test(header?.metadata.get(thumbnailKey)?.slice(0, 100) ?? '')
}

/**
 * The picture in the header, else the sidecar's. Null if there is none, or none whose bytes are a supported
 * image.
 */
export async function readPreview(header: Header | null, sidecars: Sidecars): Promise<Preview | null> {
  const text = header?.metadata.get(thumbnailKey) ?? ''
  const start = dataUrl.exec(text.slice(0, 100))?.[0]
  if (start !== undefined && text.length < maxImageBytes * 2) {
    const url = toImageUrl(Buffer.from(text.slice(start.length), 'base64'))
    if (url !== null) return { url, from: 'header' }
  }
  if (sidecars.picture === null) return null
  const url = await readPicture(sidecars.picture)
  return url === null ? null : { url, from: 'sidecar' }
}

async function readPicture(path: string): Promise<string | null> {
  try {
    return toImageUrl(await readRegularFile(path, maxImageBytes))
  } catch {
    // A picture that can't be read is optional.
    return null
  }
}

/** Builds a data URL from checked bytes, because the header's own URL may contain something else. */
function toImageUrl(bytes: Buffer): string | null {
  const type = detectImageType(bytes)
  return type === null ? null : `data:${type};base64,${bytes.toString('base64')}`
}
