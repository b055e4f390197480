import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import type { FloorOptions, FloorResult } from '../ours-result.ts'
import { ours } from '../ours-client.ts'
import { curlBesideSha256, curlManyBesideSha256 } from '../peers.ts'
import { inTurn, median, ratio } from '../samples.ts'
import { told, type Row } from '../table.ts'
import { gibibyte, mebibyte, type Workbench } from '../workbench.ts'
import type { Family } from './family.ts'
import { smallFiles, width } from './many.ts'

const partBytes = 100 * mebibyte
const onePut = 5 * gibibyte
const inParts = 500_000_000

interface Sample {
  readonly seconds: number
  readonly cpuSeconds: number
}

/** How much of the distance to curl and sha256sum is Node's, and how much is the engine's. */
export const floor: Family = {
  name: 'floor',
  about: 'the least that a client in Node needs for the same bytes, between the peers and ours',
  needs: ['gcc', 'curl'],
  onlyNamed: true,
  async measure(bench) {
    const { origin } = await bench.startSink()
    const server = await bench.startProgram('sink-api.ts', [origin, String(partBytes)])
    const large = await bench.file('large', 2 * gibibyte)
    const small = await smallFiles(bench)
    const puts = small.map((path, at) => ({ path, url: `${origin}/b/${at}` }))
    const smallPairCommand = await curlManyBesideSha256(bench.folder, puts, width)
    const upload = (paths: readonly string[], singlePutLimitBytes: number) =>
      ours(bench, { server, singlePutLimitBytes, atOnce: width, paths })
    const least = (kind: FloorOptions['kind'], paths: readonly string[]) =>
      runFloor(bench, { kind, origin, partBytes, atOnce: width, paths })
    const rounds = await inTurn(bench.rounds, {
      pair: () => bench.run(curlBesideSha256(large, `${origin}/b/k`)),
      wholeFloor: () => least('whole', [large]),
      whole: () => upload([large], onePut),
      partsFloor: () => least('parts', [large]),
      parts: () => upload([large], inParts),
      smallPair: () => bench.run(smallPairCommand),
      smallFloor: () => least('small', small),
      small: () => upload(small, inParts),
    })
    const { pair, smallPair } = rounds
    return [
      ...rowsOf('2 GiB, one PUT', { peer: pair, least: rounds.wholeFloor, samples: rounds.whole }),
      ...rowsOf('2 GiB, 100 MiB parts', { peer: pair, least: rounds.partsFloor, samples: rounds.parts }),
      ...rowsOf('200 × 5 MiB', {
        peer: smallPair,
        least: rounds.smallFloor,
        samples: rounds.small,
      }),
    ]
  },
}

function rowsOf(
  what: string,
  { peer, least, samples }: Readonly<Record<'peer' | 'least' | 'samples', readonly Sample[]>>,
): Row[] {
  return (['seconds', 'cpuSeconds'] as const).flatMap((key) => {
    const of = (some: readonly Sample[]) => `${median(some.map((sample) => sample[key])).toFixed(2)} s`
    const valueOf = (sample: Sample) => sample[key]
    const name = key === 'seconds' ? 'wall' : 'CPU'
    return [
      told(`${what}: ${name}, floor ÷ peer`, ratio(least, peer, valueOf).toFixed(2), {
        peer: of(peer),
        note: `floor ${of(least)}`,
      }),
      told(`${what}: ${name}, ours ÷ floor`, ratio(samples, least, valueOf).toFixed(2), {
        ours: of(samples),
      }),
    ]
  })
}

async function runFloor(bench: Workbench, options: FloorOptions): Promise<FloorResult> {
  const child = spawn(process.execPath, [join(bench.built, 'floor.js'), JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [answer, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number]>])
  if (code !== 0) throw new Error(`the floor ended with ${code}`)
  return JSON.parse(answer) as FloorResult
}
