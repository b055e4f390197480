import { s3Peers } from '../peers.ts'
import { ours } from '../ours-client.ts'
import { inTurn, median, ratio } from '../samples.ts'
import { judged, notRun } from '../table.ts'
import { gibibyte, mebibyte, missing } from '../workbench.ts'
import type { S3Target } from '../s3-target.ts'
import type { Usage } from '../launch.ts'
import type { OursResult } from '../ours-result.ts'
import type { Family } from './family.ts'

const sizeBytes = 2 * gibibyte

/** The sink has no objects, so rclone must not check the upload with HEAD. */
const knowsNoObject = { RCLONE_S3_NO_HEAD: 'true' }

/** Compares the clients alone: on the same cores a real server would hide their cost. */
export const peers: Family = {
  name: 'peers',
  about: 'one 2 GiB file in parts to the sink, which answers like S3: beside aws, mc, rclone',
  needs: [],
  async measure(bench) {
    const sink = await bench.startSink()
    const server = await bench.startProgram('sink-api.ts', [sink.origin, String(100 * mebibyte)])
    const path = await bench.file('large', sizeBytes)
    const keys = { accessKey: 'bench', secretKey: 'bench-secret', region: 'us-east-1', bucket: 'bench' }
    const target: S3Target = { endpoint: sink.origin, ...keys }
    const contestants: Record<string, () => Promise<Usage | OursResult>> = {
      ours: () => ours(bench, { server, singlePutLimitBytes: 500_000_000, atOnce: 4, paths: [path] }),
    }
    for (const { program, command } of s3Peers) {
      if (missing(program)) continue
      contestants[program] = async () => {
        const { words, environment } = await command(bench.folder, path, target, program)
        return bench.run({ words, environment: { ...environment, ...knowsNoObject } })
      }
    }
    const rounds = await inTurn(bench.rounds, contestants)
    const mine = rounds['ours'] ?? []
    return s3Peers.map(({ program, name, atMost }) => {
      const measure = `2 GiB, sink, 100 MiB parts × 4: wall ÷ ${name}`
      const theirs = rounds[program]
      if (!theirs) return notRun(measure, missing(program) ?? '')
      const value = ratio(mine, theirs)
      return judged({ measure, atMost, value, ours: described(mine), peer: described(theirs) })
    })
  },
}

function described(samples: readonly (Usage | OursResult)[]): string {
  const middle = (valueOf: (sample: Usage) => number) => median(samples.map(valueOf))
  const cpu = middle(({ cpuSeconds }) => cpuSeconds) / (sizeBytes / 1e9)
  const peak = middle(({ peakMiB }) => peakMiB).toFixed(0)
  return `${middle(({ seconds }) => seconds).toFixed(2)} s, ${cpu.toFixed(2)} CPU s/GB, ${peak} MiB`
}
