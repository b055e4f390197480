import { join } from 'node:path'
import { curlBesideSha256, curlPut } from '../peers.ts'
import { ours } from '../ours-client.ts'
import type { OursResult } from '../ours-result.ts'
import { inTurn, median, ratio } from '../samples.ts'
import { judged, told, type Row } from '../table.ts'
import { gibibyte, mebibyte, type Sink, type Workbench } from '../workbench.ts'
import type { Family } from './family.ts'

const sizeBytes = 2 * gibibyte
const onePut = 5 * gibibyte
const inParts = 500_000_000
const secondsPerGb = (samples: readonly { readonly cpuSeconds: number }[]) =>
  median(samples.map(({ cpuSeconds }) => cpuSeconds)) / (sizeBytes / 1e9)
const seconds = (samples: readonly { readonly seconds: number }[]) =>
  `${median(samples.map((sample) => sample.seconds)).toFixed(2)} s`

/** Goals for one large file where only the client matters, plain or over TLS. */
function onSink(tls: boolean): Family {
  const line = tls ? 'TLS' : 'plain'
  return {
    name: tls ? 'tls' : 'sink',
    about: `one 2 GiB file to a sink that discards, ${line}: wall, CPU, lag`,
    needs: ['gcc', 'curl', ...(tls ? ['openssl', 'libssl-dev'] : [])],
    async measure(bench) {
      const sink = await bench.startSink({ tls })
      const api = await bench.startProgram('sink-api.ts', [sink.origin, String(100 * mebibyte)])
      const path = await bench.file('large', sizeBytes)
      const upload = (singlePutLimitBytes: number) =>
        ours(
          bench,
          { server: api, singlePutLimitBytes, atOnce: 4, paths: [path] },
          { certificate: sink.certificate },
        )
      const rounds = await inTurn(bench.rounds, {
        pair: () => bench.run(curlBesideSha256(path, `${sink.origin}/b/k`)),
        curl: () => bench.run(curlPut(path, `${sink.origin}/b/k`)),
        whole: () => upload(onePut),
        parts: () => upload(inParts),
        ...(tls ? {} : { commandLine: () => commandLine(bench, api, path) }),
      })
      await checkArrived(sink, bench.rounds * (tls ? 4 : 5))
      return rowsOf(line, rounds)
    },
  }
}

interface Rounds {
  readonly pair: readonly { readonly seconds: number; readonly cpuSeconds: number }[]
  readonly curl: Rounds['pair']
  readonly whole: readonly OursResult[]
  readonly parts: readonly OursResult[]
  readonly commandLine?: readonly { readonly seconds: number; readonly cpuSeconds: number; peakMiB: number }[]
}

function rowsOf(line: string, { pair, curl, whole, parts, commandLine: ended }: Rounds): Row[] {
  const rows = [
    { name: 'one PUT', samples: whole, atMost: 1.15 },
    { name: '100 MiB parts', samples: parts, atMost: 1.2 },
  ].flatMap(({ name, samples, atMost }) => {
    const what = `2 GiB, ${name}, ${line} sink`
    const lagMs = median(samples.map(({ lagP99Ms }) => lagP99Ms))
    return [
      judged({
        measure: `${what}: wall ÷ (curl -T & sha256sum)`,
        atMost,
        value: ratio(samples, pair),
        ours: seconds(samples),
        peer: seconds(pair),
      }),
      judged({
        measure: `${what}: CPU ÷ (curl -T & sha256sum)`,
        atMost: 1.3,
        value: secondsPerGb(samples) / secondsPerGb(pair),
        ours: `${secondsPerGb(samples).toFixed(2)} CPU s/GB`,
        peer: `${secondsPerGb(pair).toFixed(2)} CPU s/GB`,
      }),
      judged({ measure: `${what}: event-loop lag p99`, atMost: 10, value: lagMs, unit: 'ms' }),
    ]
  })
  const alone = told(`2 GiB, curl -T alone, ${line} sink (no hash)`, '', {
    peer: `${seconds(curl)}, ${secondsPerGb(curl).toFixed(2)} CPU s/GB`,
  })
  if (!ended) return [...rows, alone]
  const peakMiB = median(ended.map((sample) => sample.peakMiB)).toFixed(0)
  const described = `${seconds(ended)}, ${secondsPerGb(ended).toFixed(2)} CPU s/GB, peak ${peakMiB} MiB`
  return [
    ...rows,
    alone,
    told('2 GiB, `modelferry upload` as a whole process, parts', '', { ours: described }),
  ]
}

async function commandLine(bench: Workbench, api: string, path: string) {
  const home = join(bench.folder, `home-${performance.now()}`)
  return bench.run({
    words: [process.execPath, join(bench.built, 'command-line-run.js'), 'upload', path],
    environment: { MODELFERRY_SERVER: api, MODELFERRY_TOKEN: 'bench-token', MODELFERRY_HOME: home },
  })
}

/** Fails if the bytes did not reach the sink, because the measurement would be meaningless. */
async function checkArrived(sink: Sink, uploads: number): Promise<void> {
  const { bytes } = await sink.counts()
  if (bytes !== uploads * sizeBytes)
    throw new Error(`${bytes} bytes came to the sink, not ${uploads} × ${sizeBytes}`)
}

export const plainSink = onSink(false)
export const tlsSink = onSink(true)
