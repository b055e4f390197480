import { searchFolder } from '../scan/search-folder.ts'
import { readWorkflowFile } from '../workflows/read-workflow-file.ts'
import { findNearModels } from './near-models.ts'
import { readExternalWeights } from './external-weights.ts'
import type { SearchMessage, SearchTask } from './search-messages.ts'
import { searchExtraPaths, searchPlaces } from './search-places.ts'

/** An unresponsive folder must not block the others; a higher concurrency would only make a disk seek. */
const folderConcurrency = 3

type Post = (message: SearchMessage) => void

/** Searches and posts what it finds, and at last `end`. A rejection is a bug. */
export async function runSearchTask({ request, computer }: SearchTask, post: Post): Promise<void> {
  const context = { computer, now: Date.now }
  let isComplete = true
  switch (request.kind) {
    case 'places':
      isComplete = await searchPlaces({ ...context, onFound: (place) => post({ kind: 'place', place }) })
      break
    case 'extra-paths':
      post({ kind: 'extra-paths', places: await searchExtraPaths(request.file, context) })
      break
    case 'folders':
      await searchFolders(request.folders, post)
      break
    case 'near':
      for (const folder of request.folders)
        post({ kind: 'near', models: await findNearModels(folder, request.modelTypes, context) })
      break
    case 'weights':
      post({ kind: 'weights', files: await readExternalWeights(request.graph) })
      break
    case 'workflows':
      for (const file of request.files)
        post({ kind: 'workflow', file, neededModels: await readWorkflowFile(file) })
      break
  }
  post({ kind: 'end', isComplete })
}

async function searchFolders(folders: readonly string[], post: Post): Promise<void> {
  const waiting = [...folders]
  async function searchNext(): Promise<void> {
    for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
      post({ kind: 'folder', folder, ...(await searchFolder(folder)) })
    }
  }
  await Promise.all(Array.from({ length: folderConcurrency }, searchNext))
}
