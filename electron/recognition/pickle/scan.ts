import type { ByteWindow } from '../formats/byte-window.ts'
import { FormatError, tryParseAsync, type ParseResult } from '../formats/parse-result.ts'
import { mergeImports, type PickleImport } from './imports.ts'
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

/** A large model's description has about 200,000 opcodes. */
const maxOpcodes = 4_000_000
/** Limit of names and numbers; payloads are skipped and don't count. */
const maxReadBytes = 128 * 1024 * 1024

/**
 * Interprets one pickle from the window's position to just behind its end. Never runs anything. Time and
 * memory are bounded by the file's size and the limits above. Rejects only with the file system's errors.
 */
export async function scanPickle(window: ByteWindow): Promise<PickleScan> {
  const machine = new PickleMachine()
  const result = await tryParseAsync(() => runPickle(machine, window))
  const imports = [...machine.imports].map(([name, level]) => ({ name, level }))
  return result.ok
    ? { imports, problem: null, value: machine.stack.at(-1) ?? null }
    : { imports, problem: result.problem, value: null }
}

async function runPickle(machine: PickleMachine, window: ByteWindow): Promise<void> {
  const bytesBefore = window.fetchedBytes
  for (let count = 0; !machine.isStopped; count += 1) {
    if (count > maxOpcodes || window.fetchedBytes - bytesBefore > maxReadBytes) {
      throw new FormatError('it is too long to be looked through')
    }
    // An opcode with its longest fixed argument has 9 bytes.
    if (!window.has(9)) await window.fill(9)
    await runOpcode(machine, window)
  }
}

/**
 * PyTorch's legacy format (torch/serialization.py, `_legacy_load`): magic number, protocol, system, object,
 * storage keys.
 */
const legacyPickleCount = 5
const maxConsecutivePickles = 16

/**
 * Scans a file of consecutive pickles: PyTorch's legacy format is five of them and then raw numbers. Loaders
 * read on in any protocol, so everything behind a pickle's end is scanned. Only behind five pickles that
 * begin with PyTorch's magic number may bytes follow that are no pickle. Rejects only with the file system's
 * errors.
 */
export async function scanPickles(window: ByteWindow): Promise<PickleScan> {
  const scans: PickleScan[] = []
  do scans.push(await scanPickle(window))
  while (
    scans.at(-1)?.problem === null &&
    scans.length < maxConsecutivePickles &&
    (await hasNextPickle(window, scans.length))
  )
  const firstDict = scans.find(
    ({ value }) => value !== null && typeof value === 'object' && value.type === 'dict',
  )
  return {
    imports: mergeImports(scans),
    problem: findProblem(scans, window.remainingBytes),
    value: (scans.length >= legacyPickleCount ? scans[3]?.value : firstDict?.value) ?? null,
  }
}

/** Why a loader might run more than was scanned, or null. */
function findProblem(scans: readonly PickleScan[], remainingBytes: number): string | null {
  const malformed = scans.slice(0, legacyPickleCount).find(({ problem }) => problem !== null)
  if (malformed) return malformed.problem
  const magic = scans[0]?.value
  if (magic !== null && typeof magic === 'object' && magic.type === 'torch-magic') {
    return scans.length < legacyPickleCount ? 'it ends before it has named its tensors' : null
  }
  const isComplete = remainingBytes === 0 && scans.every(({ problem }) => problem === null)
  return isComplete ? null : 'bytes follow its end'
}

async function hasNextPickle(window: ByteWindow, count: number): Promise<boolean> {
  if (count < legacyPickleCount) return window.remainingBytes > 0
  const next = await startsWithPickle(window)
  return !next.ok || next.value
}

/**
 * Whether the window's next bytes begin a pickle of protocol 2 or later. Fails if the file was truncated
 * meanwhile.
 */
export function startsWithPickle(window: ByteWindow): Promise<ParseResult<boolean>> {
  return tryParseAsync(async () => {
    if (window.remainingBytes < 2) return false
    await window.ensure(2)
    return isPickleStart(window.peek(2))
  })
}

/** PROTO and its version, with which every pickle from protocol 2 on begins (pickletools.py). */
export function isPickleStart(bytes: Buffer): boolean {
  const protocol = bytes[1] ?? 0
  return bytes[0] === 0x80 && protocol >= 2 && protocol <= 5
}
