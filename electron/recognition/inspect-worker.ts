import { parentPort } from 'node:worker_threads'
import type { Result } from '../contract/failures.ts'
import type { FileToInspect, Inspection } from './found-file.ts'
import { inspectFile } from './inspect-file.ts'
import { createRecognitionReport } from './recognition-report.ts'
import { readDetails, type ModelDetails } from './metadata/read-details.ts'

export interface InspectRequest {
  readonly number: number
  readonly file: FileToInspect
  /**
   * `inspection` reads what the file is, `details` everything for the details pane, `report` what is needed
   * to report a wrong recognition.
   */
  readonly output: 'inspection' | 'details' | 'report'
}

export interface InspectResponse {
  readonly number: number
  readonly result: Inspection | ModelDetails | null | Result<string>
}

function resultOf(file: FileToInspect, output: InspectRequest['output']): Promise<InspectResponse['result']> {
  if (output === 'details') return readDetails(file)
  return output === 'report' ? createRecognitionReport(file) : inspectFile(file.path, file)
}

parentPort?.on('message', ({ number, file, output }: InspectRequest) => {
  // A rejection is a bug: left unhandled it ends the worker, which the inspector reports.
  void resultOf(file, output).then((result) =>
    parentPort?.postMessage({ number, result } satisfies InspectResponse),
  )
})
