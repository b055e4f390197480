import { basename } from 'node:path'
import process from 'node:process'
import type { ModelFacts, Preview } from '../../contract/recognition.ts'
import { readLocalContent } from '../read-content.ts'
import { findSidecars, type FileLocation } from '../sidecars.ts'
import { extractFacts } from './facts.ts'
import { readPreview } from './preview.ts'
import { readSidecars } from './sidecar-text.ts'

/** Everything for the details pane of one file. */
export interface ModelDetails {
  readonly facts: ModelFacts
  readonly preview: Preview | null
}

/**
 * Reads a file's metadata, sidecars and preview, or null if the file can't be read or is only in a cloud drive.
 * Never rejects.
 */
export async function readDetails(
  location: FileLocation,
  platform: NodeJS.Platform = process.platform,
): Promise<ModelDetails | null> {
  const { path, name = basename(path) } = location
  try {
    const content = await readLocalContent(path, name, platform)
    if (content === null) return null
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
