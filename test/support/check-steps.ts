import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Counts {
  readonly passed: number
  readonly failed: number
}

export interface CheckStep {
  readonly name: string
  /** An npm script of package.json, with what is added to it. */
  readonly script: string
  readonly words?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Reads how many tests passed and failed from the report that the step wrote. */
  readonly count?: () => Counts
}

/** All that `npm test` does, in order: what is cheap and what others build on come first. */
export function checkSteps(reportFolder: string): readonly CheckStep[] {
  const report = (name: string) => join(reportFolder, `${name}.json`)
  const vitest = (name: string): CheckStep => ({
    name,
    script: `test:${name}`,
    words: ['--reporter=default', '--reporter=json', `--outputFile.json=${report(name)}`],
    count: () => countVitest(report(name)),
  })
  return [
    { name: 'format', script: 'format' },
    { name: 'lint', script: 'lint' },
    { name: 'layers', script: 'layers' },
    { name: 'types', script: 'types' },
    vitest('unit'),
    { name: 'build', script: 'build' },
    vitest('integration'),
    vitest('components'),
    {
      name: 'e2e',
      script: 'test:e2e',
      words: ['--reporter=list,json'],
      environment: { PLAYWRIGHT_JSON_OUTPUT_NAME: report('e2e') },
      count: () => countPlaywright(report('e2e')),
    },
  ]
}

const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

/** A test that was skipped is counted as failed: nothing is left out in silence. */
function countVitest(path: string): Counts {
  const { numTotalTests, numPassedTests } = read(path) as { numTotalTests: number; numPassedTests: number }
  return { passed: numPassedTests, failed: numTotalTests - numPassedTests }
}

function countPlaywright(path: string): Counts {
  interface Stats {
    readonly expected: number
    readonly unexpected: number
    readonly flaky: number
    readonly skipped: number
  }
  const { stats } = read(path) as { stats: Stats }
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky + stats.skipped }
}
