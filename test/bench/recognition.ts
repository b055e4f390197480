import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { collectFiles } from '../../electron/discovery/scan/collect-files.ts'
import { realTimers } from '../../electron/platform/system-environment.ts'
import { Inspector } from '../../electron/recognition/inspector.ts'
import { families } from '../fixtures/families.ts'
import type { Family } from '../fixtures/family.ts'
import { writeSafetensors, writeText, type FixtureTensors } from '../fixtures/model-files.ts'
import { stateDict, torchZip } from '../fixtures/pickles.ts'

// Inspects 1,000 files as `upload` does and measures the total time, the time per file and the peak memory.

const fileCount = 1_000
/** Additional layers: a large model has some thousand tensors and a header of some hundred kilobytes. */
const layers = 1_000

function asLarge(tensors: FixtureTensors): FixtureTensors {
  const more = Array.from({ length: layers }, (_, number) => [
    `zz.layer.${number}.some.long.name.as.models.have.weight`,
    { dtype: 'F16', shape: [320, 320] },
  ])
  return { ...tensors, ...Object.fromEntries(more) }
}

async function writeFiles(folder: string): Promise<void> {
  const all = Object.values<Family>(families)
  for (let number = 0; number < fileCount; number += 1) {
    const { tensors } = all[number % all.length] as Family
    const name = join(folder, String(number % 20), `model-${number}`)
    if (number % 10 === 0) await writeText(`${name}.pt`, torchZip(stateDict(asLarge(tensors))))
    else await writeSafetensors(`${name}.safetensors`, { tensors: asLarge(tensors) })
  }
}

const folder = await mkdtemp(join(tmpdir(), 'recognition-bench-'))
const worker = new URL('../../electron/recognition/inspect-worker.ts', import.meta.url)
const inspector = new Inspector(worker, { timers: realTimers })
try {
  await writeFiles(folder)
  const before = process.resourceUsage().maxRSS
  const begun = performance.now()
  const { files } = await collectFiles([folder])
  const collected = performance.now()
  // The event loop must stay responsive for the window, so its longest delay is measured too.
  let longestWaitMs = 0
  let last = performance.now()
  const pulse = setInterval(() => {
    longestWaitMs = Math.max(longestWaitMs, performance.now() - last - 10)
    last = performance.now()
  }, 10)
  const inspections = await Promise.all(files.map((file) => inspector.inspect(file)))
  clearInterval(pulse)
  const ended = performance.now()
  const sound = inspections.filter(({ failure }) => failure === null).length
  const megabytes = (kibibytes: number) => `${Math.round((kibibytes * 1024) / 1e6)} MB`
  process.stdout.write(
    [
      `${files.length} files, ${sound} sound`,
      `collected in ${Math.round(collected - begun)} ms, looked into in ${Math.round(ended - collected)} ms`,
      `${((ended - begun) / files.length).toFixed(1)} ms a file; the main thread waited ${Math.round(longestWaitMs)} ms at most`,
      `most memory ${megabytes(process.resourceUsage().maxRSS)}, ${megabytes(before)} of it before`,
      '',
    ].join('\n'),
  )
} finally {
  await inspector.close()
  await rm(folder, { recursive: true, force: true })
}
