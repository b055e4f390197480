import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { inspectFile } from '../../../electron/recognition/inspect-file.ts'
import { families } from '../../fixtures/families.ts'
import type { Family } from '../../fixtures/family.ts'
import { writeSafetensors } from '../../fixtures/model-files.ts'
import { projectFolder } from '../temp-project.ts'

interface RecognisedFamily {
  readonly name: string
  readonly expected: readonly [type: string, family: string]
  readonly actual: readonly [type: string, family: string]
}

const familyName = (base: string | null | undefined, variant: string | null | undefined) =>
  [base, variant].filter(Boolean).join(' ') || 'unknown'

/** Writes every family to a sparse file with a neutral name and inspects it. */
async function inspectFamilies(): Promise<RecognisedFamily[]> {
  const folder = await mkdtemp(join(tmpdir(), 'confusion-'))
  try {
    const recognised: RecognisedFamily[] = []
    for (const [name, family] of Object.entries<Family>(families)) {
      const { tensors, metadata, modelType, base, variant } = family
      const path = join(folder, family.folder ?? '', 'file.safetensors')
      await writeSafetensors(path, { tensors, ...(metadata ? { metadata } : {}) })
      const { recognition, failure } = await inspectFile(path)
      if (failure) throw new Error(`${name} was refused: ${failure.code}`)
      recognised.push({
        name,
        expected: [modelType, familyName(base, variant)],
        actual: [recognition.modelType ?? 'unknown', familyName(recognition.base, recognition.variant)],
      })
    }
    return recognised
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const tableRow = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`

/** A confusion matrix of types, and a table of all families with the result of each. */
export async function confusionTable(): Promise<string> {
  const all = await inspectFamilies()
  const types = [...new Set(all.flatMap(({ expected, actual }) => [expected[0], actual[0]]))].sort()
  const count = (type: string, as: string) =>
    all.filter(({ expected, actual }) => expected[0] === type && actual[0] === as).length
  const misidentified = all.filter(({ expected, actual }) => expected.join() !== actual.join())
  return [
    `${all.length} families, ${all.length - misidentified.length} recognised, ${misidentified.length} misidentified.`,
    '',
    tableRow(['actual \\ recognised as', ...types.map((_type, index) => index + 1)]),
    tableRow([':--', ...types.map(() => '--:')]),
    ...types.map((type, index) =>
      tableRow([`${index + 1} ${type}`, ...types.map((as) => count(type, as) || '')]),
    ),
    '',
    tableRow(['family', 'type', 'base and variant', 'recognised as']),
    tableRow([':--', ':--', ':--', ':--']),
    ...all.map(({ name, expected, actual }) =>
      tableRow([
        name,
        ...expected,
        expected.join() === actual.join() ? 'the same' : `**${actual.join(', ')}**`,
      ]),
    ),
    '',
  ].join('\n')
}

const tableMarker = '<!-- confusion table: npm run recognition -- --write -->\n'
export const recognitionPage = join(projectFolder, 'docs/recognition.md')

/** Replaces the tables in the documentation page by current ones. */
export async function pageWithTable(page: string): Promise<string> {
  const at = page.indexOf(tableMarker)
  if (at < 0) throw new Error('docs/recognition.md has no marker for the table')
  return `${page.slice(0, at)}${tableMarker}\n${await confusionTable()}`
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv.includes('--write')) {
    await writeFile(recognitionPage, await pageWithTable(await readFile(recognitionPage, 'utf8')))
  } else process.stdout.write(await confusionTable())
}
