import { posix } from 'node:path'
import { failure } from '../../contract/failures.ts'
import type { Failure } from '../../contract/failures.ts'
import type { ByteSource } from '../formats/byte-source.ts'
import { ByteWindow } from '../formats/byte-window.ts'
import type { Header } from '../formats/header.ts'
import { isNpyStart, npyMagicBytes, readNpyHeader } from '../formats/npy.ts'
import { malformed, type ParseResult } from '../formats/parse-result.ts'
import { findMemberStart, openMember, readZipMembers, type ZipMember } from '../formats/zip.ts'
import { mergeImports, type PickleImport } from './imports.ts'
import { isPickleStart, scanPickle, scanPickles, startsWithPickle, type PickleScan } from './scan.ts'
import { collectTensors } from './values.ts'

/** Imports and tensors of a PyTorch file, found without loading it. */
export interface PytorchContent {
  readonly header: Header | null
  /** A zip with the members that PyTorch writes. */
  readonly isZip: boolean
  readonly imports: readonly PickleImport[]
  /** Why it isn't sent without confirmation, or null. */
  readonly failure: Failure | null
}

/** Reads a file that is a bare pickle, PyTorch's format before 1.6, or an array of numpy. */
export async function readPickleFile(source: ByteSource): Promise<PytorchContent> {
  const isArray = isNpyStart(await source.read(0, npyMagicBytes))
  const window = new ByteWindow(source)
  return toPytorchContent(await (isArray ? scanArray(window) : scanPickles(window)), false)
}

/** Scans an array of numpy. Only an array of Python objects has a pickle, in place of its elements. */
async function scanArray(window: ByteWindow): Promise<PickleScan> {
  const elements = await readNpyHeader(window)
  if (!elements.ok) return { imports: [], problem: elements.problem, value: null }
  if (elements.value === null) return scanPickles(window)
  const extraBytes = window.remainingBytes - elements.value
  const misfit = extraBytes > 0 ? 'bytes follow its end' : 'it ends in the middle'
  return { imports: [], problem: extraBytes === 0 ? null : misfit, value: null }
}

/**
 * Reads PyTorch's format since 1.6: a zip with a pickle that describes the tensors, and one member for each
 * tensor.
 */
export async function readPytorchZip(
  source: ByteSource,
  maxTotalUnpackedBytes = defaultMaxUnpackedBytes,
): Promise<PytorchContent> {
  const scans: PickleScan[] = []
  const members = await readZipMembers(source)
  const result = members.ok ? await scanMembers(source, members.value, scans, maxTotalUnpackedBytes) : members
  if (!result.ok) scans.push({ imports: [], problem: result.problem, value: null })
  const scan = {
    imports: mergeImports(scans),
    problem: scans.find(({ problem }) => problem !== null)?.problem ?? null,
    value: scans.find(({ value }) => value !== null && typeof value === 'object')?.value ?? null,
  }
  return toPytorchContent(scan, members.ok && hasPytorchLayout(members.value))
}

/** Whether one folder of a zip has the two members that PyTorch always writes. */
function hasPytorchLayout(members: readonly ZipMember[]): boolean {
  const names = new Set(members.map(({ name }) => name))
  return [...names].some(
    (name) => /^[^/]+\/data\.pkl$/.test(name) && names.has(`${posix.dirname(name)}/version`),
  )
}

/**
 * Each member may unpack to a thousand times its size, so many together would take an hour. PyTorch
 * compresses no tensors: a compressed member is a description or something small.
 */
const defaultMaxUnpackedBytes = 1024 ** 3

/** Adds the scan of every pickle in a zip to `scans`, up to the first malformed member. */
async function scanMembers(
  source: ByteSource,
  members: readonly ZipMember[],
  scans: PickleScan[],
  maxTotalUnpackedBytes: number,
): Promise<ParseResult<null>> {
  let totalUnpackedBytes = 0
  for (const member of members) {
    const result = await scanMember(source, member)
    if (!result.ok) return result
    const { scan, unpackedBytes } = result.value
    if (scan) scans.push(scan)
    totalUnpackedBytes += unpackedBytes
    if (totalUnpackedBytes > maxTotalUnpackedBytes) {
      return malformed('its members unpack to more than can be held')
    }
  }
  return { ok: true, value: null }
}

const pickleName = /\.(pkl|pickle|p|pt|pth|bin|ckpt|joblib)$/i

interface MemberScan {
  /** Null for a member that is no pickle, neither by its name nor by its first bytes. */
  readonly scan: PickleScan | null
  readonly unpackedBytes: number
}

const notScanned: ParseResult<MemberScan> = { ok: true, value: { scan: null, unpackedBytes: 0 } }

async function scanMember(source: ByteSource, member: ZipMember): Promise<ParseResult<MemberScan>> {
  if (member.name.endsWith('/')) return notScanned
  const isNamedAsPickle = pickleName.test(member.name)
  if (!isNamedAsPickle && !member.isDeflated) {
    const start = await findMemberStart(source, member)
    if (!start.ok) return start
    const firstBytes = await source.read(start.value, Math.min(npyMagicBytes, member.packedBytes))
    if (!isPickleStart(firstBytes) && !isNpyStart(firstBytes)) return notScanned
  }
  const opened = await openMember(source, member)
  if (!opened.ok) return opened
  const { source: bytes, start, end } = opened.value
  const window = new ByteWindow(bytes, start, end)
  const unpackedBytes = member.isDeflated ? end - start : 0
  if (isNpyStart(await bytes.read(start, Math.min(npyMagicBytes, end - start)))) {
    return { ok: true, value: { scan: await scanArray(window), unpackedBytes } }
  }
  if (isNamedAsPickle) return { ok: true, value: { scan: await scanPickles(window), unpackedBytes } }
  const isPickle = await startsWithPickle(window)
  if (!isPickle.ok) return isPickle
  return { ok: true, value: { scan: isPickle.value ? await scanUnnamed(window) : null, unpackedBytes } }
}

/** Scans a member that begins like a pickle but isn't named as one. Null when it is none. */
async function scanUnnamed(window: ByteWindow): Promise<PickleScan | null> {
  const scan = await scanPickle(window)
  // One of 16,000 tensors begins like a pickle by chance; such a scan fails without imports.
  return scan.problem !== null && scan.imports.length === 0 ? null : scan
}

/** Imports that the failure's sentence lists; the details show all. */
const maxNamedImports = 4

function toPytorchContent({ imports, problem, value }: PickleScan, isZip: boolean): PytorchContent {
  const order = ['dangerous', 'suspicious', 'innocuous'] as const
  const sorted = imports.toSorted((one, other) => order.indexOf(one.level) - order.indexOf(other.level))
  const tensors = collectTensors(value)
  const header = tensors.size > 0 ? { tensors, metadata: new Map<string, string>() } : null
  return { header, isZip, imports: sorted, failure: failureOfScan(sorted, problem) }
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
