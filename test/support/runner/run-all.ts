import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { soakSteps, testSteps } from './check-steps.ts'
import type { CheckStep, Counts } from './check-steps.ts'
import { ensureSystemPackages } from './system-packages.ts'
import { projectFolder } from '../temp-project.ts'
import { pathWithTools } from './tools.ts'

// `npm test` and, with the argument `soak`, `npm run test:soak`: runs all steps, several in parallel, even if
// some fail. Prints one line per step, the output of failed steps, the failures, and the total as the last
// line.

/**
 * Measured on two cores: three parallel steps took longer in total than two, and single tests up to twenty
 * times as long.
 */
const concurrency = 2

interface Outcome extends Counts {
  readonly name: string
  readonly seconds: number
  readonly output: string
}

/** A file system in memory, on Linux. */
const memoryFolder = '/dev/shm'
/** The steps leave less than a tenth of this at any time; a container's default of 64 MB is too small. */
const neededMemoryBytes = 4 * 1024 ** 3

function isMemoryFolderUsable(): boolean {
  if (!existsSync(memoryFolder)) return false
  const { bavail, bsize } = statfsSync(memoryFolder)
  if (bavail * bsize < neededMemoryBytes || process.availableMemory() < neededMemoryBytes) return false
  // Tests also write programs and start them, which containers may forbid there.
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const options = mounts.find((line) => line.split(' ')[1] === memoryFolder)?.split(' ')[3]
  return options !== undefined && !options.split(',').includes('noexec')
}

/**
 * A folder for the temporary files of all steps. In memory, the thousands of small databases, browser profiles and
 * model files are neither flushed nor written back. A step that runs alone uses the disk.
 */
function createTemporaryFolder(): string {
  const parent = isMemoryFolderUsable() ? memoryFolder : tmpdir()
  // Short, because the path of a socket is limited to 107 characters.
  return mkdtempSync(join(parent, 'mf-'))
}

const children = new Set<ChildProcess>()

async function runStep(step: CheckStep, folder: string): Promise<Outcome> {
  const startedMs = performance.now()
  const [program = '', ...words] = step.command
  const child = spawn(program, words, {
    cwd: projectFolder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Hundreds of processes load the same programs; compiled once, each starts with a third of the CPU time.
    env: {
      ...process.env,
      PATH: pathWithTools(),
      TMPDIR: folder,
      NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
      ...step.environment,
    },
  })
  children.add(child)
  const output = Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = (await once(child, 'close')) as [number | null]
  children.delete(child)
  const outcome = {
    name: step.name,
    seconds: Math.round((performance.now() - startedMs) / 1000),
    output: (await output).join(''),
    ...countsOf(step, code === 0),
  }
  console.log(line(outcome))
  return outcome
}

/** A failed step has at least one failure, even if its report has none. */
function countsOf({ count, name, command }: CheckStep, succeeded: boolean): Counts {
  const broken = (sentence: string, passed = 0): Counts => ({
    passed,
    failed: 1,
    failures: [`${name} (${command.join(' ')}): ${sentence}`],
  })
  if (!count)
    return succeeded ? { passed: 1, failed: 0, failures: [] } : broken('failed, see its output above')
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

/** Starts the steps in order, each as soon as a slot is free and the step that it needs has ended. */
async function runSteps(steps: readonly CheckStep[], folder: string): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  const waiting = [...steps]
  const running = new Set<Promise<unknown>>()
  const isReady = ({ needs }: CheckStep) => needs === undefined || outcomes.some(({ name }) => name === needs)
  while (waiting.length > 0 || running.size > 0) {
    const index = running.size < concurrency ? waiting.findIndex(isReady) : -1
    if (index < 0) {
      await Promise.race(running)
      continue
    }
    for (const step of waiting.splice(index, 1)) {
      const run = runStep(step, folder).then((outcome) => {
        outcomes.push(outcome)
        running.delete(run)
      })
      running.add(run)
    }
  }
  return outcomes
}

async function runAll(): Promise<readonly Outcome[]> {
  const folder = createTemporaryFolder()
  // What stays in memory would take it until the next start of the computer.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      for (const child of children) child.kill(signal)
      // They may still write while they end.
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
      process.exit(1)
    })
  try {
    const steps = process.argv[2] === 'soak' ? soakSteps(folder) : testSteps(folder)
    return await runSteps(steps, folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const readiness = ensureSystemPackages('tests')
if (readiness.ready) {
  const outcomes = await runAll()
  const failed = outcomes.filter((outcome) => outcome.failed > 0)
  for (const { name, output } of failed) console.log(`\n━━ ${name}\n${output}`)
  const failures = failed.flatMap((outcome) => outcome.failures)
  if (failures.length > 0) console.log(`\nFailed:\n${failures.map((failure) => `  ${failure}`).join('\n')}\n`)
  const sum = (key: 'passed' | 'failed') => outcomes.reduce((total, outcome) => total + outcome[key], 0)
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
  process.exitCode = sum('failed') === 0 ? 0 : 1
} else {
  console.error(readiness.sentence)
  console.log('0 passed, 1 failed')
  process.exitCode = 1
}
