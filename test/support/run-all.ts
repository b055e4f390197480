import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { checkSteps } from './check-steps.ts'
import type { CheckStep, Counts } from './check-steps.ts'
import { ensureSystemPackages } from './system-packages.ts'
import { projectFolder } from './temp-project.ts'
import { pathWithTools } from './tools.ts'

// `npm test`: every check, one after another, none of them stopping the next, and the sum of all of them as the last line.

interface Outcome extends Counts {
  readonly name: string
  readonly seconds: number
}

async function runStep(step: CheckStep): Promise<Outcome> {
  console.log(`\n━━ ${step.name}`)
  const startedMs = performance.now()
  const words = step.words ? ['--', ...step.words] : []
  const child = spawn('npm', ['run', '--silent', step.script, ...words], {
    cwd: projectFolder,
    stdio: 'inherit',
    env: { ...process.env, PATH: pathWithTools(), ...step.environment },
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  const counts = countsOf(step, code === 0)
  const seconds = Math.round((performance.now() - startedMs) / 1000)
  console.log(`${line({ name: step.name, seconds, ...counts })}`)
  return { name: step.name, seconds, ...counts }
}

/** A check without tests of its own counts as one. A run that failed has at least one failure, whatever its report says. */
function countsOf({ count, script }: CheckStep, succeeded: boolean): Counts {
  const broken = (sentence: string, passed = 0): Counts => ({
    passed,
    failed: 1,
    failures: [`${script}: ${sentence}`],
  })
  if (!count) return succeeded ? { passed: 1, failed: 0, failures: [] } : broken('failed, see above')
  try {
    const counts = count()
    return succeeded || counts.failed > 0 ? counts : broken('failed outside of any test', counts.passed)
  } catch {
    return broken('ended before it could write a report')
  }
}

function line({ name, seconds, passed, failed }: Outcome): string {
  const sign = failed === 0 ? '✓' : '✗'
  return `${sign} ${name.padEnd(12)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed ${String(seconds).padStart(5)} s`
}

async function runAll(): Promise<readonly Outcome[]> {
  const reports = mkdtempSync(join(tmpdir(), 'modelferry-reports-'))
  try {
    const outcomes: Outcome[] = []
    for (const step of checkSteps(reports)) outcomes.push(await runStep(step))
    return outcomes
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
}

const readiness = ensureSystemPackages()
if (readiness.ready) {
  const outcomes = await runAll()
  const failures = outcomes.flatMap((outcome) => outcome.failures)
  if (failures.length > 0)
    console.log(`\nWhat did not pass:\n${failures.map((failure) => `  ${failure}`).join('\n')}`)
  const sum = (key: 'passed' | 'failed') => outcomes.reduce((total, outcome) => total + outcome[key], 0)
  console.log(`\n${outcomes.map(line).join('\n')}\n`)
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
  process.exitCode = sum('failed') === 0 ? 0 : 1
} else {
  console.error(readiness.sentence)
  console.log('0 passed, 1 failed')
  process.exitCode = 1
}
