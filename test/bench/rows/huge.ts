import { join } from 'node:path'
import { writeSafetensors } from '../../fixtures/model-files.ts'
import { calm } from '../calm.ts'
import { ours } from '../ours-client.ts'
import { judged, told, type Row } from '../table.ts'
import { gibibyte, mebibyte, type Workbench } from '../workbench.ts'
import type { Family } from './family.ts'
import { memoryRow } from './memory.ts'

const partBytes = 100 * mebibyte
/** Allowed growth from the second to the last fifth of the run, in MiB; covers garbage not yet collected. */
const flatMiB = 8

/** A single run regardless of the number of rounds, since the long one takes over a minute. */
function hugeFamily(gigabytes: number, family: Pick<Family, 'name' | 'about' | 'onlyNamed'>): Family {
  return { ...family, needs: ['gcc', 'curl'], measure: (bench) => measure(bench, gigabytes) }
}

async function measure(bench: Workbench, gigabytes: number): Promise<readonly Row[]> {
  const sizeBytes = gigabytes * 1_000_000_000
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
  const cpu = (result.cpuSeconds / gigabytes).toFixed(2)
  const rate = `${(sizeBytes / 1e6 / result.seconds).toFixed(0)} MB/s, ${cpu} CPU s/GB`
  const took = `${result.seconds.toFixed(1)} s, ${puts} parts, all ${bytes} bytes`
  const fifths = fifthsOf(held)
  return [
    told(`${gigabytes} GB: time to registered`, rate, { ours: took }),
    memoryRow(`${gigabytes} GB`, [result]),
    judged({
      measure: `${gigabytes} GB: memory of the last fifth above the second`,
      atMost: flatMiB,
      value: (fifths[4] ?? NaN) - (fifths[1] ?? NaN),
      unit: 'MiB',
      note: `peak of each fifth of the run, in MiB: ${fifths.map((peak) => peak.toFixed(0)).join(' ')}`,
    }),
  ]
}

/** The maximum of each fifth of the run, which reveals memory that grows with the file. */
function fifthsOf(held: readonly number[]): readonly number[] {
  const fifth = Math.ceil(held.length / 5)
  return [0, 1, 2, 3, 4].map((at) => Math.max(...held.slice(at * fifth, (at + 1) * fifth)))
}

export const huge = hugeFamily(100, {
  name: 'huge',
  about: 'one 100 GB file (sparse: reading it costs no disk): all bytes there, memory flat',
})

export const hugeShort = hugeFamily(20, {
  name: 'huge-short',
  about: 'the same with 20 GB: half a minute',
  onlyNamed: true,
})
