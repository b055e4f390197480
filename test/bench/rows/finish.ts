import type { Answered } from '../api-stand-in.ts'
import { ours } from '../ours-client.ts'
import { inTurn, median } from '../samples.ts'
import { judged } from '../table.ts'
import { mebibyte } from '../workbench.ts'
import type { Family } from './family.ts'

const roundTripMs = 20
const sizeBytes = 100 * mebibyte
const bytesPerSecond = 100_000_000

/**
 * The time after storage's last response: completing and registering take one round trip each, plus our
 * overhead.
 */
export const finish: Family = {
  name: 'finish',
  about: `last byte acknowledged → registered, on a line of ${roundTripMs} ms`,
  needs: [],
  async measure(bench) {
    const words = [roundTripMs, 10 * mebibyte, bytesPerSecond].map(String)
    const [server = '', origin = ''] = (await bench.startProgram('finish-cloud.ts', words)).split(' ')
    const path = await bench.file('middling', sizeBytes)
    const upload = async (singlePutLimitBytes: number) => {
      await ours(bench, { server, singlePutLimitBytes, atOnce: 4, paths: [path] })
      return endOf((await (await fetch(`${origin}/answered`)).json()) as Answered[])
    }
    const rounds = await inTurn(bench.rounds, {
      whole: () => upload(500_000_000),
      parts: () => upload(5 * mebibyte),
    })
    return [
      { name: 'one PUT', ends: rounds.whole },
      { name: '10 MiB parts', ends: rounds.parts },
    ].map(({ name, ends }) => {
      const calls = median(ends.map((end) => end.calls))
      const value = median(ends.map((end) => end.tookMs))
      return judged({
        measure: `100 MiB, ${name}, round trip ${roundTripMs} ms: last byte acknowledged → registered`,
        atMost: 2 * roundTripMs + 20,
        value,
        unit: 'ms',
        note: `${calls} calls after the last byte, ${(value - calls * roundTripMs).toFixed(1)} ms of it ours`,
      })
    })
  },
}

function endOf(answers: readonly Answered[]): { readonly calls: number; readonly tookMs: number } {
  const last = answers.findLastIndex(({ call }) => call === 'storage')
  const registered = answers.findLastIndex(({ call }) => call === 'POST /models')
  if (last < 0 || registered < last) throw new Error('nothing was registered after the last byte')
  return {
    calls: registered - last,
    tookMs: (answers[registered]?.atMs ?? NaN) - (answers[last]?.atMs ?? NaN),
  }
}
