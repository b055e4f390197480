import { json } from 'node:stream/consumers'
import { workerFiles } from '../../../electron/cli/cli-environment.ts'
import { createEngine } from '../../../electron/engine/engine.ts'
import { runningClock, testPorts } from '../../support/hand-clock.ts'
import { createMemorySecretStore } from '../../support/memory-secret-store.ts'

// Another start of the app, in a process of its own. It runs built (test/support/test-programs.ts): `other-app <data folder> <server> [stay]`, with what the keychain
// holds as JSON on its input. Prints the ids of the rows that it has taken over, as JSON.

const [folder = '', server = '', stay] = process.argv.slice(2)
const vault = createMemorySecretStore()
for (const [name, secret] of Object.entries((await json(process.stdin)) as Record<string, string>)) {
  vault.entries.set(name, secret)
}
const engine = createEngine({
  folder,
  environment: testPorts(runningClock()),
  vault,
  keychainState: () => 'ok',
  settings: {
    ...{ server, atOnce: 1, singlePutLimitBytes: 500_000_000 },
    ...{ servers: [], limitBytesPerSecond: null, streamsMost: 64 },
  },
  workers: workerFiles(import.meta.filename),
})
await engine.start()
console.log(JSON.stringify(engine.snapshot().rows.map(({ id }) => id)))
if (stay === undefined) await engine.stop()
else setInterval(() => undefined, 1 << 30)
