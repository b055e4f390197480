import { readFileSync, writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

// Loaded before a program: writes the most memory its process held, in bytes, to the file that MODELFERRY_PEAK_FILE names.
// On Linux the system's high-water mark (VmHWM of /proc/self/status), elsewhere what getrusage says; both are in KiB.

function peakBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024
  const mark = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))
  return Number(mark?.[1]) * 1024
}

const file = process.env['MODELFERRY_PEAK_FILE']
if (isMainThread && file) process.on('exit', () => writeFileSync(file, String(peakBytes())))
