import { stat } from 'node:fs/promises'
import process from 'node:process'
import { workerFiles } from '../../../electron/cli/cli-environment.ts'
import { identityOf } from '../../../electron/platform/files/file-identity.ts'
import { createUploadWorkerPool } from '../../../electron/transfer/upload-worker-pool.ts'
import { createReadAhead, hashingReadAhead } from '../../../electron/transfer/read-ahead.ts'
import { createSentCounter } from '../../../electron/transfer/sent-counter.ts'
import { putOutcome } from '../../../electron/transfer/put-outcome.ts'
import { createThrottle } from '../../../electron/transfer/throttle.ts'
import { createEnvironmentProxies } from '../../support/network/environment-proxies.ts'
import { runningClock, createTestEnvironment } from '../../support/hand-clock.ts'

// One PUT in a separate process, since Node reads its certificate authorities at the start. It runs built
// (test/support/runner/test-programs.ts): `put-program <path> <URL>`. Prints the outcome as JSON.

const [path = '', url = ''] = process.argv.slice(2)
const environment = createTestEnvironment(runningClock())
const throttle = createThrottle({ environment })
const workerPool = createUploadWorkerPool({
  url: workerFiles(import.meta.filename).upload,
  threads: 1,
  environment,
  throttle,
  proxies: await createEnvironmentProxies(environment),
})
const identity = identityOf(await stat(path, { bigint: true }))
const readAhead = createReadAhead()
hashingReadAhead(readAhead).ended()
const answer = await workerPool.send(
  {
    path,
    identity,
    start: 0,
    end: identity.sizeBytes,
    url,
    headers: {},
    allowsLocalAddress: true,
    readAhead,
    sentCounter: createSentCounter(),
    part: null,
  },
  { signal: new AbortController().signal, onProgress: () => {} },
)
const { host } = new URL(url)
const { sizeBytes } = identity
console.log(JSON.stringify(putOutcome(answer, { sizeBytes, host, nowMs: environment.now(), sentBytes: 0 })))
await workerPool.close()
