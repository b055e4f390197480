import { parentPort } from 'node:worker_threads'
import { createPartRecorder } from '../../electron/journal/part-recorder.ts'
import { createSentMd5Factory } from '../../electron/transfer/sent-md5.ts'
import { runPutJobs } from '../../electron/transfer/put-jobs.ts'

// The entry of an upload worker thread that one engine after the other uses, each with its own journal.

let recorder: ReturnType<typeof createPartRecorder> | null = null
/** Without the speed of the last engine's PUTs, which decides whether the MD5 is computed. */
let md5Factory = createSentMd5Factory()
parentPort?.on('message', ({ kind, folder }: { readonly kind: string; readonly folder: string | null }) => {
  if (kind !== 'journal') return
  recorder?.close()
  md5Factory = createSentMd5Factory()
  recorder = folder === null ? null : createPartRecorder(folder)
  if (folder === null) parentPort?.postMessage({ kind: 'journal closed' })
})
runPutJobs((part) => recorder?.(part) ?? false, { start: () => md5Factory.start() })
