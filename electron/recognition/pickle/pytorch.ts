import { failure } from '../../contract/failures.ts'
import type { Failure } from '../../contract/failures.ts'
import { detectArchive } from '../formats/archive.ts'
import type { ByteSource } from '../formats/byte-source.ts'
import { ByteWindow } from '../formats/byte-window.ts'
import type { Header } from '../formats/header.ts'
import { readTarMembers } from '../formats/tar.ts'
import { readingsOf, type Reading } from '../loaders.ts'
import { scanArray } from './array.ts'
import { mergeImports, type PickleImport } from './imports.ts'
import { createScanBudget, scanPickles, scanUnnamed, type PickleScan, type ScanBudget } from './scan.ts'
import { collectTensors } from './values.ts'
import { scanZip, type ZipScan } from './zip-members.ts'

/** Imports and tensors of a PyTorch file, found without loading it. */
export interface PytorchContent {
  readonly header: Header | null
  /** A zip with the members that PyTorch writes. */
  readonly isZip: boolean
  readonly imports: readonly PickleImport[]
  /** Why it isn't sent without confirmation, or null. */
  readonly failure: Failure | null
}

/**
 * Scans a file as every loader would read it, without loading it. Null if none of them runs anything. The
 * budget is for all scans together.
 */
export async function readAsLoaders(
  source: ByteSource,
  start: Buffer,
  hasPickleName: boolean,
  budget: ScanBudget = createScanBudget(),
): Promise<PytorchContent | null> {
  const readings = readingsOf(start)
  // Where only pickles are expected, bytes that are none are a problem.
  if (hasPickleName && readings.size === 0) readings.add('pickle')
  const isExpected = hasPickleName && readings.size === 1
  const scans: ZipScan[] = []
  for (const reading of readings) {
    const scan = await scanReading(reading, { source, start, isExpected, budget })
    if (scan !== null) scans.push({ isPytorch: false, ...scan })
  }
  const [first] = scans
  if (!first) return null
  const problem = scans.length > 1 ? 'loaders read it in different ways' : first.problem
  return toPytorchContent({ ...first, problem, imports: mergeImports(scans) })
}

interface ScannedFile {
  readonly source: ByteSource
  readonly start: Buffer
  /** Whether only a pickle is expected. */
  readonly isExpected: boolean
  readonly budget: ScanBudget
}

/** Null if the loader stops before its first import, or runs nothing of such a file. */
async function scanReading(
  reading: Reading,
  { source, start, isExpected, budget }: ScannedFile,
): Promise<PickleScan | ZipScan | null> {
  const window = new ByteWindow(source)
  if (reading === 'zip') return scanZip(source, undefined, budget)
  if (reading === 'tar') return scanTar(source, budget)
  if (reading === 'array') return scanArray(window, budget)
  if (reading === 'pickle' && isExpected) return scanPickles(window, budget)
  if (reading === 'pickle') {
    const scan = await scanUnnamed(window, budget)
    return scan?.problem ? { ...scan, problem: `it also reads as a pickle: ${scan.problem}` } : scan
  }
  if (reading !== 'archive') return null
  const name = detectArchive(start) ?? ''
  return { imports: [], problem: `it is a ${name} archive, which isn’t looked into`, value: null }
}

/**
 * Scans PyTorch's first format, of 2016: pickles with numbers between them, in a tar. It never passes,
 * because links and attributes in a tar let loaders see more than is listed.
 */
async function scanTar(source: ByteSource, budget: ScanBudget): Promise<PickleScan> {
  const members = await readTarMembers(source)
  const scans: PickleScan[] = []
  for (const { start, end } of members.ok ? members.value : []) {
    scans.push(await scanPickles(new ByteWindow(source, start, end), budget))
  }
  const problem = members.ok ? 'it is a tar archive, which can’t be scanned completely' : members.problem
  return { imports: mergeImports(scans), problem, value: null }
}

/** Imports that the failure's sentence lists; the details show all. */
const maxNamedImports = 4

function toPytorchContent({ imports, problem, value, isPytorch }: ZipScan): PytorchContent {
  const order = ['dangerous', 'suspicious', 'innocuous'] as const
  const sorted = imports.toSorted((one, other) => order.indexOf(one.level) - order.indexOf(other.level))
  const tensors = collectTensors(value)
  const header = tensors.size > 0 ? { tensors, metadata: new Map<string, string>() } : null
  return { header, isZip: isPytorch, imports: sorted, failure: failureOfScan(sorted, problem) }
}

/** A failed scan needs confirmation too: what can't be read here may still be loaded elsewhere. */
function failureOfScan(imports: readonly PickleImport[], problem: string | null): Failure | null {
  const namesOf = (level: string) => {
    const names = imports.filter((one) => one.level === level).map(({ name }) => name)
    const more = names.length > maxNamedImports ? ', …' : ''
    return names.slice(0, maxNamedImports).join(', ') + more
  }
  const dangerous = namesOf('dangerous')
  if (dangerous !== '') return failure('file-dangerous', { imports: dangerous })
  if (problem !== null) return failure('file-not-scanned', { problem })
  const suspicious = namesOf('suspicious')
  return suspicious === '' ? null : failure('file-suspicious', { imports: suspicious })
}
