import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import prettier from 'prettier'
import { failureKinds, type FailureCode } from '../../../electron/contract/failures.ts'
import { catalogues, failureText, translatorFor } from '../../../electron/messages/messages.ts'
import { projectFolder } from '../../support/temp-project.ts'

// The table of faults in README.md, made from the tests: `node test/integration/faults/list.ts` writes it
// anew, and a test holds it against them.

export const readmeFile = join(import.meta.dirname, 'README.md')

/** What stands between these two is made; the rest is written by hand. */
const begins = '<!-- made by list.ts -->'
const ends = '<!-- end -->'

interface Fault {
  readonly name: string
  /** Code of the sentence that the person reads, or null. */
  readonly expected: string | null
}

/** The faults of one test file, read from its text: name and code are literals there. */
function faultsIn(text: string): readonly Fault[] {
  const pattern = /^fault\(\s*'((?:[^'\\]|\\.)*)',\s*(?:'([\w-]+)'|null),/gm
  return [...text.matchAll(pattern)].map(([, name = '', expected]) => ({ name, expected: expected ?? null }))
}

const isFailureCode = (code: string): code is FailureCode => Object.hasOwn(failureKinds, code)

/** The message while the upload is retried, or the final one if it never is; sizes and names are left open. */
function sentenceFor(expected: string | null): string {
  if (expected === null) return 'nothing'
  if (!isFailureCode(expected)) throw new Error(`${expected} has no message`)
  const message = catalogues.en[`failure.${expected}`]
  const names = [...message.matchAll(/\{(\w+)[,}]/g)].map(([, name = '']) => name)
  const valueOf = (name: string) => (message.includes(`{${name}, plural`) ? 20 : `{${name}}`)
  const params = Object.fromEntries(names.map((name) => [name, valueOf(name)]))
  const { retry } = failureKinds[expected]
  const state = retry === 'now' || retry === 'later' ? 'retrying' : 'final'
  return `\`${expected}\`: ${failureText({ code: expected, params }, translatorFor('en'), state)}`
}

/** The readme as it is to be. */
export async function readme(): Promise<string> {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'))
  const rows = files.flatMap((file) =>
    faultsIn(readFileSync(join(import.meta.dirname, file), 'utf8')).map(
      ({ name, expected }) => `| ${name} | ${sentenceFor(expected)} | [${file}](${file}) |`,
    ),
  )
  const table = [
    `${rows.length} faults.`,
    '',
    '| fault | what the person reads | test |',
    '| --- | --- | --- |',
    ...rows,
  ]
  const written = readFileSync(readmeFile, 'utf8')
  const before = written.slice(0, written.indexOf(begins) + begins.length)
  const after = written.slice(written.indexOf(ends))
  const options = await prettier.resolveConfig(join(projectFolder, 'README.md'))
  return prettier.format(`${before}\n\n${table.join('\n')}\n\n${after}`, { ...options, parser: 'markdown' })
}

if (process.argv[1] === import.meta.filename) writeFileSync(readmeFile, await readme())
