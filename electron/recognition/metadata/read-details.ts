import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ModelFacts, Preview } from '../../contract/recognition.ts'
import { readContent } from '../read-content.ts'
import { factsOf } from './facts.ts'
import { previewOf } from './preview.ts'
import { sidecarWords } from './sidecar-text.ts'
import { findSidecars, type MetFile } from '../sidecars.ts'

/** What is told of the one file whose row is open. */
export interface CloserLook {
  readonly facts: ModelFacts
  readonly preview: Preview | null
}

/** Reads all that a file says of itself; null when it can't be read. Never rejects for what a file or disk can do. */
export async function lookCloser(met: MetFile): Promise<CloserLook | null> {
  const { path, name = basename(path) } = met
  try {
    await using file = await open(path, 'r')
    const facts = await file.stat()
    if (!facts.isFile()) return null
    const content = await readContent(file, name, facts.size)
    const sidecars = await findSidecars(met)
    const names = [...(sidecars.picture === null ? [] : [sidecars.picture]), ...sidecars.texts]
    return {
      facts: factsOf(
        content,
        await sidecarWords(sidecars.texts),
        names.map((one) => basename(one)),
      ),
      preview: await previewOf(content.header, sidecars),
    }
  } catch {
    return null
  }
}
