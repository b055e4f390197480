import { ours } from '../ours-client.ts'
import type { OursResult } from '../ours-result.ts'
import { inTurn, median } from '../samples.ts'
import { judged, type Row } from '../table.ts'
import { gibibyte, mebibyte, type Workbench } from '../workbench.ts'
import type { Family } from './family.ts'

/** Memory above that of the same process with an empty queue, in MiB. */
const mostAboveIdleMiB = 64
export const mostForManyMiB = 80
const aboveIdle = ({ peakMiB, idleMiB }: OursResult) => peakMiB - idleMiB

export function memoryRow(
  what: string,
  samples: readonly OursResult[],
  { atMost = mostAboveIdleMiB, note = '' } = {},
): Row {
  const above = samples.map(aboveIdle)
  const spread = `${Math.min(...above).toFixed(0)}–${Math.max(...above).toFixed(0)}`
  const idle = `idle ${median(samples.map(({ idleMiB }) => idleMiB)).toFixed(0)} MiB`
  return judged({
    measure: `${what}: peak RSS above idle`,
    atMost,
    value: median(above),
    unit: 'MiB',
    ours: idle,
    note: [samples.length > 1 ? spread : '', note].filter(Boolean).join('; '),
  })
}

export const memory: Family = {
  name: 'memory',
  about: 'peak memory above idle: 40 MB and 2 GiB, four parts in flight, and as one PUT',
  needs: [],
  async measure(bench) {
    const sink = await bench.startSink()
    const fine = await bench.startProgram('sink-api.ts', [sink.origin, String(10_000_000)])
    const coarse = await bench.startProgram('sink-api.ts', [sink.origin, String(100 * mebibyte)])
    const small = await bench.file('small', 40_000_000)
    const large = await bench.file('large', 2 * gibibyte)
    const rounds = await inTurn(bench.rounds, {
      smallParts: () => upload(bench, fine, small, 5 * mebibyte),
      smallWhole: () => upload(bench, fine, small, gibibyte),
      largeParts: () => upload(bench, coarse, large, gibibyte),
      largeWhole: () => upload(bench, coarse, large, 5 * gibibyte),
    })
    return [
      memoryRow('40 MB, 10 MB parts', rounds.smallParts),
      memoryRow('40 MB, one PUT', rounds.smallWhole),
      memoryRow('2 GiB, 100 MiB parts', rounds.largeParts),
      memoryRow('2 GiB, one PUT', rounds.largeWhole),
    ]
  },
}

const upload = (bench: Workbench, server: string, path: string, singlePutLimitBytes: number) =>
  ours(bench, { server, singlePutLimitBytes, atOnce: 4, paths: [path] })
