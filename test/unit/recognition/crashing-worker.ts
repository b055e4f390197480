import { writeFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { InspectRequest } from '../../../electron/recognition/inspect-worker.ts'
import { inspectFile } from '../../../electron/recognition/inspect-file.ts'

/** Inspects files, but crashes or hangs for files with certain names. */
parentPort?.on('message', ({ number, file }: InspectRequest) => {
  if (file.path.includes('exit')) process.exit(1)
  if (file.path.includes('endless')) {
    writeFileSync(`${file.path}.begun`, '')
    for (;;);
  }
  if (file.path.includes('throw')) throw new Error('a bug')
  void inspectFile(file.path, file).then((result) => parentPort?.postMessage({ number, result }))
})
