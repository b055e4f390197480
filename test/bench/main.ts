import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildOurs } from './build-ours.ts'
import { calmness } from './calm.ts'
import { families } from './rows/all.ts'
import type { Family } from './rows/family.ts'
import { compareWithRelease, readReleased, saveReleased, type Measured } from './released.ts'
import { notRun, table, tally, type Row } from './table.ts'
import { missing, openWorkbench, type Workbench } from './workbench.ts'

// Runs our engine and its peers in turn on the same bytes and servers. Compare medians and ratios; absolute
// figures depend on the machine. RESULTS.md explains each row.

const usage = `npm run bench -- [FAMILY…] [--runs N] [--check] [--save VERSION]

  Without a name: all but those marked with +, in about 15 minutes. --runs: rounds of each (4). --check: exits with
  1 if a ratio is more than 15 % worse than the last release's. --save: stores the ratios as those of a release.
${families.map(({ name, about, onlyNamed }) => `    ${name.padEnd(10)} ${onlyNamed ? '+' : ' '} ${about}`).join('\n')}`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '4' },
    check: { type: 'boolean', default: false },
    save: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

/** Longer than any family takes on a busy machine, so that a hanging family does not block the others. */
const longestMs = 15 * 60_000

const isWanted = ({ name, onlyNamed }: Family) =>
  positionals.length > 0 ? positionals.includes(name) : onlyNamed !== true

function inTime(family: Family, bench: Workbench): Promise<readonly Row[]> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`${family.name} took too long`)), longestMs)
  return Promise.race([family.measure(bench), promise]).finally(() => clearTimeout(timer))
}

async function measureAll(rounds: number, built: string): Promise<readonly Measured[]> {
  const lacking = missing('gcc', 'curl')
  if (lacking) return [{ family: '', rows: [notRun('everything', lacking)] }]
  const measured: Measured[] = []
  for (const family of families) {
    if (!isWanted(family)) continue
    process.stderr.write(`${family.name}: ${family.about}\n`)
    const bench = await openWorkbench(rounds, built)
    const stop = () => void bench.clear().finally(() => process.exit(130))
    process.once('SIGINT', stop).once('SIGTERM', stop)
    const why = missing(...family.needs)
    try {
      const rows = why ? [notRun(family.about, why)] : await inTime(family, bench)
      measured.push({ family: family.name, rows })
    } catch (error) {
      // A failed family must not discard the results of the others; it appears in the table and in the exit
      // code.
      process.stderr.write(`${String(error)}\n`)
      measured.push({ family: family.name, rows: [notRun(family.about, 'failed: see above')] })
      process.exitCode = 1
    } finally {
      await bench.clear()
      process.off('SIGINT', stop).off('SIGTERM', stop)
    }
  }
  return measured
}

const unknown = positionals.filter((name) => !families.some((family) => family.name === name))
if (values.help || unknown.length > 0) {
  console.log(usage)
  process.exitCode = values.help ? 0 : 2
} else {
  const rounds = Number(values.runs)
  const folder = await mkdtemp(join(tmpdir(), 'modelferry-built-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const measured = await measureAll(rounds, await buildOurs(folder))
  const released = readReleased()
  const { rows, worse } = compareWithRelease(measured, released)
  console.log(`${rounds} rounds in turn, Node ${process.versions.node}; released: ${released.version}\n`)
  console.log(`${table(rows)}\n\n${tally(rows)} ${calmness()}`)
  if (worse.length > 0) console.log(`\nMore than 15 % worse than the last release:\n${worse.join('\n')}`)
  if (values.check && worse.length > 0) process.exitCode = 1
  if (values.save !== undefined) saveReleased(values.save, measured)
}
