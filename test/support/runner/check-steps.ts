import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { projectFolder } from '../temp-project.ts'

export interface Counts {
  readonly passed: number
  readonly failed: number
  /** Every test that did not pass: file, name and the first line of its error. */
  readonly failures: readonly string[]
}

export interface CheckStep {
  readonly name: string
  /** A program of the project with its arguments. */
  readonly command: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** The step that must end before this one starts. */
  readonly needs?: string
  /**
   * Reads the numbers of passed and failed tests from the report of the step; a step without tests counts as
   * one.
   */
  readonly count?: () => Counts
}

const script = (name: string): CheckStep => ({ name, command: ['npm', 'run', '--silent', name] })

/** Runs a command in a session with a keyring. */
const inKeyring = (...command: readonly string[]) => ['node', 'test/support/runner/keyring.ts', ...command]

function vitest(project: string, reportFolder: string, needsKeyring: boolean): CheckStep {
  const report = join(reportFolder, `${project}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const command = ['vitest', 'run', '--project', project, ...reporters]
  return {
    name: project,
    command: needsKeyring ? inKeyring(...command) : command,
    count: () => countVitest(report),
  }
}

function playwright(name: string, reportFolder: string, ...words: readonly string[]): CheckStep {
  const report = join(reportFolder, `${name}.json`)
  return {
    name,
    command: inKeyring('playwright', 'test', '--reporter=list,json', ...words),
    environment: { PLAYWRIGHT_JSON_OUTPUT_NAME: report },
    needs: 'build',
    count: () => countPlaywright(report),
  }
}

/**
 * All steps of `npm test` in the order of their start: longest first, so that both slots are busy until the
 * end. Linting fills the second slot during the build.
 */
export const testSteps = (reportFolder: string): readonly CheckStep[] => [
  script('build'),
  // The tests of the package pack the built app, which must not change meanwhile.
  { ...vitest('integration', reportFolder, true), needs: 'build' },
  playwright('e2e', reportFolder),
  {
    name: 'start',
    command: inKeyring('node', 'test/support/runner/start.ts', '--data', join(reportFolder, 'start')),
    environment: { MODELFERRY_SERVER: '' },
    needs: 'build',
  },
  script('lint'),
  vitest('components', reportFolder, false),
  vitest('unit', reportFolder, false),
  script('types'),
  script('format'),
  script('layers'),
]

/** The long versions of tests, for nightly runs. */
export const soakSteps = (reportFolder: string): readonly CheckStep[] => [
  script('build'),
  vitest('soak', reportFolder, true),
  playwright('e2e-soak', reportFolder, '--grep', '@soak'),
]

const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))
// oxlint-disable-next-line no-control-regex -- the colours of a terminal are control characters
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

/** A skipped test counts as failed, so that none is omitted unnoticed. */
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
            `test/e2e/${file} › ${title}: ${firstLine(results.find(({ error }) => error)?.error?.message) || status}`,
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
