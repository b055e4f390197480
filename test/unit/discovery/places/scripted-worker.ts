import { parentPort, workerData } from 'node:worker_threads'
import type { SearchAnswer, SearchTask } from '../../../../electron/discovery/places/search-task.ts'

const tell = (answer: SearchAnswer) => parentPort?.postMessage(answer)

const { order } = workerData as SearchTask
// A thread that listens stays alive until it is ended.
parentPort?.on('message', () => undefined)
if (order.kind === 'folders') tell({ is: 'folder', folder: 'begun', models: [], cut: null })
/** What the thread does is what the files of its order are called. */
for (const step of order.kind === 'workflows' ? order.files : []) {
  if (step === 'whole' || step === 'cut') tell({ is: 'end', isWhole: step === 'whole' })
  else if (step === 'throw') throw new Error('a bug')
  else tell({ is: 'workflow', file: step, needs: null })
  if (step === 'hang') for (;;);
}
