import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import ts from 'typescript'
import { seededRandom } from '../../fixtures/seeded.ts'
import { projectFolder } from '../temp-project.ts'
import { resultMark, type TestRequest, type TestRun } from './mutant-tests.ts'
import { pathWithTools } from './tools.ts'

// `npm run mutants -- --count 40 --seed 1`: mutation testing in a copy of the last commit. All mutants are
// built into the copy, each behind a switch, so that one run of the unit and integration tests shows which test
// files reach which mutant. Each mutant is then switched on and only those files run, unit tests first. Prints
// each mutant with the tests that killed it, and the share of killed mutants. The first run takes as long as all
// these tests, a mutant killed by unit tests a few seconds, a surviving one up to all integration tests.
// `--under electron/queue --project unit --tests test/unit/queue` is a quick look at one folder with its unit tests
// only; it may also be a single file. `--jobs 3` tests three mutants at a time, each in a copy of its own.

interface Mutant {
  readonly file: string
  readonly line: number
  readonly start: number
  readonly end: number
  readonly before: string
  readonly after: string
  /** Code that has both, for the mutant with this number. */
  readonly switched: (id: number) => string
}

const swaps: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
  [ts.SyntaxKind.PlusToken, '-'],
  [ts.SyntaxKind.MinusToken, '+'],
  [ts.SyntaxKind.AsteriskToken, '/'],
  [ts.SyntaxKind.SlashToken, '*'],
])

/** A node's text with one mutation, or null if it has none. */
function mutationOf(node: ts.Node, source: ts.SourceFile): { node: ts.Node; text: string } | null {
  const text = (part: ts.Node) => part.getText(source)
  if (ts.isBinaryExpression(node)) {
    const swapped = swaps.get(node.operatorToken.kind)
    return swapped === undefined ? null : { node, text: `${text(node.left)} ${swapped} ${text(node.right)}` }
  }
  if (node.kind === ts.SyntaxKind.TrueKeyword) return { node, text: 'false' }
  if (node.kind === ts.SyntaxKind.FalseKeyword) return { node, text: 'true' }
  // A number may also be a property's name, which is not an expression.
  if (ts.isNumericLiteral(node) && !('name' in node.parent && node.parent.name === node))
    return { node, text: `${text(node)} + 1` }
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    return { node, text: text(node.operand) }
  if (ts.isIfStatement(node)) return { node: node.expression, text: `!(${text(node.expression)})` }
  if (ts.isConditionalExpression(node)) return { node: node.condition, text: `!(${text(node.condition)})` }
  if (ts.isAwaitExpression(node)) return { node, text: text(node.expression) }
  if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) return { node, text: '' }
  return null
}

function switchedBy(node: ts.Node, before: string, after: string): (id: number) => string {
  // A block of its own, so that an `else` after it stays with the `if` before it.
  if (ts.isExpressionStatement(node)) return (id) => `{ if (!isMutant(${id})) { ${before} } }`
  // A bracket at the start of a statement would call the result of the line before.
  const statement = ts.findAncestor(node, ts.isExpressionStatement)
  const isAtStart = statement?.getStart() === node.getStart()
  return (id) => `${isAtStart ? 'void 0, ' : ''}(isMutant(${id}) ? (${after}) : (${before}))`
}

function mutantsOf(folder: string, file: string): readonly Mutant[] {
  const text = readFileSync(join(folder, file), 'utf8')
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found: Mutant[] = []
  const visit = (node: ts.Node): void => {
    // Types do not exist at run time.
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return
    const mutation = mutationOf(node, source)
    if (mutation) {
      const start = mutation.node.getStart(source)
      const end = mutation.node.getEnd()
      const line = source.getLineAndCharacterOfPosition(start).line + 1
      const before = text.slice(start, end)
      const switched = switchedBy(mutation.node, before, mutation.text)
      found.push({ file, line, start, end, before, after: mutation.text, switched })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

const overlap = (a: Mutant, b: Mutant) => a.file === b.file && a.start < b.end && b.start < a.end

/** `count` mutants at different places; deterministic for the same seed and code. */
function sample(all: readonly Mutant[], count: number, seed: number): readonly Mutant[] {
  const random = seededRandom(seed)
  const left = [...all]
  const chosen: Mutant[] = []
  while (chosen.length < count && left.length > 0)
    for (const mutant of left.splice(Math.floor(random() * left.length), 1))
      if (!chosen.some((other) => overlap(mutant, other))) chosen.push(mutant)
  return chosen
}

/** Content of the file with the active mutant when none is active; it is empty in the first run. */
const noMutant = 'none'
/** Names in the copy of what the switches read and write. */
const switchFiles = {
  module: 'mutants.mjs',
  active: 'mutant-active',
  /** For each test process a file named after it with the test file. */
  processes: 'mutant-processes',
  /** For each mutant and test file an empty file: tests limit the size of files. */
  reached: 'mutants-reached',
}

/**
 * Writes the mutants into the source files of the copy. The switches read the active mutant from a file, and find
 * the test file by the parent processes, because tests start programs with an environment of their own.
 */
function writeMutants(folder: string, mutants: readonly Mutant[]): void {
  const at = (name: string) => join(folder, name)
  const quoted = (name: keyof typeof switchFiles) => JSON.stringify(at(switchFiles[name]))
  writeFileSync(
    at(switchFiles.module),
    `import { readFileSync, writeFileSync } from 'node:fs'
const active = readFileSync(${quoted('active')}, 'utf8')
const reached = new Set()
function testFile() {
  try {
    for (let pid = process.pid; pid > 1; ) {
      try {
        return readFileSync(${quoted('processes')} + '/' + pid, 'utf8')
      } catch {
        pid = Number(/^PPid:\\s+(\\d+)$/m.exec(readFileSync('/proc/' + pid + '/status', 'utf8'))[1])
      }
    }
  } catch {}
  return ''
}
export function isMutant(id) {
  if (active !== '') return active === String(id)
  if (reached.has(id)) return false
  reached.add(id)
  writeFileSync(${quoted('reached')} + '/' + id + ' ' + encodeURIComponent(testFile()), '')
  return false
}
`,
  )
  const byFile = Map.groupBy(mutants.entries(), ([, { file }]) => file)
  for (const [file, inFile] of byFile) {
    let text = readFileSync(at(file), 'utf8')
    for (const [id, { start, end, switched }] of inFile.toSorted(([, a], [, b]) => b.start - a.start))
      text = text.slice(0, start) + switched(id) + text.slice(end)
    writeFileSync(at(file), `${text}\nimport { isMutant } from '${at(switchFiles.module)}'\n`)
  }
  writeFileSync(at(switchFiles.active), '')
  mkdirSync(at(switchFiles.processes))
  mkdirSync(at(switchFiles.reached))
  writeFileSync(
    at('mutants-setup.ts'),
    `import { relative } from 'node:path'
import { writeFileSync } from 'node:fs'
const testFile = relative(import.meta.dirname, globalThis.__vitest_worker__.filepath)
writeFileSync(${quoted('processes')} + '/' + process.pid, testFile)
`,
  )
  // Each file in a process of its own, so that what it reaches is not counted for another file.
  writeFileSync(
    at('vitest.mutants.ts'),
    `import config from './vitest.config.ts'
for (const { test } of config.test.projects) {
  test.setupFiles = [...(test.setupFiles ?? []), '${at('mutants-setup.ts')}']
  test.isolate = true
}
export default config
`,
  )
}

const allProjects = ['unit', 'integration'] as const
type Project = (typeof allProjects)[number]

/** In the copy, for everything that tests create. */
const temporaryFolder = 't'
/** Longer than all tests without a mutant take, a mutant makes tests hang. */
const marginMs = 30_000

/** The tests that run: a signal to this process must end them too. */
const running = new Set<ChildProcess>()

function start(folder: string, words: readonly string[], stdio: StdioOptions): ChildProcess {
  const child = spawn('node', ['test/support/runner/keyring.ts', ...words], {
    cwd: folder,
    stdio,
    detached: true,
    env: { ...process.env, PATH: pathWithTools(), TMPDIR: join(folder, temporaryFolder) },
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/** Ends all processes of the tests. */
function endTests({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // They have ended.
  }
}

/** Runs all tests of a project once. */
async function runAll(
  folder: string,
  project: Project,
  filters: readonly string[],
): Promise<Omit<TestRun, 'isGood'>> {
  const report = join(folder, 'report.json')
  rmSync(report, { force: true })
  const words = ['vitest', 'run', ...filters, '--project', project, '--config', 'vitest.mutants.ts']
  await once(start(folder, [...words, '--reporter=json', `--outputFile=${report}`], 'ignore'), 'exit')
  if (!existsSync(report)) throw new Error(`the ${project} tests ended without a report`)
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: readonly { name: string; status: string }[]
  }
  const named = (isPassed: boolean) =>
    testResults
      .filter(({ status }) => (status === 'passed') === isPassed)
      .map(({ name }) => relative(folder, name))
  return { passed: named(true), failed: named(false) }
}

/** A Vitest that stays for the runs of single test files; one that hangs or ends is replaced. */
class TestServer {
  readonly #folder: string
  #current: { child: ChildProcess; lines: AsyncIterator<string> } | null = null

  constructor(folder: string) {
    this.#folder = folder
  }

  /** After a run that took longer than `limitMs`, or ended Vitest, no file has passed or failed. */
  async run(request: TestRequest, limitMs: number): Promise<TestRun> {
    const { child, lines } = (this.#current ??= this.#start())
    const files = request.files.map((file) => join(this.#folder, file))
    const names = (found: readonly string[]) => found.map((file) => relative(this.#folder, file))
    const timer = setTimeout(() => endTests(child), limitMs)
    child.stdin?.write(`${JSON.stringify({ ...request, files })}\n`)
    try {
      for (;;) {
        const { value, done } = await lines.next()
        if (done === true) break
        if (!value.startsWith(resultMark)) continue
        const result = JSON.parse(value.slice(resultMark.length)) as TestRun
        return { isGood: result.isGood, passed: names(result.passed), failed: names(result.failed) }
      }
    } finally {
      clearTimeout(timer)
    }
    this.#current = null
    return { isGood: false, passed: [], failed: [] }
  }

  #start() {
    const child = start(
      this.#folder,
      ['node', 'test/support/runner/mutant-tests.ts'],
      ['pipe', 'pipe', 'ignore'],
    )
    if (!child.stdout) throw new Error('the tests have no output')
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
  }
}

interface FirstRun {
  /** The test files that pass with all mutants switched off, by project. */
  readonly passing: Readonly<Record<Project, readonly string[]>>
  /** How long all of them took, in ms. */
  readonly tookMs: Readonly<Record<Project, number>>
  /** The test files by number of the mutant that they reach; '' stands for an unknown file. */
  readonly reaching: ReadonlyMap<number, ReadonlySet<string>>
}

/** Runs all tests once with the mutants switched off. */
async function findReached(
  folder: string,
  projects: readonly Project[],
  filters: readonly string[],
): Promise<FirstRun> {
  const passing: Record<Project, readonly string[]> = { unit: [], integration: [] }
  const tookMs = { unit: 0, integration: 0 }
  for (const project of projects) {
    const startedMs = performance.now()
    const run = await runAll(folder, project, filters)
    passing[project] = run.passed
    tookMs[project] = performance.now() - startedMs
    for (const name of run.failed) console.log(`left out, because it fails without a mutant: ${name}`)
  }
  const reaching = new Map<number, Set<string>>()
  for (const name of readdirSync(join(folder, switchFiles.reached))) {
    const [id = '', testFile = ''] = name.split(' ')
    const files = reaching.get(Number(id)) ?? new Set()
    reaching.set(Number(id), files.add(decodeURIComponent(testFile)))
  }
  return { passing, tookMs, reaching }
}

/** Tests of the same name or folder detect most mutants; the others may be most of all tests. */
function nearestFirst(file: string, tests: readonly string[]): readonly (readonly string[])[] {
  const [, module] = file.split('/')
  const distance = (test: string) => {
    if (basename(test).startsWith(basename(file, '.ts'))) return 0
    return test.split('/')[2] === module ? 1 : 2
  }
  return [0, 1, 2].map((wanted) => tests.filter((test) => distance(test) === wanted))
}

interface Copy {
  readonly folder: string
  readonly projects: readonly Project[]
  readonly server: TestServer
}

/**
 * The first project whose tests detect the mutant: tests fail or hang with it, and pass without it. Otherwise
 * why it is left. A test that only fails now and then may seem to detect it.
 */
async function resultOf(
  { folder, projects, server }: Copy,
  [id, mutant]: readonly [id: number, mutant: Mutant],
  { passing, tookMs, reaching }: FirstRun,
): Promise<string> {
  const files = reaching.get(id)
  if (files === undefined) return 'NOT REACHED'
  const activate = (content: string) => writeFileSync(join(folder, switchFiles.active), content)
  let hasRun = false
  for (const project of projects) {
    // A program whose parent has ended may belong to any test file.
    const isAny = project === 'integration' && files.has('')
    const tests = passing[project].filter((file) => isAny || files.has(file))
    const runTests = (wanted: readonly string[]) =>
      server.run({ project, files: wanted }, tookMs[project] + marginMs)
    for (const group of nearestFirst(mutant.file, tests)) {
      if (group.length === 0) continue
      hasRun = true
      activate(String(id))
      const run = await runTests(group)
      if (run.isGood) continue
      // A mutant may also make the tests hang, or fail outside of a test.
      const suspects = run.failed.length > 0 ? run.failed : group
      activate(noMutant)
      const without = await runTests(suspects)
      if (run.failed.length > 0 ? without.passed.length > 0 : without.isGood) return project
      console.log(`     fails without a mutant too: ${suspects.join(' ')}`)
    }
  }
  return hasRun ? 'SURVIVED' : 'NOT RUN'
}

async function run(program: string, words: readonly string[], cwd: string): Promise<void> {
  const [code] = (await once(spawn(program, words, { cwd, stdio: 'inherit' }), 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${program} ${words.join(' ')} failed`)
}

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    under: { type: 'string', default: 'electron' },
    project: { type: 'string', multiple: true, default: [...allProjects] },
    tests: { type: 'string', multiple: true, default: [] },
    jobs: { type: 'string', default: '2' },
  },
})
const projects = allProjects.filter((project) => values.project.includes(project))
const folders: string[] = []
function cleanUp(): void {
  for (const child of running) endTests(child)
  for (const folder of folders)
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    cleanUp()
    process.exit(130)
  })

/** A copy of the last commit. */
async function copyOfCommit(): Promise<string> {
  // Short, because the path of a socket is limited to 107 characters.
  const folder = mkdtempSync(join(tmpdir(), 'mf-'))
  folders.push(folder)
  await run('git', ['clone', '--quiet', '--no-hardlinks', projectFolder, folder], projectFolder)
  symlinkSync(join(projectFolder, 'node_modules'), join(folder, 'node_modules'), 'dir')
  mkdirSync(join(folder, temporaryFolder))
  return folder
}

try {
  const first = await copyOfCommit()
  const all = globSync([values.under, `${values.under}/**/*.ts`], { cwd: first })
    .filter((file) => file.endsWith('.ts') && !file.includes('/messages/'))
    .sort()
    .flatMap((file) => mutantsOf(first, file))
  const chosen = sample(all, Number(values.count), Number(values.seed))
  writeMutants(first, chosen)
  const firstRun = await findReached(first, projects, values.tests)
  const left = chosen.entries()
  let killed = 0
  const testMutants = async (folder: string) => {
    const server = new TestServer(folder)
    for (const [id, mutant] of left) {
      const result = await resultOf({ folder, projects, server }, [id, mutant], firstRun)
      const { file, line, before, after } = mutant
      if (result === 'unit' || result === 'integration') killed += 1
      const change = `${before} → ${after}`.replaceAll(/\s+/g, ' ').slice(0, 100)
      console.log(`${String(id).padStart(4)} ${result.padEnd(11)} ${file}:${line}  ${change}`)
    }
  }
  const copies = [first]
  while (copies.length < Number(values.jobs)) {
    const copy = await copyOfCommit()
    writeMutants(copy, chosen)
    copies.push(copy)
  }
  await Promise.all(copies.map(testMutants))
  console.log(`${killed} of ${chosen.length} killed (${Math.round((killed / chosen.length) * 100)} %)`)
} finally {
  cleanUp()
}
