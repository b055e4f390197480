import { workerData } from 'node:worker_threads'
import { createPartRecorder } from '../journal/part-recorder.ts'
import { runPutJobs } from '../transfer/put-jobs.ts'

// The entry of an upload worker thread. Its data is the folder of the journal, or null without a journal.

runPutJobs(typeof workerData === 'string' ? createPartRecorder(workerData) : null)
