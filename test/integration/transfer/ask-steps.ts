import process from 'node:process'
import * as v from 'valibot'
import { createCloudClient } from '../../../electron/cloud/client.ts'
import { waysOfEnvironment } from '../../support/environment-proxies.ts'
import { runningClock, testPorts } from '../../support/hand-clock.ts'

// One call of the API in a process of its own, since Node reads its certificate authorities when it starts. It
// runs built (test/support/test-programs.ts): `ask-steps <URL>`. Prints the result as JSON.

const environment = testPorts(runningClock())
const client = createCloudClient(process.argv[2] ?? '', environment, await waysOfEnvironment(environment))
const request = { method: 'GET', path: '', answer: v.object({ id: v.string() }) } as const
console.log(JSON.stringify(await Promise.all([client.send(request), client.send(request)])))
process.exit()
