import { readFileSync, writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import process from 'node:process'
import { createBenchEngine } from './bench-engine.ts'
import type { OursOptions, OursResult } from './ours-result.ts'

// One upload by the real engine in its own process, built like the app: `node ours.js <OursOptions as JSON>`;
// prints OursResult. The initial state is that of the app when a file is dropped: started, signed in, queue
// empty. The measurement includes the start of the worker threads and ends when the API has registered the
// last file.

const { paths, fileCount = paths.length, ...options } = JSON.parse(process.argv[2] ?? '{}') as OursOptions

function memoryMiB(name: 'VmRSS' | 'VmHWM'): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))
  return Number(found?.[1]) / 1024
}

/**
 * When the last file was registered, in ms since the epoch. Uses the times in the rows, since patches arrive
 * later.
 */
function allRegistered(): Promise<number> {
  const finished = new Map<string, number>()
  return new Promise((resolve, reject) => {
    engine.subscribe({
      patch({ changed }) {
        for (const { id, phase, failure, finishedAtMs, already } of changed) {
          if (phase === 'failed') reject(new Error(JSON.stringify(failure)))
          // A file that is already in the library is not sent, which would invalidate the measurement.
          if (already) reject(new Error(`${already.name} was there already`))
          if (phase === 'registered') finished.set(id, finishedAtMs ?? NaN)
        }
        if (finished.size === fileCount) resolve(Math.max(...finished.values()))
      },
    })
  })
}

const engine = createBenchEngine(options)
await engine.start()
const signedIn = await engine.useToken('bench-token')
if (!signedIn.ok) throw new Error(JSON.stringify(signedIn.failure))

// Resets the peak memory to the current value (proc(5), clear_refs: 5).
writeFileSync('/proc/self/clear_refs', '5')
const idleMiB = memoryMiB('VmRSS')
const cpuBefore = process.cpuUsage()
const lag = monitorEventLoopDelay({ resolution: 1 })
lag.enable()
const fromMs = Date.now()
const registered = allRegistered()
const report = await engine.add(paths)
if (!report.ok) throw new Error(JSON.stringify(report.failure))
if (report.value.added !== fileCount) throw new Error(`only ${report.value.added} files were taken`)
const seconds = ((await registered) - fromMs) / 1000
const { user, system } = process.cpuUsage(cpuBefore)
const result: OursResult = {
  seconds,
  cpuSeconds: (user + system) / 1e6,
  peakMiB: memoryMiB('VmHWM'),
  idleMiB,
  // The histogram includes its own timer period of 1 ms.
  lagP99Ms: lag.percentile(99) / 1e6 - 1,
}
console.log(JSON.stringify(result))
await engine.stop()
