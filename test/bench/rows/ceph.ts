import { startCephBench, withoutCeph, type CephBench } from '../ceph-bench.ts'
import type { Command, Usage } from '../launch.ts'
import { curlPut, s3Peers } from '../peers.ts'
import { ours } from '../ours-client.ts'
import type { OursResult } from '../ours-result.ts'
import { inTurn, median, ratio } from '../samples.ts'
import { judged, notRun, told, type Row } from '../table.ts'
import { gibibyte, missing } from '../workbench.ts'
import type { Family } from './family.ts'

// 1 GiB rather than 2, because the seven uploads of a round must fit on a small disk.
const sizeBytes = gibibyte
const about = 'one 1 GiB file to a real S3 server (Ceph): one PUT and parts, beside curl, aws, mc, rclone'

export const ceph: Family = {
  name: 'ceph',
  about,
  needs: [],
  async measure(bench) {
    const why = withoutCeph()
    if (why) return [notRun(about, why)]
    const cloud = await startCephBench(bench)
    const path = await bench.file('large', sizeBytes)
    const present = s3Peers.filter(({ program }) => missing(program) === null)
    const put = async (command: Command | Promise<Command>) => afterwards(cloud, bench.run(await command))
    const upload = (singlePutLimitBytes: number) =>
      afterwards(cloud, ours(bench, { server: cloud.api, singlePutLimitBytes, atOnce: 4, paths: [path] }))
    // The server is slow for the first gigabyte after its start.
    await put(curlPut(path, await cloud.presign('first')))
    const theirs = Object.fromEntries(
      present.map(({ program, command }) => [
        program,
        () => put(command(bench.folder, path, cloud.target, program)),
      ]),
    )
    const rounds = await inTurn<Contestants>(bench.rounds, {
      curl: async () => put(curlPut(path, await cloud.presign('curl'))),
      whole: () => upload(5 * gibibyte),
      parts: () => upload(500_000_000),
      ...theirs,
    })
    return rowsOf(rounds)
  },
}

type Contestants = Record<'curl', () => Promise<Usage>> &
  Record<'whole' | 'parts', () => Promise<OursResult>> &
  Record<string, () => Promise<Usage | OursResult>>
type Rounds = Readonly<Record<'curl' | 'whole' | 'parts' | (string & {}), readonly (Usage | OursResult)[]>>

/** Deletes the objects before the next measurement, to free disk space. */
async function afterwards<T>(cloud: CephBench, work: Promise<T>): Promise<T> {
  const result = await work
  await cloud.empty()
  return result
}

const seconds = (samples: readonly Usage[]) => median(samples.map((sample) => sample.seconds))
const described = (samples: readonly Usage[]) => {
  const cpu = median(samples.map(({ cpuSeconds }) => cpuSeconds)) / (sizeBytes / 1e9)
  const peak = median(samples.map(({ peakMiB }) => peakMiB))
  return `${seconds(samples).toFixed(2)} s, ${cpu.toFixed(2)} CPU s/GB, ${peak.toFixed(0)} MiB`
}

function rowsOf(rounds: Rounds): Row[] {
  const { curl = [], whole = [], parts = [] } = rounds
  const against = (measure: string, atMost: number, mine: readonly Usage[], peer: readonly Usage[]) =>
    judged({
      measure,
      atMost,
      value: ratio(mine, peer),
      ours: described(mine),
      peer: described(peer),
    })
  return [
    against('1 GiB, Ceph, one PUT with SHA-256: wall ÷ curl -T without', 1.1, whole, curl),
    against('1 GiB, Ceph, 100 MiB parts with SHA-256: wall ÷ curl -T without', 1.25, parts, curl),
    ...s3Peers.map(({ program, name, atMost }) => {
      const measure = `1 GiB, Ceph, 100 MiB parts × 4: wall ÷ ${name}`
      const samples = rounds[program]
      if (!samples) return notRun(measure, missing(program) ?? '')
      const floor = `curl -T ÷ ${name}: ${ratio(curl, samples).toFixed(2)}`
      return { ...against(measure, atMost, parts, samples), note: floor }
    }),
    told('1 GiB, Ceph: curl -T, fastest and slowest', spread(curl), { note: 'the noise of this server' }),
  ]
}

const spread = (samples: readonly Usage[]) =>
  [Math.min, Math.max].map((pick) => pick(...samples.map((sample) => sample.seconds)).toFixed(2)).join('–')
