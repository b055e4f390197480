import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeSafetensors } from '../../fixtures/model-files.ts'
import { buildPrograms } from '../../support/build-programs.ts'
import { sha256Of } from '../../support/engine.ts'
import { killAtRandom, killedFile, partsInFlight, type KilledRun } from './kill-run.ts'
import { partBytes } from './fault.ts'

const runsInAll = 200
const runsPerTest = 50
/** One more than the smallest machine that builds this has cores: while one waits for its disk, the others have them. */
const atOnce = 3

let folder = ''
let file = ''
let sha256 = ''
let program = ''
const runs: KilledRun[] = []
const startedMs = performance.now()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'modelferry-killed-'))
  file = join(folder, 'model.safetensors')
  await writeSafetensors(file, { sizeBytes: killedFile.sizeBytes, payload: { seed: 12 } })
  sha256 = sha256Of(file)
  const built = await buildPrograms(folder, { runner: 'test/integration/faults/runner.ts' })
  program = join(built, 'runner.js')
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  console.log(report(runs))
})

const firsts = Array.from({ length: runsInAll / runsPerTest }, (_, index) => index * runsPerTest + 1)

test.each(firsts)(
  'a process that is killed at random moments ends with one model and nothing else (50 seeds from %i)',
  async (first) => {
    const seeds = Array.from({ length: runsPerTest }, (_, index) => first + index)
    const workers = await Promise.allSettled(
      Array.from({ length: atOnce }, async () => {
        for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
          runs.push(await killAtRandom(seed, { program, file, sha256 }))
        }
      }),
    )
    for (const worker of workers) if (worker.status === 'rejected') throw worker.reason
    expect(runs.length).toBe(first - 1 + runsPerTest)
  },
  600_000,
)

/** One line: how much was sent twice, in MiB, over all runs. */
function report(all: readonly KilledRun[]): string {
  const sizes = all.map(({ sentTwiceBytes }) => sentTwiceBytes).sort((a, b) => a - b)
  const at = (share: number) => ((sizes[Math.floor(share * (sizes.length - 1))] ?? 0) / 1024 ** 2).toFixed(1)
  const kills = all.reduce((sum, run) => sum + run.kills.length, 0)
  const allowed = (partsInFlight * partBytes) / 1024 ** 2
  const seconds = Math.round((performance.now() - startedMs) / 1000)
  return (
    `${all.length} uploads of 12 parts, ${kills} kills, each upload whole and once in the library. ` +
    `Sent twice: median ${at(0.5)} MiB, nine of ten at most ${at(0.9)} MiB, most ${at(1)} MiB ` +
    `(allowed ${allowed} MiB a kill). ${seconds} s.`
  )
}
