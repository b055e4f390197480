import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { inspectFile } from '../../electron/recognition/inspect-file.ts'
import { families } from '../fixtures/families.ts'
import type { Family } from '../fixtures/family.ts'
import { writeSafetensors } from '../fixtures/model-files.ts'
import { projectFolder } from './temp-project.ts'

interface Told {
  readonly name: string
  readonly expected: readonly [type: string, family: string]
  readonly told: readonly [type: string, family: string]
}

const called = (base: string | null | undefined, variant: string | null | undefined) =>
  [base, variant].filter(Boolean).join(' ') || 'not known'

/** Writes every family as a file (its header true, its data sparse) under a name that says nothing, and has it inspected. */
async function inspectAll(): Promise<Told[]> {
  const folder = await mkdtemp(join(tmpdir(), 'confusion-'))
  try {
    const told: Told[] = []
    for (const [name, family] of Object.entries<Family>(families)) {
      const { tensors, metadata, modelType, base, variant } = family
      const path = join(folder, family.folder ?? '', 'file.safetensors')
      await writeSafetensors(path, { tensors, ...(metadata ? { metadata } : {}) })
      const { recognition, failure } = await inspectFile(path)
      if (failure) throw new Error(`${name} was refused: ${failure.code}`)
      told.push({
        name,
        expected: [modelType, called(base, variant)],
        told: [recognition.modelType ?? 'not known', called(recognition.base, recognition.variant)],
      })
    }
    return told
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`

/** Types against types, families that were taken for another, and how each was told. */
export async function confusionTable(): Promise<string> {
  const all = await inspectAll()
  const types = [...new Set(all.flatMap(({ expected, told }) => [expected[0], told[0]]))].sort()
  const count = (type: string, as: string) =>
    all.filter(({ expected, told }) => expected[0] === type && told[0] === as).length
  const wrong = all.filter(({ expected, told }) => expected.join() !== told.join())
  return [
    `${all.length} families, ${all.length - wrong.length} told right, ${wrong.length} taken for another.`,
    '',
    line(['is \\ taken for', ...types.map((_type, index) => index + 1)]),
    line([':--', ...types.map(() => '--:')]),
    ...types.map((type, index) =>
      line([`${index + 1} ${type}`, ...types.map((as) => count(type, as) || '')]),
    ),
    '',
    line(['family', 'type', 'base and variant', 'taken for']),
    line([':--', ':--', ':--', ':--']),
    ...all.map(({ name, expected, told }) =>
      line([name, ...expected, expected.join() === told.join() ? 'the same' : `**${told.join(', ')}**`]),
    ),
    '',
  ].join('\n')
}

const begin = '<!-- confusion table: npm run recognition -- --write -->\n'
export const recognitionPage = join(projectFolder, 'docs/recognition.md')

/** The page with the table as it is now. */
export async function pageWithTable(page: string): Promise<string> {
  const at = page.indexOf(begin)
  if (at < 0) throw new Error('docs/recognition.md has no place for the table')
  return `${page.slice(0, at)}${begin}\n${await confusionTable()}`
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv.includes('--write')) {
    await writeFile(recognitionPage, await pageWithTable(await readFile(recognitionPage, 'utf8')))
  } else process.stdout.write(await confusionTable())
}
