import { failure } from '../../contract/failures.ts'
import type { Failure } from '../../contract/failures.ts'
import { detectArchive } from '../formats/archive.ts'
import type { ByteSource } from '../formats/byte-source.ts'
import { ByteWindow } from '../formats/byte-window.ts'
import type { Header } from '../formats/header.ts'
import { isNpyStart } from '../formats/npy.ts'
import { beginsWithMember, isZipStart } from '../formats/signature.ts'
import { isTarStart, readTarMembers } from '../formats/tar.ts'
import { scanArray } from './array.ts'
import { mergeImports, type PickleImport } from './dangerous-imports.ts'
import { createScanBudget, scanPickles, scanUnnamed, type PickleScan, type ScanBudget } from './scan.ts'
import { collectTensors } from './values.ts'
import { scanZip, type ZipScan } from './zip-members.ts'

/** What a loader takes a file's bytes for. `refused`: it stops at the first byte. */
type Reading = 'zip' | 'tar' | 'array' | 'archive' | 'pickle' | 'refused'

/**
 * The loaders that run pickles. A file is sound only if each of them reads the same harmless content, or
 * refuses the file. None checks the name: users pass any path to them, and a file may get another name in
 * the library. `start` has at least the first 512 bytes, or the whole file.
 */
const loaders: Readonly<Record<'torch' | 'pickle' | 'numpy' | 'joblib', (start: Buffer) => Reading>> = {
  /** `torch.load` tries a zip, then a tar, then consecutive pickles (torch/serialization.py, `load`). */
  torch: (start) => {
    if (beginsWithMember(start)) return 'zip'
    return isTarStart(start) ? 'tar' : asPickle(start)
  },
  /** `pickle.load` and dill. */
  pickle: asPickle,
  /** `numpy.load` tries a zip of arrays, then an array, then a pickle (numpy/lib/_npyio_impl.py, `load`). */
  numpy: (start) => {
    if (isZipStart(start)) return 'zip'
    return isNpyStart(start) ? 'array' : asPickle(start)
  },
  /**
   * `joblib.load` unpacks a compressed file first (joblib/numpy_pickle_utils.py, `_detect_compressor`). The
   * archives that only other tools unpack are in the same list, since they aren't looked into either.
   */
  joblib: (start) => (detectArchive(start) === null ? asPickle(start) : 'archive'),
}

/**
 * An unpickler without its own `persistent_load` stops at PERSID, with which a zip begins (CPython,
 * Modules/_pickle.c, `load_persid`). `torch.load` has one only for what follows its magic number.
 */
function asPickle(start: Buffer): Reading {
  return start.toString('latin1', 0, 1) === 'P' ? 'refused' : 'pickle'
}

/** The different readings of a file by all loaders, in the order of `loaders`. */
function readingsOf(start: Buffer): Set<Reading> {
  const readings = new Set(Object.values(loaders).map((reading) => reading(start)))
  readings.delete('refused')
  return readings
}

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
