import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { readFamilyCases } from '../../fixtures/family-cases.ts'
import {
  compareAll,
  countAgreement,
  differences,
  type Agreement,
  type Comparison,
} from '../recognition/agreement.ts'
import {
  expectedDisagreements,
  expectedDisagreementsFile,
  unexpectedResults,
  withoutAgreeing,
} from '../recognition/expected-disagreements.ts'
import { projectFolder } from '../temp-project.ts'
import { formatted } from './formatted.ts'

// `npm run recognition` prints how the recognition of all fixtures agrees with what they are. With
// `-- --write` it replaces the tables in docs/recognition.md and removes expected disagreements that agree now.

const ratio = (part: number, whole: number) => (whole === 0 ? '' : `${part}/${whole}`)

/** The summary of all cases in one line. */
export function summaryLine(comparisons: readonly Comparison[]): string {
  const { cases, kind, base, wrongBase, undetermined, variant, variants, confident } =
    countAgreement(comparisons)
  const numbers = [
    `kind ${kind}/${cases}`,
    `base ${base}/${cases}`,
    `wrong base ${wrongBase}`,
    `undetermined ${undetermined}`,
    `variant ${variant}/${variants}`,
    `high confidence ${confident}/${cases}`,
  ]
  return numbers.join(', ')
}

const tableRow = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`

const familyNames = (comparisons: readonly Comparison[]) => [
  ...new Set(comparisons.map(({ fixture }) => fixture.family)),
]

function familyRow(name: string, agreement: Agreement): string {
  const { cases, kind, base, wrongBase, undetermined, variant, variants, confident } = agreement
  return tableRow([
    name,
    cases,
    ratio(kind, cases),
    ratio(base, cases),
    wrongBase || '',
    undetermined || '',
    ratio(variant, variants),
    ratio(confident, cases),
  ])
}

const described = (modelType: string, base: string, variant = '') =>
  [modelType, [base, variant].filter(Boolean).join(' ')].join(', ')

function disagreementRow(comparison: Comparison): string {
  const { fixture, recognised } = comparison
  const { modelType, bases, variant } = fixture.expected
  return tableRow([
    fixture.name,
    differences(comparison).join(', '),
    described(modelType, bases.join(' / ') || 'unknown', variant),
    described(recognised.modelType, recognised.base, recognised.variant),
  ])
}

/** Agreement by family, and every case that is recognised as something else. */
export function agreementTables(comparisons: readonly Comparison[]): string {
  const byFamily = familyNames(comparisons).map((name) =>
    familyRow(name, countAgreement(comparisons.filter(({ fixture }) => fixture.family === name))),
  )
  const differing = comparisons.filter((comparison) => differences(comparison).length > 0)
  const disagreements = [
    tableRow(['case', 'differs', 'expected', 'recognised as']),
    tableRow([':--', ':--', ':--', ':--']),
    ...differing.map(disagreementRow),
  ]
  return [
    `${comparisons.length} cases: ${summaryLine(comparisons)}.`,
    '',
    tableRow(['family', 'cases', 'kind', 'base', 'wrong base', 'undetermined', 'variant', 'high confidence']),
    tableRow([':--', '--:', '--:', '--:', '--:', '--:', '--:', '--:']),
    ...byFamily,
    '',
    ...(differing.length === 0 ? ['No case differs.'] : disagreements),
    '',
  ].join('\n')
}

const tableMarker = '<!-- tables: npm run recognition -- --write -->\n'
export const recognitionPage = join(projectFolder, 'docs/recognition.md')

/** Replaces the tables at the end of the documentation page by current ones. */
export async function pageWithTables(page: string, comparisons: readonly Comparison[]): Promise<string> {
  const at = page.indexOf(tableMarker)
  if (at < 0) throw new Error('docs/recognition.md has no marker for the tables')
  const replaced = `${page.slice(0, at)}${tableMarker}\n${agreementTables(comparisons)}`
  return formatted(recognitionPage, replaced)
}

async function writeResults(comparisons: readonly Comparison[]): Promise<void> {
  const page = await readFile(recognitionPage, 'utf8')
  await writeFile(recognitionPage, await pageWithTables(page, comparisons))
  const remaining = JSON.stringify(withoutAgreeing(expectedDisagreements, comparisons), null, 2)
  await writeFile(expectedDisagreementsFile, await formatted(expectedDisagreementsFile, remaining))
}

async function main(): Promise<void> {
  const comparisons = await compareAll(readFamilyCases())
  if (process.argv.includes('--write')) await writeResults(comparisons)
  process.stdout.write(`${agreementTables(comparisons)}\n${summaryLine(comparisons)}\n`)
  for (const result of unexpectedResults(expectedDisagreements, comparisons)) {
    process.stdout.write(`not as expected: ${result}\n`)
  }
}

if (process.argv[1] === import.meta.filename) await main()
