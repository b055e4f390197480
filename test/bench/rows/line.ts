import { compareOnLine, goalRatio, goalSeconds, shapes } from '../line/compare.ts'
import { whyNoLine } from '../line/line.ts'
import { notRun, type Row } from '../table.ts'
import type { Family } from './family.ts'

const plan = { fixed: [32, 64], seconds: 50, fixedSeconds: 15 }
const about = 'streams on an emulated line of 1 Gbit/s, 50 ms, 0.1 % loss, beside the best fixed number'

/** One run, whatever the rounds: the best numbers on this line are tried. More of them, and other lines: `node test/bench/line/main.ts`. */
export const line: Family = {
  name: 'line',
  about,
  needs: [],
  async measure() {
    const why = whyNoLine()
    if (why) return [notRun(about, why)]
    const { fixed, mbit, ratio, reachedSeconds } = await compareOnLine(shapes.lossy, plan)
    const row = (measure: string, goal: string, result: string, passes: boolean): Row => ({
      measure: `1 Gbit/s, 50 ms, 0.1 % loss: ${measure}`,
      ...{ goal, result, verdict: passes ? 'pass' : 'MISS' },
    })
    return [
      {
        ...row('throughput ÷ best fixed', `≥ ${goalRatio}`, ratio.toFixed(2), ratio >= goalRatio),
        ours: `${mbit.toFixed(0)} Mbit/s`,
        peer: fixed.map(({ streams, mbit: theirs }) => `${streams}: ${theirs.toFixed(0)}`).join(', '),
      },
      row('90 % of it after', `≤ ${goalSeconds} s`, `${reachedSeconds} s`, reachedSeconds <= goalSeconds),
    ]
  },
}
