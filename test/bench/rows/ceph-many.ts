import { startCephBench, withoutCeph } from '../ceph-bench.ts'
import { curlMany } from '../peers.ts'
import { ours } from '../ours-client.ts'
import { inTurn, median, ratio } from '../samples.ts'
import { judged, notRun } from '../table.ts'
import type { Family } from './family.ts'
import { smallCount, smallFiles, width } from './many.ts'

const about = '200 files of 5 MiB to a real S3 server (Ceph), beside curl -Z'

/** Ours requests each URL, hashes and registers; curl gets presigned URLs and only sends the PUTs. */
export const cephMany: Family = {
  name: 'ceph-many',
  about,
  needs: [],
  async measure(bench) {
    const why = withoutCeph()
    if (why) return [notRun(about, why)]
    const cloud = await startCephBench(bench)
    const paths = await smallFiles(bench)
    const puts = await Promise.all(
      paths.map(async (path, at) => ({ path, url: await cloud.presign(`small-${at}`) })),
    )
    const curl = await curlMany(bench.folder, puts, width)
    await bench.run(curl)
    await cloud.empty()
    const rounds = await inTurn(bench.rounds, {
      async curl() {
        const used = await bench.run(curl)
        await cloud.empty()
        return used
      },
      async ours() {
        const options = { server: cloud.api, singlePutLimitBytes: 500_000_000, atOnce: width, paths }
        const result = await ours(bench, options)
        await cloud.empty()
        return result
      },
    })
    const seconds = (name: 'curl' | 'ours') => median(rounds[name].map((sample) => sample.seconds))
    return [
      judged({
        measure: `${smallCount} × 5 MiB, Ceph, presigned, hashed, registered: wall ÷ curl -Z ${width}`,
        atMost: 1.3,
        value: ratio(rounds.ours, rounds.curl),
        ours: `${seconds('ours').toFixed(2)} s`,
        peer: `${seconds('curl').toFixed(2)} s`,
        note: `event-loop lag p99 ${median(rounds.ours.map(({ lagP99Ms }) => lagP99Ms)).toFixed(1)} ms`,
      }),
    ]
  },
}
