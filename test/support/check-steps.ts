import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { projectFolder } from './temp-project.ts'

export interface Counts {
  readonly passed: number
  readonly failed: number
  /** Each test that did not pass, with the first line of why: a long log's end is often all that is kept of it. */
  readonly failures: readonly string[]
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
// eslint-disable-next-line no-control-regex -- the colours of a terminal are control characters
const firstLine = (text = '') => text.replaceAll(/\u001b\[\d+m/g, '').split('\n', 1)[0] ?? ''

interface VitestReport {
  readonly numTotalTests: number
  readonly numPassedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages?: readonly string[] | null
    }[]
  }[]
}

/** A test that was skipped is counted as failed: nothing is left out in silence. */
function countVitest(path: string): Counts {
  const { numTotalTests, numPassedTests, testResults } = read(path) as VitestReport
  const failures = testResults.flatMap(({ name, message, assertionResults }) => {
    const file = relative(projectFolder, name)
    const broken = assertionResults.filter(({ status }) => status !== 'passed')
    if (broken.length === 0 && message) return [`${file}: ${firstLine(message)}`]
    return broken.map(
      ({ fullName, status, failureMessages }) =>
        `${file} › ${fullName}: ${firstLine(failureMessages?.[0]) || status}`,
    )
  })
  return { passed: numPassedTests, failed: numTotalTests - numPassedTests, failures }
}

interface PlaywrightSuite {
  readonly file: string
  readonly suites?: readonly PlaywrightSuite[]
  readonly specs?: readonly {
    readonly title: string
    readonly tests: readonly {
      readonly status: string
      readonly results: readonly { readonly error?: { readonly message?: string } }[]
    }[]
  }[]
}

function countPlaywright(path: string): Counts {
  const { stats, suites } = read(path) as {
    readonly stats: Readonly<Record<'expected' | 'unexpected' | 'flaky' | 'skipped', number>>
    readonly suites: readonly PlaywrightSuite[]
  }
  const failuresOf = ({ file, suites: inner = [], specs = [] }: PlaywrightSuite): readonly string[] => [
    ...specs.flatMap(({ title, tests }) =>
      tests
        .filter(({ status }) => status !== 'expected')
        .map(
          ({ status, results }) =>
            `${file} › ${title}: ${firstLine(results.find(({ error }) => error)?.error?.message) || status}`,
        ),
    ),
    ...inner.flatMap(failuresOf),
  ]
  return {
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky + stats.skipped,
    failures: suites.flatMap(failuresOf),
  }
}
