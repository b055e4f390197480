import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import ts from 'typescript'
import { seededRandom } from '../../fixtures/seeded.ts'
import { projectFolder } from '../temp-project.ts'
import { pathWithTools } from './tools.ts'

// `npm run mutants -- --count 40 --seed 1`: mutation testing in a copy of the last commit. Each mutant runs
// against the unit tests that import the changed file, then all integration tests, because many of them start
// the product as a process or thread. Prints each mutant with the test that killed it, and the share of
// killed mutants. A mutant killed by unit tests takes seconds; a surviving one takes as long as all
// integration tests.

interface Mutant {
  readonly file: string
  readonly line: number
  readonly start: number
  readonly end: number
  readonly before: string
  readonly after: string
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

/** The replacement for a node, or null if it has none. */
function replacementFor(node: ts.Node, source: ts.SourceFile): { node: ts.Node; text: string } | null {
  if (ts.isBinaryExpression(node)) {
    const text = swaps.get(node.operatorToken.kind)
    return text === undefined ? null : { node: node.operatorToken, text }
  }
  if (node.kind === ts.SyntaxKind.TrueKeyword) return { node, text: 'false' }
  if (node.kind === ts.SyntaxKind.FalseKeyword) return { node, text: 'true' }
  if (ts.isNumericLiteral(node)) return { node, text: `(${node.getText(source)} + 1)` }
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    return { node, text: `(${node.operand.getText(source)})` }
  if (ts.isIfStatement(node)) return { node: node.expression, text: `!(${node.expression.getText(source)})` }
  if (ts.isConditionalExpression(node))
    return { node: node.condition, text: `!(${node.condition.getText(source)})` }
  if (ts.isAwaitExpression(node)) return { node, text: node.expression.getText(source) }
  if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) return { node, text: ';' }
  return null
}

function mutantsOf(file: string): readonly Mutant[] {
  const text = readFileSync(join(projectFolder, file), 'utf8')
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found: Mutant[] = []
  const visit = (node: ts.Node): void => {
    // Types do not exist at run time.
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return
    const replaced = replacementFor(node, source)
    if (replaced) {
      const start = replaced.node.getStart(source)
      const end = replaced.node.getEnd()
      const line = source.getLineAndCharacterOfPosition(start).line + 1
      found.push({ file, line, start, end, before: text.slice(start, end), after: replaced.text })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** `count` different mutants; deterministic for the same seed and code. */
function sample(all: readonly Mutant[], count: number, seed: number): readonly Mutant[] {
  const random = seededRandom(seed)
  const left = [...all]
  return Array.from({ length: Math.min(count, left.length) }, () =>
    left.splice(Math.floor(random() * left.length), 1),
  ).flat()
}

/** Whether these tests fail; a timeout counts as a failure. */
async function fails(folder: string, testWords: readonly string[], limitMs: number): Promise<boolean> {
  const words = ['test/support/runner/keyring.ts', 'vitest', ...testWords, '--run', '--bail', '1']
  const child = spawn('node', words, {
    cwd: folder,
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, PATH: pathWithTools() },
  })
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), limitMs)
  const [code] = (await once(child, 'exit')) as [number | null]
  clearTimeout(timer)
  return code !== 0
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
  },
})
const files = globSync(`${values.under}/**/*.ts`, { cwd: projectFolder })
  .filter((file) => !file.includes('/messages/'))
  .sort()
const chosen = sample(files.flatMap(mutantsOf), Number(values.count), Number(values.seed))
const folder = mkdtempSync(join(tmpdir(), 'modelferry-mutants-'))
let killed = 0
try {
  await run('git', ['clone', '--quiet', '--no-hardlinks', projectFolder, folder], projectFolder)
  symlinkSync(join(projectFolder, 'node_modules'), join(folder, 'node_modules'), 'dir')
  for (const [index, { file, line, start, end, before, after }] of chosen.entries()) {
    const path = join(folder, file)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.slice(0, start) + after + text.slice(end))
    let by = 'SURVIVED'
    if (await fails(folder, ['related', file, '--project', 'unit'], 120_000)) by = 'unit'
    else if (await fails(folder, ['run', '--project', 'integration'], 1_200_000)) by = 'integration'
    writeFileSync(path, text)
    if (by !== 'SURVIVED') killed += 1
    const change = `${before} → ${after}`.replaceAll(/\s+/g, ' ').slice(0, 100)
    console.log(`${String(index + 1).padStart(4)} ${by.padEnd(11)} ${file}:${line}  ${change}`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(`${killed} of ${chosen.length} killed (${Math.round((killed / chosen.length) * 100)} %)`)
