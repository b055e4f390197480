import process from 'node:process'
import { parseArgs } from 'node:util'
import { whyNoLine, type LineShape } from './line.ts'
import { measureLine, type Second } from './measure.ts'

// How the number of streams follows a long line, held against the best fixed number on the same line in the same run:
// `node test/bench/line/main.ts [lossy] [clean] [slow] [--fixed 16,32,64] [--seconds 60] [--fixed-seconds 30]`. Goals: at
// least 0.9 of the best, reached within 30 s.

const shapes: Readonly<Record<string, LineShape>> = {
  lossy: { rateMbit: 1_000, roundTripMs: 50, loss: 0.001 },
  clean: { rateMbit: 1_000, roundTripMs: 50, loss: 0 },
  slow: { rateMbit: 100, roundTripMs: 50, loss: 0.001 },
}
const partSizeBytes = 64 * 1024 ** 2
const goalRatio = 0.9
const goalSeconds = 30

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const lastHalf = (run: readonly Second[]) => mean(run.slice(run.length >> 1).map(({ mbit }) => mbit))
const rounded = (values: readonly number[]) => values.map((value) => Math.round(value)).join(' ')

/** When the mean of three seconds first came to `wanted`; Infinity if never. */
function reachedAfter(run: readonly Second[], wanted: number): number {
  const index = run.findIndex(
    (_, at) => at >= 2 && mean(run.slice(at - 2, at + 1).map(({ mbit }) => mbit)) >= wanted,
  )
  return index < 0 ? Infinity : index + 1
}

async function compare(name: string, shape: LineShape, plan: Plan): Promise<boolean> {
  const { rateMbit, roundTripMs, loss } = shape
  console.log(`\n${name}: ${rateMbit} Mbit/s, ${roundTripMs} ms, ${loss * 100} % loss, cubic`)
  let best = { streams: 0, mbit: 0 }
  for (const streams of plan.fixed) {
    const run = await measureLine({ shape, seconds: plan.fixedSeconds, partSizeBytes, fixedStreams: streams })
    const mbit = lastHalf(run)
    console.log(`  ${String(streams).padStart(2)} streams: ${mbit.toFixed(0)} Mbit/s`)
    if (mbit > best.mbit) best = { streams, mbit }
  }
  const run = await measureLine({ shape, seconds: plan.seconds, partSizeBytes, fixedStreams: null })
  console.log(`  Mbit/s by second: ${rounded(run.map(({ mbit }) => mbit))}`)
  console.log(`  limit by second:  ${rounded(run.map(({ limit }) => limit))}`)
  const ours = lastHalf(run)
  if (best.streams === 0) {
    console.log(`  following the line: ${ours.toFixed(0)} Mbit/s (no fixed count to compare with)`)
    return true
  }
  const ratio = ours / best.mbit
  const seconds = reachedAfter(run, best.mbit * 0.9)
  const passes = ratio >= goalRatio && seconds <= goalSeconds
  console.log(
    `  following the line: ${ours.toFixed(0)} Mbit/s, ${ratio.toFixed(2)} of the best (${best.streams} streams; goal ${goalRatio}), ` +
      `90 % of it after ${seconds} s (goal ${goalSeconds}): ${passes ? 'pass' : 'MISS'}`,
  )
  return passes
}

interface Plan {
  readonly fixed: readonly number[]
  readonly seconds: number
  readonly fixedSeconds: number
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
    const shape = shapes[name]
    if (!shape) throw new Error(`no such line: ${name}`)
    if (!(await compare(name, shape, plan))) process.exitCode = 1
  }
}
