import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { confidenceOf, type Confidence, type Recognition } from '../../../electron/contract/recognition.ts'
import { inspectFile } from '../../../electron/recognition/inspect-file.ts'
import type { FamilyCase } from '../../fixtures/family-cases.ts'
import { writeGguf, type GgufTensor } from '../../fixtures/gguf-files.ts'
import { writeSafetensors, writeText, type FixtureTensors } from '../../fixtures/model-files.ts'
import { stateDict, torchZip } from '../../fixtures/pickles.ts'

/** `broad`: the right base among more than the file leaves open, which counts as undetermined, too. */
export type BaseResult = 'right' | 'wrong' | 'none' | 'broad'

/** How the recognition of a case compares with what is expected. */
export interface Comparison {
  readonly fixture: FamilyCase
  readonly recognised: { readonly modelType: string; readonly base: string; readonly variant: string }
  readonly confidence: Confidence
  readonly isKindRight: boolean
  readonly base: BaseResult
  /** Null if no variant is expected. */
  readonly isVariantRight: boolean | null
}

/** A base of several families is reported as `Flux.1 / SD3`. */
function compareBases(expected: readonly string[], recognised: string | null): BaseResult {
  const right = new Set(expected)
  if (recognised === null) return right.size === 0 ? 'right' : 'none'
  const found = new Set(recognised.split(' / '))
  const hasAll = [...right].every((base) => found.has(base))
  if (!hasAll || right.size === 0) return 'wrong'
  return found.size === right.size ? 'right' : 'broad'
}

function compare(fixture: FamilyCase, recognition: Recognition): Comparison {
  const { modelType, bases, variant } = fixture.expected
  return {
    fixture,
    recognised: {
      modelType: recognition.modelType ?? 'unknown',
      base: recognition.base ?? 'unknown',
      variant: recognition.variant ?? '',
    },
    confidence: confidenceOf(recognition),
    isKindRight: recognition.modelType === modelType,
    base: compareBases(bases, recognition.base),
    isVariantRight: variant === undefined ? null : recognition.variant === variant,
  }
}

const ggufTensors = (tensors: FixtureTensors): Readonly<Record<string, GgufTensor>> =>
  Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, { type: 1, shape }]))

/** Has line feeds as weights do. In zeros, the scan for pickles would search 128 MiB for one. */
const payload = { seed: 1, bytes: 4096 }

async function writeCase(path: string, fixture: FamilyCase): Promise<void> {
  const tensors = fixture.tensors()
  if (Object.keys(tensors).length === 0) throw new Error(`${fixture.name} has no tensors`)
  const { metadata } = fixture
  if (path.endsWith('.safetensors')) await writeSafetensors(path, { tensors, metadata, payload })
  else if (path.endsWith('.gguf')) await writeGguf(path, { tensors: ggufTensors(tensors), metadata })
  else await writeText(path, torchZip(stateDict(tensors)))
}

/** Writes each case to a file with little data and inspects it as `upload` does. */
export async function compareAll(fixtures: readonly FamilyCase[]): Promise<readonly Comparison[]> {
  const root = await mkdtemp(join(tmpdir(), 'agreement-'))
  const comparisons: Comparison[] = []
  try {
    for (const fixture of fixtures) {
      const path = join(root, String(comparisons.length), fixture.file)
      await mkdir(dirname(path), { recursive: true })
      await writeCase(path, fixture)
      const { recognition, failure } = await inspectFile(path)
      if (failure) throw new Error(`${fixture.name} was refused: ${failure.code}`)
      comparisons.push(compare(fixture, recognition))
      await rm(path)
    }
    return comparisons
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

export type Aspect = 'kind' | 'base' | 'variant'

/** What differs from the expectation. */
export function differences(comparison: Comparison): readonly Aspect[] {
  const differs: Aspect[] = []
  if (!comparison.isKindRight) differs.push('kind')
  if (comparison.base !== 'right') differs.push('base')
  if (comparison.isVariantRight === false) differs.push('variant')
  return differs
}

/** How many of a number of cases agree. */
export interface Agreement {
  readonly cases: number
  readonly kind: number
  readonly base: number
  readonly wrongBase: number
  /** No base, or more bases than the file leaves open. */
  readonly undetermined: number
  readonly variant: number
  /** Cases that expect a variant. */
  readonly variants: number
  /** Cases whose type is recognised with high confidence. */
  readonly confident: number
}

/** Counts what agrees. A wrong base counts apart from none. */
export function countAgreement(comparisons: readonly Comparison[]): Agreement {
  const count = (isCounted: (comparison: Comparison) => boolean) => comparisons.filter(isCounted).length
  return {
    cases: comparisons.length,
    kind: count(({ isKindRight }) => isKindRight),
    base: count(({ base }) => base === 'right'),
    wrongBase: count(({ base }) => base === 'wrong'),
    undetermined: count(({ base }) => base === 'none' || base === 'broad'),
    variant: count(({ isVariantRight }) => isVariantRight === true),
    variants: count(({ isVariantRight }) => isVariantRight !== null),
    confident: count(({ confidence }) => confidence === 'high'),
  }
}
