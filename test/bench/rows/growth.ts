import { execFile } from 'node:child_process'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import { resolveNeededModels } from '../../../electron/discovery/workflows/resolve-needed-models.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { writeSafetensors } from '../../fixtures/model-files.ts'
import { benchEnvironment } from '../bench-engine.ts'
import type { DropResult } from '../drop.ts'
import { ours } from '../ours-client.ts'
import type { OursResult } from '../ours-result.ts'
import type { RestartResult } from '../restart.ts'
import { median } from '../samples.ts'
import { judged, told, type Row } from '../table.ts'
import { mebibyte, type Workbench } from '../workbench.ts'
import type { Family } from './family.ts'

const run = promisify(execFile)
/** Rows of the queue and of the history. */
const journals = [
  [1_000, 0],
  [10_000, 0],
  [100_000, 0],
  [1_000, 10_000],
  [1_000, 100_000],
  [1_000, 1_000_000],
] as const
/** Models of a library that are compared with those that a workflow needs. */
const libraries = [1_000, 10_000, 50_000]
const neededCount = 20
const drops = [300, 1_000, 10_000]
/** Numbers of tiny files that are uploaded. */
const uploads = [300, 1_000, 3_000, 10_000]
/** The files differ in size, as they would otherwise all be compared with each other. */
const smallestBytes = 100_000

/**
 * How start, history, memory, journal, drop and uploads grow with the number of rows. CPU times, since other programs
 * change the elapsed time. `node test/bench/large-library.ts` measures large libraries.
 */
export const growth: Family = {
  name: 'growth',
  about: 'start, history, journal, drop and uploads with up to 100,000 queued and 1,000,000 finished rows',
  needs: [],
  onlyNamed: true,
  async measure(bench) {
    const sink = await bench.startSink()
    const api = await bench.startProgram('sink-api.ts', [sink.origin, String(100 * mebibyte)])
    const rows: Row[] = []
    for (const [queued, finished] of journals) rows.push(await measureStart(bench, api, queued, finished))
    for (const count of libraries) rows.push(measureWorkflow(bench, count))
    for (const count of drops) rows.push(...(await measureDrop(bench, api, count)))
    for (const count of uploads) rows.push(await measureUpload(bench, api, count))
    return rows
  },
}

async function measureStart(bench: Workbench, api: string, queued: number, finished: number): Promise<Row> {
  const program = join(bench.built, 'restart.js')
  const written = join(bench.folder, 'growing-journal')
  await run(process.execPath, [program, 'prepare', written, api, String(queued), String(finished)])
  const results: RestartResult[] = []
  const lookupsMs: number[] = []
  for (let round = 0; round < bench.rounds; round += 1) {
    // A start changes the journal.
    const folder = `${written}-copy`
    await cp(written, folder, { recursive: true, preserveTimestamps: true })
    const { stdout } = await run(process.execPath, [program, 'measure', folder, api, String(queued)])
    results.push(JSON.parse(stdout) as RestartResult)
    lookupsMs.push(measureLookup(folder))
    await rm(folder, { recursive: true })
  }
  await rm(written, { recursive: true })
  const of = (name: keyof RestartResult, digits = 0) =>
    median(results.map((result) => result[name])).toFixed(digits)
  return told(
    `start, ${queued.toLocaleString('en')} queued and ${finished.toLocaleString('en')} finished rows`,
    `${of('usableCpuMs')} ms CPU, ${of('usableMs')} ms`,
    {
      ours: `peak ${of('peakMiB')} MiB, journal ${of('journalMiB', 1)} MiB`,
      note: `first page of the history ${of('historyCpuMs', 1)} ms CPU, filtered without a match ${of('filteredCpuMs')} ms, its filters ${of('filtersCpuMs')} ms, files of one model ${median(lookupsMs).toFixed(1)} ms CPU`,
    },
  )
}

function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** CPU time, in ms, of finding the finished files of one multi-file model. */
function measureLookup(folder: string): number {
  const { database } = openJournal(folder, Date.now())
  const store = createUploadStore(database, benchEnvironment)
  const tookMs = cpuMsOf(() => store.registeredFilesOf('a-key'))
  store.close()
  database.close()
  return tookMs
}

/** Finding out which of the models that a workflow needs are in a library; repeated while uploads finish. */
function measureWorkflow(bench: Workbench, libraryCount: number): Row {
  const library = Array.from({ length: libraryCount }, (_, index): LibraryModel => ({
    id: `model-${index}`,
    displayName: `Model ${index}`,
    modelType: 'loras',
    modelPath: `models/loras/folder-${index % 40}/model-${index}.safetensors`,
    sizeBytes: index,
    sha256: null,
    storageKey: null,
    status: 'active',
    createdAtMs: 0,
  }))
  const needed = Array.from({ length: neededCount }, (_, index) => ({
    name: `folder-1/model-${index * 7}.safetensors`,
    modelType: 'loras',
    typeSource: null,
    sha256: null,
    isOff: false,
    url: null,
    nodes: [],
  }))
  const available = { library, queued: [], local: [], localHashes: new Map(), diffusersFolders: new Map() }
  const tookMs = Array.from({ length: bench.rounds }, () =>
    cpuMsOf(() => resolveNeededModels(needed, available)),
  )
  return told(
    `a workflow's ${neededCount} models compared with ${libraryCount.toLocaleString('en')} of the library`,
    `${median(tookMs).toFixed(1)} ms CPU`,
  )
}

/** A folder with this many files. */
async function folderOf(bench: Workbench, count: number): Promise<string> {
  const folder = join(bench.folder, `models-${count}`)
  for (let seed = 0; seed < count; seed += 1)
    await writeSafetensors(join(folder, `model-${seed}.safetensors`), {
      sizeBytes: smallestBytes + seed,
      payload: { seed, bytes: 256 },
    })
  return folder
}

/** Files that take hardly any time to send, so that the rest of the work for each of them is measured. */
async function measureUpload(bench: Workbench, server: string, fileCount: number): Promise<Row> {
  const folder = await folderOf(bench, fileCount)
  const results: OursResult[] = []
  for (let round = 0; round < bench.rounds; round += 1)
    results.push(
      await ours(bench, { server, singlePutLimitBytes: 500_000_000, atOnce: 4, paths: [folder], fileCount }),
    )
  const value = (name: keyof OursResult) => median(results.map((result) => result[name]))
  return told(
    `${fileCount.toLocaleString('en')} files added and uploaded`,
    `${((value('cpuSeconds') / fileCount) * 1000).toFixed(1)} ms CPU a file`,
    {
      ours: `${value('seconds').toFixed(1)} s, peak ${value('peakMiB').toFixed(0)} MiB`,
      note: `event-loop lag p99 ${value('lagP99Ms').toFixed(0)} ms`,
    },
  )
}

async function measureDrop(bench: Workbench, api: string, count: number): Promise<readonly Row[]> {
  const dropped = await folderOf(bench, count)
  const results: DropResult[] = []
  for (let round = 0; round < bench.rounds; round += 1) {
    const home = join(bench.folder, `drop-home-${count}-${round}`)
    const words = [join(bench.built, 'drop.js'), home, api, dropped, String(count)]
    results.push(JSON.parse((await run(process.execPath, words)).stdout) as DropResult)
  }
  const value = (name: keyof DropResult) => median(results.map((result) => result[name]))
  const measure = `${count.toLocaleString('en')} files added to the review: all listed`
  const ours = `${value('listedCpuMs').toFixed(0)} ms CPU, peak ${value('peakMiB').toFixed(0)} MiB`
  const note = `event-loop lag p99 ${value('lagP99Ms').toFixed(0)} ms, longest ${value('lagMaxMs').toFixed(0)} ms`
  const goalMs = { 300: 1_000, 10_000: 3_000 }[count]
  if (goalMs === undefined) return [told(measure, `${value('listedMs').toFixed(0)} ms`, { ours, note })]
  return [judged({ measure, atMost: goalMs, value: value('listedMs'), unit: 'ms', ours, note })]
}
