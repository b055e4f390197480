import { json } from 'node:stream/consumers'
import { workerFiles } from '../../../electron/cli/cli-environment.ts'
import { createEngine } from '../../../electron/engine/engine.ts'
import { runningClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { createMemorySecretStore } from '../../support/memory-secret-store.ts'

// A second app in its own process, built by test/support/runner/test-programs.ts: `other-app <data folder> <server>
// [stay|reverse]`. Reads the keychain as JSON from its input and prints the ids of the rows that it has
// claimed, as JSON; with `reverse` after it has reversed their order.

const [folder = '', server = '', mode] = process.argv.slice(2)
const secretStore = createMemorySecretStore()
for (const [name, secret] of Object.entries((await json(process.stdin)) as Record<string, string>)) {
  secretStore.entries.set(name, secret)
}
const engine = createEngine({
  folder,
  environment: createTestEnvironment(runningClock()),
  secretStore,
  keychainState: () => 'ok',
  settings: {
    server,
    atOnce: 1,
    singlePutLimitBytes: 500_000_000,
    servers: [],
    limitBytesPerSecond: null,
    streamsMost: 64,
    review: 'never',
  },
  workers: workerFiles(import.meta.filename),
})
await engine.start()
const ids = engine.snapshot().rows.map(({ id }) => id)
if (mode === 'reverse') await engine.calls.moveUploads({ ids: ids.toReversed(), before: null })
console.log(JSON.stringify(ids))
if (mode === undefined) await engine.stop()
else setInterval(() => undefined, 1 << 30)
