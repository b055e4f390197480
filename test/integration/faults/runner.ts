import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { success } from '../../../electron/contract/failures.ts'
import type { SecretStore } from '../../../electron/platform/environment.ts'
import { workerFiles } from '../../../electron/cli/cli-environment.ts'
import { createEngine } from '../../../electron/engine/engine.ts'
import { ALICE } from '../../cloud/accounts.ts'
import type { RunnerOptions } from './start-runner.ts'

// The app in a process of its own, to be killed. It runs built (test/support/test-programs.ts): `runner <data
// folder> <server> <single PUT limit, bytes> <file> <wishes>`. Goes on with what the journal has, or else
// signs in and adds the file; prints the row's end, `registered` or `failed <code>`, or `left to another`
// when another process has the file.

/** What one process may have under way at once, in PUTs. */
const streamsMost = 4

const [folder = '', server = '', limit = '', file = '', wished = '{}'] = process.argv.slice(2)
const wishes = JSON.parse(wished) as NonNullable<RunnerOptions['wishes']>
mkdirSync(folder, { recursive: true })

/** A keychain that outlives a kill. */
function fileVault(path: string): SecretStore {
  const kept = new Map<string, string>(existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [])
  const save = () => success(writeFileSync(path, JSON.stringify([...kept])))
  return {
    get: async (name) => success(kept.get(name) ?? null),
    async set(name, secret) {
      kept.set(name, secret)
      return save()
    },
    async delete(name) {
      kept.delete(name)
      return save()
    },
  }
}

const silent = () => undefined
const engine = createEngine({
  folder,
  secretStore: fileVault(join(folder, 'vault.json')),
  keychainState: () => 'ok',
  settings: {
    server,
    atOnce: 1,
    singlePutLimitBytes: Number(limit),
    servers: [],
    limitBytesPerSecond: null,
    streamsMost,
    ...wishes.settings,
  },
  workers: workerFiles(import.meta.filename),
  environment: {
    now: Date.now,
    random: () => 0,
    log: { info: silent, warn: silent, error: silent },
    timers: {
      after(delayMs, callback) {
        const timer = setTimeout(callback, delayMs)
        return () => clearTimeout(timer)
      },
    },
  },
})
// Nobody who started it is left: it does not go on for ever.
process.stdin.on('end', () => process.exit(1)).resume()
await engine.start()
if (engine.session().accounts.length === 0) {
  await engine.calls.signIn({ email: ALICE.email, password: ALICE.password })
}
if (engine.snapshot().rows.length === 0) {
  const added = await engine.addPaths([file], wishes.add)
  if (!added.ok) throw new Error(added.failure.code)
}
const ended = Promise.withResolvers<string>()
const look = () => {
  const [row] = engine.snapshot().rows
  if (!row) ended.resolve('left to another')
  if (row?.phase === 'registered') ended.resolve('registered')
  if (row?.phase === 'failed') ended.resolve(`failed ${row.failure?.code ?? ''}`)
}
engine.subscribe({ patch: look })
look()
console.log(await ended.promise)
await engine.stop()
process.stdin.destroy()
