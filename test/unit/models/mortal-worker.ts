import { parentPort } from 'node:worker_threads'
import type { InspectOrder } from '../../../electron/models/inspect-worker.ts'
import { inspectFile } from '../../../electron/models/inspect.ts'

/** The real work, but for files that say how the worker is to die. */
parentPort?.on('message', ({ number, file }: InspectOrder) => {
  if (file.path.includes('exit')) process.exit(1)
  if (file.path.includes('throw')) throw new Error('a bug')
  void inspectFile(file.path, file).then((answer) => parentPort?.postMessage({ number, answer }))
})
