import { join } from 'node:path'
import { writeSafetensors } from '../../fixtures/model-files.ts'
import { calm } from '../calm.ts'
import { ours } from '../ours-client.ts'
import { told } from '../table.ts'
import { gibibyte, mebibyte } from '../workbench.ts'
import type { Family } from './family.ts'
import { memoryRow } from './memory.ts'

const sizeBytes = 100_000_000_000
const partBytes = 100 * mebibyte

/** One run, whatever the rounds: it takes more than a minute. */
export const huge: Family = {
  name: 'huge',
  about: 'one 100 GB file (sparse: reading it costs no disk): all bytes there, memory flat',
  needs: [],
  async measure(bench) {
    const sink = await bench.startSink()
    const server = await bench.startProgram('sink-api.ts', [sink.origin, String(partBytes)])
    const { path } = await writeSafetensors(join(bench.folder, 'huge.safetensors'), { sizeBytes })
    await calm()
    const held: number[] = []
    const options = { server, singlePutLimitBytes: gibibyte, atOnce: 4, paths: [path] }
    const result = await ours(bench, options, { held: (rssMiB) => held.push(rssMiB) })
    const { puts, bytes } = await sink.counts()
    const wanted = Math.ceil(sizeBytes / partBytes)
    if (bytes !== sizeBytes || puts !== wanted) {
      throw new Error(`${bytes} bytes came in ${puts} parts, not ${sizeBytes} in ${wanted}`)
    }
    const rate = `${(sizeBytes / 1e6 / result.seconds).toFixed(0)} MB/s, ${(result.cpuSeconds / 100).toFixed(2)} CPU s/GB`
    const took = `${result.seconds.toFixed(1)} s, ${puts} parts, all ${bytes} bytes`
    return [
      told('100 GB: time to registered', rate, { ours: took }),
      memoryRow('100 GB', [result], flatness(held)),
    ]
  },
}

/** The greatest sample of each fifth of the run: what grows with the file shows here. */
function flatness(held: readonly number[]): string {
  const fifth = Math.ceil(held.length / 5)
  const peaks = [0, 1, 2, 3, 4].map((at) => Math.max(...held.slice(at * fifth, (at + 1) * fifth)).toFixed(0))
  return `MiB held in each fifth of the run: ${peaks.join(' ')}`
}
