import { readMounts } from '../scan/mounts.ts'
import { searchFolder, unresponsiveResult } from '../scan/search-folder.ts'
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
 * Searches all mounts at once, and two folders of each. After a search that hangs, only one folder of its mount is
 * searched at a time, and none after a second one: their calls may never return (see `MountQueue`).
 */
export async function searchFolders(
  folders: readonly string[],
  post: Post,
  search = searchFolder,
): Promise<void> {
  const byMount = Map.groupBy(folders, await readMounts())
  const searches = [...byMount.values()].map(async (remaining) => {
    const searchUntilOneHangs = async () => {
      for (let folder = remaining.shift(); folder !== undefined; folder = remaining.shift()) {
        const result = await search(folder)
        post({ kind: 'folder', folder, ...result })
        if (result === unresponsiveResult) return
      }
    }
    await Promise.all([searchUntilOneHangs(), searchUntilOneHangs()])
    for (const folder of remaining) post({ kind: 'folder', folder, ...unresponsiveResult })
  })
  await Promise.all(searches)
}
