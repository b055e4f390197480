import { open } from 'node:fs/promises'
import type { Preview } from '../../contract/recognition.ts'
import { readAt } from '../formats/read-at.ts'
import type { Header } from '../formats/header.ts'
import { imageType, longestImage } from '../formats/image.ts'
import type { Sidecars } from '../sidecars.ts'

/** Where ModelSpec keeps a picture: a data URL, 256 pixels a side or so. */
const thumbnailKey = 'modelspec.thumbnail'
const dataUrl = /^data:image\/[\w.+-]+;base64,/

export function hasThumbnail(header: Header | null): boolean {
  return dataUrl.test(header?.metadata.get(thumbnailKey)?.slice(0, 100) ?? '')
}

/** The picture in the header, else the one beside the file, checked by its own bytes; null for none that can be shown. */
export async function previewOf(header: Header | null, sidecars: Sidecars): Promise<Preview | null> {
  const text = header?.metadata.get(thumbnailKey) ?? ''
  const start = dataUrl.exec(text.slice(0, 100))?.[0]
  if (start !== undefined && text.length < longestImage * 2) {
    const url = urlOf(Buffer.from(text.slice(start.length), 'base64'))
    if (url !== null) return { url, from: 'header' }
  }
  if (sidecars.picture === null) return null
  const url = await pictureOf(sidecars.picture)
  return url === null ? null : { url, from: 'sidecar' }
}

async function pictureOf(path: string): Promise<string | null> {
  try {
    await using file = await open(path, 'r')
    const facts = await file.stat()
    if (!facts.isFile() || facts.size > longestImage) return null
    return urlOf(await readAt(file, 0, facts.size))
  } catch {
    // A picture that can't be read is none; the model is what matters.
    return null
  }
}

/** Written anew from checked bytes: what else a header's own URL may hold never reaches the page. */
function urlOf(bytes: Buffer): string | null {
  const type = imageType(bytes)
  return type === null ? null : `data:${type};base64,${bytes.toString('base64')}`
}
