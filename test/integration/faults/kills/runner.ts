import { takeHostLock } from '../../../../electron/host/host-lock.ts'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { success } from '../../../../electron/contract/failures.ts'
import type { SecretStore } from '../../../../electron/platform/environment.ts'
import { workerFiles } from '../../../../electron/cli/cli-environment.ts'
import { createEngine } from '../../../../electron/engine/engine.ts'
import { ALICE, ALICES_TEAM_ID } from '../../../cloud/accounts.ts'
import type { RunnerOptions } from './start-runner.ts'

// The engine in a process of its own, to be killed. It runs bundled (test/support/runner/test-programs.ts):
// `runner <data folder> <server> <single PUT limit in bytes> <file> <options as JSON>`. Resumes the upload in
// the journal, or else signs in and adds the file. Prints how the row ended: `registered` or `failed <code>`.

/** Parallel PUTs of one process. */
const streamsMost = 4

const [folder = '', server = '', limit = '', file = '', optionsJson = '{}'] = process.argv.slice(2)
const uploadOptions = JSON.parse(optionsJson) as NonNullable<RunnerOptions['uploadOptions']>
mkdirSync(folder, { recursive: true })

/** A keychain in a file, which survives a kill. */
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
  lock: takeHostLock(folder),
  secretStore: fileVault(join(folder, 'vault.json')),
  keychainState: () => 'ok',
  settings: {
    server,
    atOnce: 1,
    singlePutLimitBytes: Number(limit),
    servers: [],
    limitBytesPerSecond: null,
    streamsMost,
    review: 'never',
    ...uploadOptions.settings,
  },
  workers: workerFiles(import.meta.filename),
  environment: {
    now: Date.now,
    monotonicMs: Date.now,
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
// Exits when the process that started it has ended.
process.stdin.on('end', () => process.exit(1)).resume()
await engine.start()
if (engine.session().accounts.length === 0) {
  await engine.calls.signIn({ email: ALICE.email, password: ALICE.password })
  const [account] = engine.session().accounts
  await engine.calls.chooseTeam({ accountId: account?.id ?? '', teamId: ALICES_TEAM_ID })
}
if (engine.snapshot().rows.length === 0) {
  const added = await engine.add([file], uploadOptions.add)
  if (!added.ok) throw new Error(added.failure.code)
}
const ended = Promise.withResolvers<string>()
const checkRow = () => {
  const [row] = engine.snapshot().rows
  if (row?.phase === 'registered') ended.resolve('registered')
  if (row?.phase === 'failed') ended.resolve(`failed ${row.failure?.code ?? ''}`)
}
engine.subscribe({ patch: checkRow })
checkRow()
console.log(await ended.promise)
await engine.stop()
process.stdin.destroy()
