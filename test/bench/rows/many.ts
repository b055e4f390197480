import { curlMany } from '../peers.ts'
import { ours } from '../ours-client.ts'
import { inTurn, median, ratio } from '../samples.ts'
import { judged } from '../table.ts'
import { mebibyte, type Workbench } from '../workbench.ts'
import type { Family } from './family.ts'
import { memoryRow, mostForManyMiB } from './memory.ts'

const smallBytes = 5 * mebibyte
export const smallCount = 200
/** Parallel files, the same for curl and ours. */
export const width = 4
export const smallFiles = (bench: Workbench) =>
  Promise.all(Array.from({ length: smallCount }, (_, at) => bench.file(`small-${at}`, smallBytes)))

/**
 * SHA-256 alone is the lower bound here, so the goal for small files is checked on a real S3 server (family
 * `ceph`).
 */
export const many: Family = {
  name: 'many',
  about: '200 files of 5 MiB to a sink that discards',
  needs: [],
  async measure(bench) {
    const sink = await bench.startSink()
    const server = await bench.startProgram('sink-api.ts', [sink.origin, String(100 * mebibyte)])
    const paths = await smallFiles(bench)
    const puts = paths.map((path, at) => ({ path, url: `${sink.origin}/b/${at}` }))
    const curl = await curlMany(bench.folder, puts, width)
    const rounds = await inTurn(bench.rounds, {
      hash: () => bench.run({ words: ['sha256sum', ...paths] }),
      curl: () => bench.run(curl),
      ours: () => ours(bench, { server, singlePutLimitBytes: 500_000_000, atOnce: width, paths }),
    })
    const seconds = (name: keyof typeof rounds) =>
      median(rounds[name].map((sample) => sample.seconds)).toFixed(2)
    const cpu = (median(rounds.ours.map(({ cpuSeconds }) => cpuSeconds)) / smallCount) * 1000
    const lagMs = median(rounds.ours.map(({ lagP99Ms }) => lagP99Ms))
    return [
      judged({
        measure: '200 × 5 MiB, sink: wall ÷ curl -Z',
        atMost: 3,
        value: ratio(rounds.ours, rounds.curl),
        ours: `${seconds('ours')} s`,
        peer: `${seconds('curl')} s`,
        note: `sha256sum of all, one after the other: ${seconds('hash')} s; ${cpu.toFixed(1)} CPU ms a file`,
      }),
      judged({ measure: '200 × 5 MiB, sink: event-loop lag p99', atMost: 10, value: lagMs, unit: 'ms' }),
      memoryRow('200 × 5 MiB, sink', rounds.ours, { atMost: mostForManyMiB }),
    ]
  },
}
