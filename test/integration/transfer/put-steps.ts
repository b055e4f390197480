import { stat } from 'node:fs/promises'
import process from 'node:process'
import { workerFiles } from '../../../electron/cli/cli-environment.ts'
import { identityOf } from '../../../electron/platform/file-identity.ts'
import { createUploadWorkerPool } from '../../../electron/transfer/upload-worker-pool.ts'
import { createReadRate, hashingEnd } from '../../../electron/transfer/read-rate.ts'
import { putOutcome } from '../../../electron/transfer/put-outcome.ts'
import { createThrottle } from '../../../electron/transfer/throttle.ts'
import { waysOfEnvironment } from '../../support/environment-proxies.ts'
import { runningClock, testPorts } from '../../support/hand-clock.ts'

// One PUT in a process of its own, since Node reads its certificate authorities when it starts. It runs built
// (test/support/test-programs.ts): `put-steps <path> <URL>`. Prints the outcome as JSON.

const [path = '', url = ''] = process.argv.slice(2)
const environment = testPorts(runningClock())
const throttle = createThrottle({ environment })
const workerPool = createUploadWorkerPool({
  url: workerFiles(import.meta.filename).lane,
  ...{ threads: 1, environment, throttle, proxies: await waysOfEnvironment(environment) },
})
const identity = identityOf(await stat(path, { bigint: true }))
const pace = createReadRate()
hashingEnd(pace).over()
const answer = await workerPool.send(
  {
    ...{ path, identity, start: 0, end: identity.sizeBytes, url, headers: {}, pace },
  },
  { signal: new AbortController().signal, onProgress: () => {} },
)
const { host } = new URL(url)
console.log(
  JSON.stringify(putOutcome(answer, { sizeBytes: identity.sizeBytes, host, nowMs: environment.now() })),
)
await workerPool.close()
