import { monitorEventLoopDelay } from 'node:perf_hooks'
import process from 'node:process'
import { createBenchEngine, peakMemoryMiB } from './bench-engine.ts'

// Adds a folder of files to the review, in its own process: `node drop.js <data folder> <API> <folder> <number of
// files>`; prints DropResult. Nothing is sent.

export interface DropResult {
  /** Until all files were inspected and listed in the review. */
  readonly listedMs: number
  readonly listedCpuMs: number
  readonly peakMiB: number
  /** How long the main thread was busy at a stretch. */
  readonly lagP99Ms: number
  readonly lagMaxMs: number
}

const [folder = '', server = '', dropped = '', count = ''] = process.argv.slice(2)
const engine = createBenchEngine({
  folder,
  server,
  singlePutLimitBytes: 500_000_000,
  atOnce: 4,
  review: 'always',
})
await engine.start()
const signedIn = await engine.useToken('bench-token')
if (!signedIn.ok) throw new Error(JSON.stringify(signedIn.failure))
engine.subscribe({ patch: () => {} })

const from = performance.now()
const cpuBefore = process.cpuUsage()
const lag = monitorEventLoopDelay({ resolution: 1 })
lag.enable()
const report = await engine.add([dropped])
const listedMs = performance.now() - from
lag.disable()
const { user, system } = process.cpuUsage(cpuBefore)
if (!report.ok) throw new Error(JSON.stringify(report.failure))
const rowCount = engine.snapshot().rows.length
if (rowCount !== Number(count)) throw new Error(`${rowCount} rows are listed`)
const result: DropResult = {
  listedMs,
  listedCpuMs: (user + system) / 1e3,
  peakMiB: peakMemoryMiB(),
  // The histogram includes its own timer period of 1 ms.
  lagP99Ms: lag.percentile(99) / 1e6 - 1,
  lagMaxMs: lag.max / 1e6 - 1,
}
console.log(JSON.stringify(result))
process.exit(0)
