import { mkdtemp, rm } from 'node:fs/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { workerFiles } from '../../electron/command-line/surroundings.ts'
import { createUploader } from '../../electron/uploader.ts'

// One upload by the real uploader in a process of its own: `node ours.ts <API> <single-PUT limit> <paths…>`. Prints one
// JSON object: seconds from adding the files to the last one registered, CPU seconds, peak memory, event-loop delay.

const [server = '', limit = '', ...paths] = process.argv.slice(2)
const folder = await mkdtemp(join(tmpdir(), 'modelferry-bench-'))
const commandLine = join(import.meta.dirname, '../../electron/command-line/main.ts')
const quiet = { info: () => {}, warn: () => {}, error: console.error }
const nothing = async () => ({ ok: true, value: null }) as const
const done = async () => ({ ok: true, value: undefined }) as const

const uploader = createUploader({
  folder,
  ports: {
    now: Date.now,
    random: Math.random,
    log: quiet,
    timers: {
      after(delayMs, callback) {
        const timer = setTimeout(callback, delayMs)
        return () => clearTimeout(timer)
      },
    },
  },
  vault: { get: nothing, set: done, delete: done },
  keychainState: () => 'absent',
  settings: { server, atOnce: 4, singlePutLimitBytes: Number(limit) },
  workers: workerFiles(commandLine),
})
await uploader.start()
const signedIn = await uploader.useToken('bench-token')
if (!signedIn.ok) throw new Error(JSON.stringify(signedIn.failure))
const idleKiB = process.resourceUsage().maxRSS
const cpuBefore = process.cpuUsage()
const lag = monitorEventLoopDelay({ resolution: 1 })
lag.enable()
const from = performance.now()
let files = 0
const registered = new Promise<void>((resolve, reject) => {
  uploader.subscribe({
    patch({ changed, totals }) {
      const lost = changed.find(({ phase }) => phase === 'failed')
      if (lost) reject(new Error(JSON.stringify(lost.failure)))
      if (files > 0 && totals.registeredToday === files) resolve()
    },
  })
})
const report = await uploader.addPaths(paths)
if (!report.ok) throw new Error(JSON.stringify(report.failure))
files = report.value.added
if (uploader.snapshot().totals.registeredToday < files) await registered
const seconds = (performance.now() - from) / 1000
const { user, system } = process.cpuUsage(cpuBefore)
console.log(
  JSON.stringify({
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    idleMiB: idleKiB / 1024,
    lagP99Ms: lag.percentile(99) / 1e6 - 1,
  }),
)
await uploader.stop()
await rm(folder, { recursive: true, force: true })
