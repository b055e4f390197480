import { open } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { SearchMessage, SearchTask } from '../../../../electron/discovery/places/search-messages.ts'

const post = (message: SearchMessage) => parentPort?.postMessage(message)

const { request } = workerData as SearchTask
// The listener keeps this thread alive until it is terminated.
parentPort?.on('message', () => undefined)
for (const folder of request.kind === 'folders' ? ['started', ...request.folders] : []) {
  // Its search hangs, like that of a folder on an unreachable disk.
  if (folder.endsWith('.fifo')) void open(folder)
  else post({ kind: 'folder', folder, models: [], incompleteReason: null, unread: [] })
}
/** The file names of a request decide what this thread does. */
for (const step of request.kind === 'workflows' ? request.files : []) {
  if (step === 'complete' || step === 'incomplete') post({ kind: 'end', isComplete: step === 'complete' })
  else if (step === 'throw') throw new Error('a bug')
  // Waits for the other end, like a read of an unreachable disk; until then `terminate` can't end this thread.
  else if (step.endsWith('.fifo')) void open(step)
  else post({ kind: 'workflow', file: step, neededModels: null })
  if (step === 'hang') for (;;);
}
