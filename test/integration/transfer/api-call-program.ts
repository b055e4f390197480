import process from 'node:process'
import * as v from 'valibot'
import { createCloudClient } from '../../../electron/cloud/client.ts'
import { createEnvironmentProxies } from '../../support/network/environment-proxies.ts'
import { runningClock, createTestEnvironment } from '../../support/hand-clock.ts'

// Two concurrent API calls in a separate process, since Node reads its certificate authorities at the start.
// It runs built (test/support/runner/test-programs.ts): `api-call-program <URL>`. Prints the results as JSON.

const environment = createTestEnvironment(runningClock())
const client = createCloudClient(
  process.argv[2] ?? '',
  environment,
  await createEnvironmentProxies(environment),
)
const request = { method: 'GET', path: '', responseSchema: v.object({ id: v.string() }) } as const
console.log(JSON.stringify(await Promise.all([client.send(request), client.send(request)])))
process.exit()
