import { parentPort } from 'node:worker_threads'
import type { FileToInspect, Inspection } from './found-file.ts'
import { inspectFile } from './inspect-file.ts'
import { lookCloser, type CloserLook } from './metadata/read-details.ts'

export interface InspectOrder {
  readonly number: number
  readonly file: FileToInspect
  /** Everything that the file says of itself, instead of what it is. */
  readonly closer: boolean
}

export interface InspectAnswer {
  readonly number: number
  readonly answer: Inspection | CloserLook | null
}

parentPort?.on('message', ({ number, file, closer }: InspectOrder) => {
  // A rejection is a bug: left alone it ends the worker, and whoever asked sees that.
  const looking = closer ? lookCloser(file) : inspectFile(file.path, file)
  void looking.then((answer) => parentPort?.postMessage({ number, answer } satisfies InspectAnswer))
})
