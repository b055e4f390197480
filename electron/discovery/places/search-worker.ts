import { parentPort, workerData } from 'node:worker_threads'
import { runSearchTask } from './run-search-task.ts'
import type { SearchTask } from './search-messages.ts'

// Unhandled, a rejection ends this thread, and the client reports an incomplete search.
void runSearchTask(workerData as SearchTask, (message) => parentPort?.postMessage(message))
