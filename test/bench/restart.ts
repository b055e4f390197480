import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { identityOf } from '../../electron/platform/files/file-identity.ts'
import { journalFile, openJournal } from '../../electron/journal/journal-file.ts'
import { createUploadStore } from '../../electron/journal/upload-store.ts'
import { writeSafetensors } from '../fixtures/model-files.ts'
import type { UploadRecord } from '../../electron/journal/upload-record.ts'
import { registeredRecord, uploadRecord } from '../support/records.ts'
import { benchEnvironment, createBenchEngine, peakMemoryMiB } from './bench-engine.ts'

// A queue and a history in their own process: `node restart.js prepare|measure <folder> <API> <queued rows>
// <finished rows>`. `prepare` signs in and writes the journal; `measure` prints RestartResult.

const [stage = '', folder = '', server = '', queued = '10000', finished = '0'] = process.argv.slice(2)
const rowCount = Number(queued)
const finishedCount = Number(finished)
/** Rows of the history that are written in one transaction. */
const batchSize = 10_000
const secretsFile = join(folder, 'secrets.json')

/** The start of an engine with a journal. CPU times are those of the whole process. */
export interface RestartResult {
  /** Until the whole queue was loaded and a command was executed. */
  readonly usableMs: number
  readonly usableCpuMs: number
  readonly peakMiB: number
  /** Of the first page of the history. */
  readonly historyCpuMs: number
  /** Of a page with a filter that matches nothing. */
  readonly filteredCpuMs: number
  /** Of the teams and types that can be filtered by. */
  readonly filtersCpuMs: number
  readonly journalMiB: number
}

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
  const store = createUploadStore(database, benchEnvironment)
  const given = { path, identity, team, accountId: account.id }
  const add = (records: readonly UploadRecord[]) => {
    const written = store.add(records)
    if (!written.ok) throw new Error(JSON.stringify(written.failure))
  }
  add(Array.from({ length: rowCount }, () => uploadRecord(given)))
  for (let count = 0; count < finishedCount; count += batchSize)
    add(Array.from({ length: Math.min(batchSize, finishedCount - count) }, () => registeredRecord(given)))
  store.close()
  database.close()
}

async function cpuMsOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e3
}

async function measure(): Promise<void> {
  const from = performance.now()
  const cpuBefore = process.cpuUsage()
  const { engine } = await open()
  await engine.start()
  const { rows } = engine.snapshot()
  const last = rows.at(-1)
  if (rows.length !== rowCount || !last) throw new Error(`${rows.length} rows came back`)
  const moved = await engine.calls.moveToTop({ ids: [last.id] })
  const usableMs = performance.now() - from
  const { user, system } = process.cpuUsage(cpuBefore)
  if (!moved.ok) throw new Error(JSON.stringify(moved.failure))
  const firstPage = { beforeMs: null, search: '', limit: 100 }
  const historyCpuMs = await cpuMsOf(() => engine.calls.history(firstPage))
  const filteredCpuMs = await cpuMsOf(() => engine.calls.history({ ...firstPage, modelType: 'none' }))
  const filtersCpuMs = await cpuMsOf(() => engine.calls.historyFilters(undefined))
  const result: RestartResult = {
    usableMs,
    usableCpuMs: (user + system) / 1e3,
    peakMiB: peakMemoryMiB(),
    historyCpuMs,
    filteredCpuMs,
    filtersCpuMs,
    journalMiB: (await stat(journalFile(folder))).size / 1024 ** 2,
  }
  console.log(JSON.stringify(result))
  process.exit(0)
}

await (stage === 'prepare' ? prepare() : measure())
