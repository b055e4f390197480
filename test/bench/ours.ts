import { readFileSync, writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import process from 'node:process'
import { benchUploader } from './bench-uploader.ts'
import type { OursOptions, OursResult } from './ours-result.ts'

// One upload by the real uploader in a process of its own, built as the app is: `node ours.js <OursOptions as JSON>`, prints
// OursResult. The process is what the app is when a file is dropped: started, signed in, queue empty. From there on
// everything counts, the start of the worker threads included, until the API has answered that the last file is registered.

const { paths, ...options } = JSON.parse(process.argv[2] ?? '{}') as OursOptions

function memoryMiB(name: 'VmRSS' | 'VmHWM'): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))
  return Number(found?.[1]) / 1024
}

/** When the last of all files was registered, in ms since the epoch: by the rows' own times, since patches come later. */
function allRegistered(): Promise<number> {
  const finished = new Map<string, number>()
  return new Promise((resolve, reject) => {
    engine.subscribe({
      patch({ changed }) {
        for (const { id, phase, failure, finishedAtMs, already } of changed) {
          if (phase === 'failed') reject(new Error(JSON.stringify(failure)))
          // Of what the library has already nothing is sent: that would measure something else.
          if (already) reject(new Error(`${already.name} was there already`))
          if (phase === 'registered') finished.set(id, finishedAtMs ?? NaN)
        }
        if (finished.size === paths.length) resolve(Math.max(...finished.values()))
      },
    })
  })
}

const engine = benchUploader(options)
await engine.start()
const signedIn = await engine.useToken('bench-token')
if (!signedIn.ok) throw new Error(JSON.stringify(signedIn.failure))

// Sets the high-water mark back to what is in use now (proc(5), clear_refs: 5).
writeFileSync('/proc/self/clear_refs', '5')
const idleMiB = memoryMiB('VmRSS')
const cpuBefore = process.cpuUsage()
const lag = monitorEventLoopDelay({ resolution: 1 })
lag.enable()
const fromMs = Date.now()
const registered = allRegistered()
const report = await engine.addPaths(paths)
if (!report.ok) throw new Error(JSON.stringify(report.failure))
if (report.value.added !== paths.length) throw new Error(`only ${report.value.added} files were taken`)
const seconds = ((await registered) - fromMs) / 1000
const { user, system } = process.cpuUsage(cpuBefore)
const result: OursResult = {
  seconds,
  cpuSeconds: (user + system) / 1e6,
  peakMiB: memoryMiB('VmHWM'),
  idleMiB,
  // The histogram counts from one firing of its timer to the next: its own period of 1 ms is no lag.
  lagP99Ms: lag.percentile(99) / 1e6 - 1,
}
console.log(JSON.stringify(result))
await engine.stop()
