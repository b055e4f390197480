import process from 'node:process'
import { parseArgs } from 'node:util'
import { compareOnLine, goalRatio, goalSeconds, shapes, type Plan } from './compare.ts'
import { whyNoLine, type LineShape } from './line.ts'

// Compares the adaptive concurrency on a long connection with the best fixed one in the same run: `node
// test/bench/line/main.ts [lossy] [clean] [slow] [deep] [home] [--fixed 16,32,64] [--seconds 60] [--fixed-seconds
// 30]`. Goals: at least 0.9 of the best, reached within 30 s.

const rounded = (values: readonly number[]) => values.map((value) => Math.round(value)).join(' ')

async function compare(name: string, shape: LineShape, plan: Plan): Promise<boolean> {
  const { rateMbit, roundTripMs, loss } = shape
  console.log(`\n${name}: ${rateMbit} Mbit/s, ${roundTripMs} ms, ${loss * 100} % loss, cubic`)
  const { fixed, best, run, mbit, ratio, reachedSeconds } = await compareOnLine(shape, plan)
  for (const one of fixed)
    console.log(`  ${String(one.requestSlots).padStart(2)} streams: ${one.mbit.toFixed(0)} Mbit/s`)
  console.log(`  Mbit/s by second: ${rounded(run.map((second) => second.mbit))}`)
  console.log(`  ms to connect:    ${rounded(run.map(({ connectMs }) => connectMs))}`)
  console.log(`  limit by second:  ${rounded(run.map(({ limit }) => limit))}`)
  if (best.requestSlots === 0) {
    console.log(`  following the line: ${mbit.toFixed(0)} Mbit/s (no fixed count to compare with)`)
    return true
  }
  const passes = ratio >= goalRatio && reachedSeconds <= goalSeconds
  console.log(
    `  following the line: ${mbit.toFixed(0)} Mbit/s, ${ratio.toFixed(2)} of the best (${best.requestSlots} streams; goal ${goalRatio}), ` +
      `90 % of it after ${reachedSeconds} s (goal ${goalSeconds}): ${passes ? 'pass' : 'MISS'}`,
  )
  return passes
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    fixed: { type: 'string', default: '4,8,16,32,64' },
    seconds: { type: 'string', default: '60' },
    'fixed-seconds': { type: 'string', default: '30' },
  },
})
const reason = whyNoLine()
if (reason !== null) {
  console.error(reason)
  process.exitCode = 2
} else {
  const plan: Plan = {
    fixed: values.fixed.split(',').filter(Boolean).map(Number),
    seconds: Number(values.seconds),
    fixedSeconds: Number(values['fixed-seconds']),
  }
  for (const name of positionals.length > 0 ? positionals : Object.keys(shapes)) {
    const shape = Object.entries(shapes).find(([known]) => known === name)?.[1]
    if (!shape) throw new Error(`no such line: ${name}`)
    if (!(await compare(name, shape, plan))) process.exitCode = 1
  }
}
