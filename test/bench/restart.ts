import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { identityOf } from '../../electron/platform/files/file-identity.ts'
import { openJournal } from '../../electron/journal/journal-file.ts'
import { createUploadStore } from '../../electron/journal/upload-store.ts'
import { writeSafetensors } from '../fixtures/model-files.ts'
import { uploadRecord } from '../support/records.ts'
import { benchEnvironment, createBenchEngine } from './bench-engine.ts'

// A queue of ten thousand uploads in its own process: `node restart.js prepare|measure <folder> <API>`.
// `prepare` signs in and writes the journal; `measure` prints the time in ms until the engine had loaded the
// whole queue and executed a command.

const [stage = '', folder = '', server = ''] = process.argv.slice(2)
const rowCount = 10_000
const secretsFile = join(folder, 'secrets.json')

async function open() {
  const text = await readFile(secretsFile, 'utf8').catch(() => '[]')
  const secrets = new Map(JSON.parse(text) as [string, string][])
  return {
    secrets,
    engine: createBenchEngine({ folder, server, singlePutLimitBytes: 500_000_000, atOnce: 4, secrets }),
  }
}

async function prepare(): Promise<void> {
  await mkdir(folder, { recursive: true })
  const { secrets, engine } = await open()
  await engine.start()
  const signedIn = await engine.calls.signIn({ email: 'b@example.com', password: 'bench' })
  if (!signedIn.ok) throw new Error(JSON.stringify(signedIn.failure))
  const [account] = engine.session().accounts
  const [team] = account?.teams ?? []
  if (!account || !team) throw new Error('no account is signed in')
  await engine.stop()
  await writeFile(secretsFile, JSON.stringify([...secrets]))

  const { path } = await writeSafetensors(join(folder, 'model.safetensors'), { sizeBytes: 1_000_000 })
  const identity = identityOf(await stat(path, { bigint: true }))
  const { database } = openJournal(folder, Date.now())
  const store = createUploadStore(database, 'bench', benchEnvironment)
  const given = { path, identity, team, accountId: account.id }
  const written = store.add(Array.from({ length: rowCount }, () => uploadRecord(given)))
  if (!written.ok) throw new Error(JSON.stringify(written.failure))
  store.close()
  database.close()
}

async function measure(): Promise<void> {
  const from = performance.now()
  const { engine } = await open()
  await engine.start()
  const { rows } = engine.snapshot()
  const last = rows.at(-1)
  if (rows.length !== rowCount || !last) throw new Error(`${rows.length} rows came back`)
  const obeyed = await engine.calls.moveToTop({ ids: [last.id] })
  const usableMs = performance.now() - from
  if (!obeyed.ok) throw new Error(JSON.stringify(obeyed.failure))
  console.log(usableMs.toFixed(1))
  process.exit(0)
}

await (stage === 'prepare' ? prepare() : measure())
