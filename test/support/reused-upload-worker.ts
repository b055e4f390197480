import { parentPort } from 'node:worker_threads'
import { createPartRecorder } from '../../electron/journal/part-recorder.ts'
import { runPutJobs } from '../../electron/transfer/put-jobs.ts'

// The entry of an upload worker thread that one engine after the other uses, each with its own journal.

let recorder: ReturnType<typeof createPartRecorder> | null = null
parentPort?.on('message', ({ kind, folder }: { readonly kind: string; readonly folder: string | null }) => {
  if (kind !== 'journal') return
  recorder?.close()
  recorder = folder === null ? null : createPartRecorder(folder)
  if (folder === null) parentPort?.postMessage({ kind: 'journal closed' })
})
runPutJobs((part) => recorder?.(part) ?? false)
