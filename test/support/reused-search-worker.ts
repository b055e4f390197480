import { parentPort } from 'node:worker_threads'
import { runSearchTask } from '../../electron/discovery/places/run-search-task.ts'
import type { SearchTask } from '../../electron/discovery/places/search-messages.ts'

// The entry of a search worker thread that runs one task after the other, as each test's engine sends them.

parentPort?.on('message', ({ task }: { readonly task: SearchTask }) => {
  void runSearchTask(task, (message) => parentPort?.postMessage(message))
})
