import { readMounts } from '../scan/mounts.ts'
import { searchFolder, unresponsiveFolder, type FolderSearchResult } from '../scan/search-folder.ts'
import { readWorkflowFile } from '../workflows/read-workflow-file.ts'
import { findNearModels } from './near-models.ts'
import { readExternalWeights } from './external-weights.ts'
import type { SearchMessage, SearchTask } from './search-messages.ts'
import { searchExtraPaths, searchPlaces } from './search-places.ts'

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

/**
 * Searches several mounts at once, so that an unresponsive one does not delay the others, and the folders of each one
 * after the other: the calls about a network share that is gone would take all of Node's four threads.
 */
export async function searchFolders(
  folders: readonly string[],
  post: Post,
  search = searchFolder,
): Promise<void> {
  const byMount = Map.groupBy(folders, await readMounts())
  const searches = [...byMount.values()].map(async (onMount) => {
    let isUnresponsive = false
    for (const folder of onMount) {
      const result: FolderSearchResult = isUnresponsive ? unresponsiveFolder : await search(folder)
      isUnresponsive ||= result === unresponsiveFolder
      post({ kind: 'folder', folder, ...result })
    }
  })
  await Promise.all(searches)
}
