import process from 'node:process'
import { createInterface } from 'node:readline'
import { createVitest } from 'vitest/node'

// For `mutants.ts`: one Vitest that stays and runs test files on request, so that starting it, its global setup and
// the transformation of the modules are paid once. Each test file still gets a process of its own, which reads
// which mutant is active. Reads a line with JSON per request and writes one per result.

/** Test files to run, until the first one fails. */
export interface TestRequest {
  readonly project: string
  /** Absolute paths. */
  readonly files: readonly string[]
}

export interface TestRun {
  /** Every test passed, and nothing failed outside of tests. */
  readonly isGood: boolean
  readonly passed: readonly string[]
  readonly failed: readonly string[]
}

/** Before each line with a result; tests may write to the output too. */
export const resultMark = 'result: '

async function serve(): Promise<void> {
  const vitest = await createVitest({
    config: 'vitest.mutants.ts',
    project: ['unit', 'integration'],
    watch: false,
    bail: 1,
    // Many mutants make a test wait until it is ended. No test takes as long without one.
    testTimeout: 20_000,
    silent: true,
    reporters: [{}],
  })
  await vitest.standalone()
  for await (const line of createInterface({ input: process.stdin })) {
    const { project, files } = JSON.parse(line) as TestRequest
    const wanted = files
      .flatMap((file) => vitest.getModuleSpecifications(file))
      .filter((found) => found.project.name === project)
    // Otherwise a file that was not run because an earlier one failed would have the state of an earlier run.
    for (const found of wanted) vitest.state.clearFiles(found.project, [found.moduleId])
    const { unhandledErrors } = await vitest.runTestSpecifications(wanted)
    const inState = (state: string) =>
      wanted.filter((found) => found.testModule?.state() === state).map(({ moduleId }) => moduleId)
    const passed = inState('passed')
    const isGood = passed.length === wanted.length && unhandledErrors.length === 0
    const result: TestRun = { isGood, passed, failed: inState('failed') }
    process.stdout.write(`\n${resultMark}${JSON.stringify(result)}\n`)
  }
  await vitest.close()
}

if (import.meta.main) await serve()
