import { parentPort, workerData } from 'node:worker_threads'
import { walkModels, type LocalModel } from './model-walk.ts'
import { searchExtraPaths, searchPlaces } from './place-search.ts'
import type { SearchAnswer, SearchTask } from './search-order.ts'
import { readWorkflowFile } from './workflow-file.ts'

/** Folders that are known by now are walked with a limit of their own, so that one huge disk does not hide the others. */
const mostEntriesOfFolder = 100_000
const longestWalkMs = 15_000

const tell = (answer: SearchAnswer) => parentPort?.postMessage(answer)

async function carryOut({ order, surroundings }: SearchTask): Promise<void> {
  const base = { surroundings, now: Date.now }
  switch (order.kind) {
    case 'places':
      await searchPlaces({ ...base, onFound: (place) => tell({ is: 'place', place }) })
      break
    case 'extra-paths':
      tell({ is: 'extra-paths', places: await searchExtraPaths(order.file, base) })
      break
    case 'folders':
      tell({ is: 'folders', ...(await inFolders(order.folders)) })
      break
    case 'workflows': {
      const read = []
      for (const file of order.files) read.push(await readWorkflowFile(file))
      tell({ is: 'workflows', read })
      break
    }
  }
  tell({ is: 'end' })
}

async function inFolders(folders: readonly string[]) {
  const seen = new Set<string>()
  const models: LocalModel[] = []
  let isWhole = true
  for (const folder of folders) {
    const budget = { entries: mostEntriesOfFolder, untilMs: Date.now() + longestWalkMs }
    const walked = await walkModels(folder, { budget, seen, now: Date.now })
    models.push(...walked.models)
    isWhole &&= walked.isWhole
  }
  return { models, isWhole }
}

// A rejection is a bug: left alone it ends the thread, and whoever asked sees that.
void carryOut(workerData as SearchTask)
