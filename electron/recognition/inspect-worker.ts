import { parentPort } from 'node:worker_threads'
import type { FileToInspect, Inspection } from './found-file.ts'
import { inspectFile } from './inspect-file.ts'
import { readDetails, type ModelDetails } from './metadata/read-details.ts'

export interface InspectRequest {
  readonly number: number
  readonly file: FileToInspect
  /** `details` reads everything for the details pane, `inspection` only what the file is. */
  readonly output: 'inspection' | 'details'
}

export interface InspectResponse {
  readonly number: number
  readonly result: Inspection | ModelDetails | null
}

parentPort?.on('message', ({ number, file, output }: InspectRequest) => {
  // A rejection is a bug: left unhandled it ends the worker, which the inspector reports.
  const pending = output === 'details' ? readDetails(file) : inspectFile(file.path, file)
  void pending.then((result) => parentPort?.postMessage({ number, result } satisfies InspectResponse))
})
