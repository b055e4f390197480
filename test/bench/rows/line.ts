import { compareOnLine, goalRatio, goalSeconds, shapes, type Plan } from '../line/compare.ts'
import { whyNoLine } from '../line/line.ts'
import { notRun, type Row } from '../table.ts'
import type { Family } from './family.ts'

type ShapeName = keyof typeof shapes

/**
 * A single run regardless of the number of rounds: all fixed concurrencies and the adaptive one on the same
 * emulated connection.
 */
function lineFamily(
  family: Pick<Family, 'name' | 'about' | 'onlyNamed'>,
  names: readonly ShapeName[],
  plan: Plan,
): Family {
  return {
    ...family,
    needs: ['gcc', 'curl'],
    async measure() {
      const why = whyNoLine()
      if (why) return [notRun(family.about, why)]
      const rows: Row[] = []
      for (const name of names) rows.push(...(await rowsOf(name, plan)))
      return rows
    },
  }
}

async function rowsOf(name: ShapeName, plan: Plan): Promise<readonly Row[]> {
  const { rateMbit, roundTripMs, loss, queueMs } = shapes[name]
  const queue = queueMs === undefined ? '' : `, queue of ${queueMs} ms`
  const line = `${rateMbit} Mbit/s, ${roundTripMs} ms, ${loss * 100} % loss${queue}`
  const { fixed, run, mbit, ratio, reachedSeconds, best } = await compareOnLine(shapes[name], plan)
  const row = (measure: string, goal: string, result: string, passes: boolean): Row => ({
    measure: `${line}: ${measure}`,
    goal,
    result,
    verdict: passes ? 'pass' : 'MISS',
  })
  const last = run.at(-1)
  return [
    {
      ...row('throughput ÷ best fixed', `≥ ${goalRatio}`, ratio.toFixed(2), ratio >= goalRatio),
      ours: `${mbit.toFixed(0)} Mbit/s`,
      peer: fixed.map(({ requestSlots, mbit: theirs }) => `${requestSlots}: ${theirs.toFixed(0)}`).join(', '),
      note: `best: ${best.requestSlots} streams; in the end ${last?.limit} of ours, ${last?.connectMs.toFixed(0)} ms to connect`,
    },
    row('90 % of it after', `≤ ${goalSeconds} s`, `${reachedSeconds} s`, reachedSeconds <= goalSeconds),
  ]
}

const counts = [4, 8, 16, 32, 64]

export const line = lineFamily(
  {
    name: 'line',
    about: 'streams on an emulated line of 1 Gbit/s, 50 ms, 0.1 % loss, beside every fixed number',
  },
  ['lossy'],
  { fixed: counts, seconds: 50, fixedSeconds: 12 },
)

export const lineShort = lineFamily(
  { name: 'line-short', about: 'the same beside two fixed numbers: one minute', onlyNamed: true },
  ['lossy'],
  { fixed: [32, 64], seconds: 36, fixedSeconds: 8 },
)

export const lineAll = lineFamily(
  { name: 'line-all', about: 'every emulated line beside every fixed number: nine minutes', onlyNamed: true },
  ['lossy', 'clean', 'slow', 'deep'],
  { fixed: counts, seconds: 60, fixedSeconds: 15 },
)
