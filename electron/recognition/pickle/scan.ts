import type { ByteWindow } from '../formats/byte-window.ts'
import { HeaderDamage } from '../formats/header.ts'
import { importsOfAll, type PickleImport } from './imports.ts'
import { PickleMachine } from './machine.ts'
import { runOpcode } from './opcodes.ts'
import type { PickleValue } from './values.ts'

/** What was found without loading anything. */
export interface PickleScan {
  readonly imports: readonly PickleImport[]
  /** Why the scan ended before the pickle did, or null. What it had found by then is in `imports`. */
  readonly problem: string | null
  /** What the pickle would give, as far as it is names and shapes. */
  readonly value: PickleValue
}

/** A large model's description has some 200,000 opcodes. Beyond this nobody describes tensors any more. */
const mostOpcodes = 4_000_000
/** Bytes of names and numbers; payloads are skipped and don't count. */
const mostBytes = 128 * 1024 * 1024

/**
 * Walks through one pickle without loading it, from where the window stands to just behind its end. Never runs anything and
 * never throws what a file can cause; time and memory are bounded by the file's own size and by the limits above.
 */
export async function scanPickle(window: ByteWindow): Promise<PickleScan> {
  const machine = new PickleMachine()
  const begunBytes = window.fetchedBytes
  let problem: string | null = null
  try {
    for (let count = 0; !machine.stopped; count += 1) {
      if (count > mostOpcodes || window.fetchedBytes - begunBytes > mostBytes) {
        throw new HeaderDamage('it is too long to be looked through')
      }
      // The longest fixed argument has 8 bytes.
      if (!window.has(9)) await window.top(9)
      await runOpcode(machine, window)
    }
  } catch (error) {
    if (!(error instanceof HeaderDamage)) throw error
    problem = error.message
  }
  const imports = [...machine.imports].map(([name, level]) => ({ name, level }))
  return { imports, problem, value: problem === null ? (machine.stack.at(-1) ?? null) : null }
}

/** PyTorch's old form (torch/serialization.py, `_legacy_load`): magic number, protocol, system, object, keys of the storages. */
const oldTorchPickles = 5
const mostInARow = 16

/**
 * Scans a pickle that is a file of its own: PyTorch's old form is five of them one after the other, then bare numbers. Whoever
 * loads it reads them in whatever protocol they are written, so what follows an end is scanned whatever its bytes are; only
 * behind five that begin with PyTorch's magic number may something stand that is no pickle.
 */
export async function scanPickles(window: ByteWindow): Promise<PickleScan> {
  const scans: PickleScan[] = []
  do scans.push(await scanPickle(window))
  while (scans.at(-1)?.problem === null && scans.length < mostInARow && (await goesOn(window, scans.length)))
  const largest = scans.find(
    ({ value }) => value !== null && typeof value === 'object' && value.is === 'dict',
  )
  return {
    imports: importsOfAll(scans),
    problem: problemOf(scans, window.leftBytes),
    value: (scans.length >= oldTorchPickles ? scans[3]?.value : largest?.value) ?? null,
  }
}

/** Why what was scanned may not be all that a loader would run, or null. */
function problemOf(scans: readonly PickleScan[], leftBytes: number): string | null {
  const broken = scans.slice(0, oldTorchPickles).find(({ problem }) => problem !== null)
  if (broken) return broken.problem
  const magic = scans[0]?.value
  if (magic !== null && typeof magic === 'object' && magic.is === 'torch-magic') {
    return scans.length < oldTorchPickles ? 'it ends before it has named its tensors' : null
  }
  const isWhole = leftBytes === 0 && scans.every(({ problem }) => problem === null)
  return isWhole ? null : 'bytes follow its end'
}

async function goesOn(window: ByteWindow, count: number): Promise<boolean> {
  if (count < oldTorchPickles) return window.leftBytes > 0
  if (window.leftBytes < 2) return false
  await window.ensure(2)
  return isPickleStart(window.peek(2))
}

/** PROTO and its version, with which everything from protocol 2 on begins (pickletools.py). */
export function isPickleStart(bytes: Buffer): boolean {
  const protocol = bytes[1] ?? 0
  return bytes[0] === 0x80 && protocol >= 2 && protocol <= 5
}
