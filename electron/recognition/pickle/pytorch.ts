import { failure } from '../../contract/failures.ts'
import type { Failure } from '../../contract/failures.ts'
import { ByteWindow, type ByteSource } from '../formats/byte-window.ts'
import { HeaderDamage, type Header } from '../formats/header.ts'
import { importsOfAll, type PickleImport } from './imports.ts'
import { isPickleStart, scanPickle, scanPickles, type PickleScan } from './scan.ts'
import { tensorsOf } from './values.ts'
import { memberBytes, memberStart, zipMembers, type ZipMember } from '../formats/zip.ts'

/** What a PyTorch file would do and hold, found without loading it. */
export interface PytorchContent {
  readonly header: Header | null
  readonly imports: readonly PickleImport[]
  /** Why it isn't sent unasked, or null. */
  readonly failure: Failure | null
}

/** A pickle that is a file of its own: PyTorch's form before 1.6, or anything else in Python. */
export async function readPickleFile(source: ByteSource): Promise<PytorchContent> {
  return concluded(await scanPickles(new ByteWindow(source)))
}

/** PyTorch's form since 1.6: a zip with a pickle that describes the tensors, and a member for each of them. */
export async function readPytorchZip(
  source: ByteSource,
  mostUnpacked = mostUnpackedBytes,
): Promise<PytorchContent> {
  const scans: PickleScan[] = []
  try {
    let unpackedBytes = 0
    for (const member of await zipMembers(source)) {
      const { scan, unpackedBytes: more } = await scanMember(source, member)
      if (scan) scans.push(scan)
      unpackedBytes += more
      if (unpackedBytes > mostUnpacked) throw new HeaderDamage('its members unpack to more than can be held')
    }
  } catch (error) {
    if (!(error instanceof HeaderDamage)) throw error
    scans.push({ imports: [], problem: error.message, value: null })
  }
  return concluded({
    imports: importsOfAll(scans),
    problem: scans.find(({ problem }) => problem !== null)?.problem ?? null,
    value: scans.find(({ value }) => value !== null && typeof value === 'object')?.value ?? null,
  })
}

/**
 * Each member may unpack to a thousand times its size: many of them together would keep a core busy for an hour. PyTorch packs
 * none, so what is packed is a description or something small.
 */
const mostUnpackedBytes = 1024 ** 3

const pickleName = /\.(pkl|pickle|p|pt|pth|bin|ckpt|joblib)$/i

/** What a member holds, and how much had to be unpacked for that. */
interface MemberScan {
  /** Null for a member that is no pickle by its name, and none that can be read as one by its first bytes. */
  readonly scan: PickleScan | null
  readonly unpackedBytes: number
}

async function scanMember(source: ByteSource, member: ZipMember): Promise<MemberScan> {
  if (member.name.endsWith('/')) return { scan: null, unpackedBytes: 0 }
  const named = pickleName.test(member.name)
  if (!named && !member.isDeflated) {
    const start = await memberStart(source, member)
    if (!isPickleStart(await source.read(start, Math.min(2, member.packedBytes)))) {
      return { scan: null, unpackedBytes: 0 }
    }
  }
  const { source: bytes, start, end } = await memberBytes(source, member)
  const scan = await scanWindow(new ByteWindow(bytes, start, end), named)
  return { scan, unpackedBytes: member.isDeflated ? end - start : 0 }
}

async function scanWindow(window: ByteWindow, named: boolean): Promise<PickleScan | null> {
  if (named) return scanPickles(window)
  if (window.leftBytes < 2) return null
  await window.ensure(2)
  if (!isPickleStart(window.peek(2))) return null
  const scan = await scanPickle(window)
  // One number in 16,000 begins like a pickle: what can't be read as one to its end and imports nothing is numbers.
  return scan.problem !== null && scan.imports.length === 0 ? null : scan
}

/** Imports that are named in a sentence; the details show all. */
const mostNamed = 4

function concluded({ imports, problem, value }: PickleScan): PytorchContent {
  const order = ['dangerous', 'suspicious', 'innocuous'] as const
  const sorted = imports.toSorted((one, other) => order.indexOf(one.level) - order.indexOf(other.level))
  const tensors = tensorsOf(value)
  const header = tensors.size > 0 ? { tensors, metadata: new Map<string, string>() } : null
  return { header, imports: sorted, failure: verdictOf(sorted, problem) }
}

/** A scan that failed counts as a find: what can't be read here may still be loaded elsewhere. */
function verdictOf(imports: readonly PickleImport[], problem: string | null): Failure | null {
  const named = (level: string) => {
    const names = imports.filter((one) => one.level === level).map(({ name }) => name)
    const more = names.length > mostNamed ? ', …' : ''
    return names.slice(0, mostNamed).join(', ') + more
  }
  const dangerous = named('dangerous')
  if (dangerous !== '') return failure('file-dangerous', { imports: dangerous })
  if (problem !== null) return failure('file-not-scanned', { problem })
  const suspicious = named('suspicious')
  return suspicious === '' ? null : failure('file-suspicious', { imports: suspicious })
}
