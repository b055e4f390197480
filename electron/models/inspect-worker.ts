import { parentPort } from 'node:worker_threads'
import type { FileToInspect, Inspection } from './found.ts'
import { inspectFile } from './inspect.ts'

export interface InspectOrder {
  readonly number: number
  readonly file: FileToInspect
}

export interface InspectAnswer {
  readonly number: number
  readonly inspection: Inspection
}

parentPort?.on('message', ({ number, file }: InspectOrder) => {
  // A rejection is a bug: left alone it ends the worker, and whoever asked sees that.
  void inspectFile(file.path, file).then((inspection) => {
    parentPort?.postMessage({ number, inspection } satisfies InspectAnswer)
  })
})
