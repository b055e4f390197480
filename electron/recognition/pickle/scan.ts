import type { ByteWindow } from '../formats/byte-window.ts'
import { FormatError, UndecidedError } from '../formats/parse-result.ts'
import { listImports, mergeImports, type PickleImport } from './dangerous-imports.ts'
import { PickleMachine } from './machine.ts'
import { runOpcode } from './opcodes.ts'
import type { PickleValue } from './values.ts'

/** Result of interpreting a pickle without loading anything. */
export interface PickleScan {
  readonly imports: readonly PickleImport[]
  /** Why the scan ended before the pickle did, or null. `imports` has what was found before. */
  readonly problem: string | null
  /** The unpickled value, as far as it consists of names and shapes. */
  readonly value: PickleValue
}

/** A scan with what matters for the bytes behind it. */
interface SinglePickleScan extends PickleScan {
  /** Whether the scan ended, or differs from a loader, for another reason than that loaders fail there. */
  readonly isUndecided: boolean
  /** The imports that a loader has called, or that do harm uncalled, when it fails where the scan ended. */
  readonly effectiveImports: readonly PickleImport[]
  /** Size of the storages that PyTorch's legacy format has behind its pickles; null if unknown. */
  readonly storageBytes: number | null
}

/** What the scans of one file may cost together: opcodes, and bytes of names and numbers. */
export interface ScanBudget {
  opcodes: number
  bytes: number
}

/** A large model's description has about 200,000 opcodes. Payloads are skipped and don't count. */
export const createScanBudget = (): ScanBudget => ({ opcodes: 4_000_000, bytes: 128 * 1024 * 1024 })

/**
 * Interprets one pickle from the window's position to just behind its end. Never runs anything. Time and
 * memory are bounded by the file's size and the budget. Rejects only with the file system's errors.
 */
export async function scanPickle(
  window: ByteWindow,
  budget: ScanBudget = createScanBudget(),
  isExpected = true,
): Promise<SinglePickleScan> {
  const machine = new PickleMachine(isExpected)
  let failure: string | null = null
  let isUndecided = false
  try {
    await runPickle(machine, window, budget)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    failure = error.message
    isUndecided = error instanceof UndecidedError || machine.isBeyondFrame(window.position)
  }
  const imports = listImports(machine.imports)
  isUndecided ||= machine.hasChangedImport
  const isRun = isUndecided || failure === null || machine.hasCalls
  const problem = failure ?? differenceOf(machine)
  return {
    imports,
    effectiveImports: isRun ? imports : imports.filter(({ name }) => machine.harmfulUncalled.has(name)),
    problem,
    value: problem === null ? (machine.stack.at(-1) ?? null) : null,
    isUndecided,
    storageBytes: sumOfStorages(machine),
  }
}

/** Why loaders may read a pickle in different ways although the scan has reached its end, or null. */
function differenceOf(machine: PickleMachine): string | null {
  if (machine.hasChangedImport) return 'it changes something that it imports'
  return machine.hasLongFrame ? 'a frame is longer than the rest' : null
}

async function runPickle(machine: PickleMachine, window: ByteWindow, budget: ScanBudget): Promise<void> {
  let fetchedBytes = window.fetchedBytes
  while (!machine.isStopped) {
    // An opcode with its longest fixed argument has 9 bytes.
    if (!window.has(9)) await window.fill(9)
    await runOpcode(machine, window)
    machine.checkFrame(window.position)
    budget.opcodes -= 1
    budget.bytes -= window.fetchedBytes - fetchedBytes
    fetchedBytes = window.fetchedBytes
    if (budget.opcodes < 0 || budget.bytes < 0)
      throw new UndecidedError('it is too long to be looked through')
  }
}

/** In the legacy format, 8 bytes of length precede a storage (torch/serialization.py, `_legacy_save`). */
const storageLengthBytes = 8

function sumOfStorages({ storages }: PickleMachine): number | null {
  let total = 0
  for (const sizeBytes of storages.values()) {
    if (sizeBytes === null) return null
    total += storageLengthBytes + sizeBytes
  }
  return total
}

/**
 * PyTorch's legacy format (torch/serialization.py, `_legacy_load`): magic number, protocol, system, object,
 * storage keys.
 */
const legacyPickleCount = 5
const maxConsecutivePickles = 16

/** Joblib decompresses what begins like this (joblib/compressor.py), which may also be a pickle: BINBYTES. */
const bzip2Start = Buffer.from('BZ')

/**
 * Scans a file of consecutive pickles: PyTorch's legacy format is five of them and then the storages. Loaders
 * read on in any protocol, so everything behind a pickle's end is scanned. Only behind five pickles that
 * begin with PyTorch's magic number may bytes follow that are no pickle: exactly the storages. Rejects only
 * with the file system's errors.
 */
export async function scanPickles(
  window: ByteWindow,
  budget: ScanBudget = createScanBudget(),
): Promise<PickleScan> {
  await window.fill(bzip2Start.length)
  if (window.has(bzip2Start.length) && window.peek(bzip2Start.length).equals(bzip2Start)) {
    return { imports: [], problem: 'it begins like a compressed file', value: null }
  }
  const scans = await scanConsecutive(window, budget, true)
  const firstDict = scans.find(
    ({ value }) => value !== null && typeof value === 'object' && value.type === 'dict',
  )
  return {
    imports: mergeImports(scans),
    problem: findProblem(scans, window.remainingBytes),
    value: (isLegacyFormat(scans) ? scans[3]?.value : firstDict?.value) ?? null,
  }
}

async function scanConsecutive(
  window: ByteWindow,
  budget: ScanBudget,
  isExpected: boolean,
): Promise<readonly SinglePickleScan[]> {
  const scans: SinglePickleScan[] = []
  do scans.push(await scanPickle(window, budget, isExpected))
  while (
    scans.at(-1)?.problem === null &&
    window.remainingBytes > 0 &&
    scans.length < maxConsecutivePickles &&
    !isLegacyFormat(scans)
  )
  return scans
}

function isLegacyFormat(scans: readonly PickleScan[]): boolean {
  return scans.length >= legacyPickleCount && isMagic(scans[0]?.value)
}

function isMagic(value: PickleValue | undefined): boolean {
  return value !== null && typeof value === 'object' && value.type === 'torch-magic'
}

/** Why a loader might run more than was scanned, or null. */
function findProblem(scans: readonly SinglePickleScan[], remainingBytes: number): string | null {
  const malformed = scans.find(({ problem }) => problem !== null)
  if (malformed) return malformed.problem
  const hasMagic = isMagic(scans[0]?.value)
  if (hasMagic && scans.length < legacyPickleCount) return 'it ends before it has named its tensors'
  const expectedBytes = hasMagic ? (scans[3]?.storageBytes ?? null) : 0
  if (expectedBytes === remainingBytes) return null
  return expectedBytes !== null && expectedBytes > remainingBytes
    ? 'it ends in the middle'
    : 'bytes follow its end'
}

/**
 * Scans what isn't named as a pickle but may be one, such as a member of a zip. Null if every loader fails
 * before it calls an import, as it does with numbers and words that begin like a pickle by chance.
 */
export async function scanUnnamed(window: ByteWindow, budget: ScanBudget): Promise<PickleScan | null> {
  const scans = await scanConsecutive(window, budget, false)
  const [first] = scans
  const imports = mergeImports(scans.map(({ effectiveImports }) => ({ imports: effectiveImports })))
  const reason = undecidedReason(scans, window.remainingBytes)
  const value = first?.problem === null ? first.value : null
  const isPickle = reason !== null || imports.length > 0 || first?.problem === null
  return isPickle ? { imports, problem: reason, value } : null
}

/** Why a loader might run more than was scanned where no pickle is expected, or null. */
function undecidedReason(scans: readonly SinglePickleScan[], remainingBytes: number): string | null {
  const undecided = scans.find(({ isUndecided }) => isUndecided)
  if (undecided) return undecided.problem
  const isEndless = scans.length === maxConsecutivePickles && scans.at(-1)?.problem === null
  return isEndless && remainingBytes > 0 ? 'too many pickles follow each other' : null
}
