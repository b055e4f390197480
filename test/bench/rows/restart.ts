import { execFile } from 'node:child_process'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import type { RestartResult } from '../restart.ts'
import { inTurn, median } from '../samples.ts'
import { judged } from '../table.ts'
import { mebibyte } from '../workbench.ts'
import type { Family } from './family.ts'

const run = promisify(execFile)

export const restart: Family = {
  name: 'restart',
  about: 'ten thousand waiting rows in the journal: time until the queue is usable',
  needs: [],
  async measure(bench) {
    const sink = await bench.startSink()
    const api = await bench.startProgram('sink-api.ts', [sink.origin, String(100 * mebibyte)])
    const program = join(bench.built, 'restart.js')
    const written = join(bench.folder, 'journal')
    await run(process.execPath, [program, 'prepare', written, api])
    let copies = 0
    const { usableMs } = await inTurn(bench.rounds, {
      // Each measurement uses its own copy, because a start changes the journal.
      async usableMs() {
        const folder = `${written}-${(copies += 1)}`
        await cp(written, folder, { recursive: true, preserveTimestamps: true })
        const { stdout } = await run(process.execPath, [program, 'measure', folder, api])
        return (JSON.parse(stdout) as RestartResult).usableMs
      },
    })
    const measure = 'restart with 10,000 waiting rows: queue listed, first command done'
    return [judged({ measure, atMost: 300, value: median(usableMs), unit: 'ms' })]
  },
}
