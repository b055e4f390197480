import { basename } from 'node:path'
import type { ModelFacts, Preview } from '../../contract/recognition.ts'
import { openRegularFile } from '../../platform/files/regular-file.ts'
import { fileSource } from '../formats/byte-source.ts'
import { readContent } from '../read-content.ts'
import { findSidecars, type FileLocation } from '../sidecars.ts'
import { extractFacts } from './facts.ts'
import { readPreview } from './preview.ts'
import { readSidecars } from './sidecar-text.ts'

/** Everything for the details pane of one file. */
export interface ModelDetails {
  readonly facts: ModelFacts
  readonly preview: Preview | null
}

/** Reads a file's metadata, sidecars and preview, or null if the file can't be read. Never rejects. */
export async function readDetails(location: FileLocation): Promise<ModelDetails | null> {
  const { path, name = basename(path) } = location
  try {
    await using file = await openRegularFile(path)
    const content = await readContent(fileSource(file, (await file.stat()).size), name)
    const sidecars = await findSidecars(location)
    const sidecarPaths = [...(sidecars.picture === null ? [] : [sidecars.picture]), ...sidecars.texts]
    const sidecarNames = sidecarPaths.map((one) => basename(one))
    return {
      facts: extractFacts(content, await readSidecars(sidecars.texts), sidecarNames),
      preview: await readPreview(content.header, sidecars),
    }
  } catch {
    return null
  }
}
