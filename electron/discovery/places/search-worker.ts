import { parentPort, workerData } from 'node:worker_threads'
import { searchExtraPaths, searchPlaces } from './search-places.ts'
import { searchFolder } from '../scan/search-folder.ts'
import { weightsOf } from './onnx-weights.ts'
import type { SearchAnswer, SearchTask } from './search-task.ts'
import { readWorkflowFile } from '../workflows/workflow-file.ts'

/** One folder that doesn't answer holds up no other; more at once would only make a disk seek. */
const foldersAtOnce = 3

const tell = (answer: SearchAnswer) => parentPort?.postMessage(answer)

async function carryOut({ order, surroundings }: SearchTask): Promise<void> {
  const base = { surroundings, now: Date.now }
  let isWhole = true
  switch (order.kind) {
    case 'places':
      isWhole = await searchPlaces({ ...base, onFound: (place) => tell({ is: 'place', place }) })
      break
    case 'extra-paths':
      tell({ is: 'extra-paths', places: await searchExtraPaths(order.file, base) })
      break
    case 'folders':
      await inFolders(order.folders)
      break
    case 'weights':
      tell({ is: 'weights', files: await weightsOf(order.graph) })
      break
    case 'workflows':
      for (const file of order.files) tell({ is: 'workflow', file, needs: await readWorkflowFile(file) })
      break
  }
  tell({ is: 'end', isWhole })
}

async function inFolders(folders: readonly string[]): Promise<void> {
  const waiting = [...folders]
  const workerPool = Array.from({ length: foldersAtOnce }, async () => {
    for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
      tell({ is: 'folder', folder, ...(await searchFolder(folder)) })
    }
  })
  await Promise.all(workerPool)
}

// A rejection is a bug: left alone it ends the thread, and whoever asked sees that.
void carryOut(workerData as SearchTask)
