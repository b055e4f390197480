import { posix } from 'node:path'
import { failure } from '../../contract/failures.ts'
import type { Failure } from '../../contract/failures.ts'
import type { ByteSource } from '../formats/byte-source.ts'
import { ByteWindow } from '../formats/byte-window.ts'
import type { Header } from '../formats/header.ts'
import { isNpyStart, npyMagicBytes, readNpyHeader } from '../formats/npy.ts'
import { malformed, type ParseResult } from '../formats/parse-result.ts'
import { openMember, readZipMembers, type ZipMember } from '../formats/zip.ts'
import { mergeImports, type PickleImport } from './imports.ts'
import { createScanBudget, scanPickles, scanUnnamed, type PickleScan, type ScanBudget } from './scan.ts'
import { isTorchScriptCode, scanTorchScript } from './torchscript.ts'
import { collectTensors, type PickleValue } from './values.ts'

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
async function scanArray(window: ByteWindow, budget?: ScanBudget): Promise<PickleScan> {
  const elements = await readNpyHeader(window)
  if (!elements.ok) return { imports: [], problem: elements.problem, value: null }
  if (elements.value === null) return scanPickles(window, budget)
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
    value: scans.find(({ value }) => isModel(value))?.value ?? null,
  }
  return toPytorchContent(scan, members.ok && hasPytorchLayout(members.value))
}

function isModel(value: PickleValue): boolean {
  return value !== null && typeof value === 'object' && (value.type === 'dict' || value.type === 'tensor')
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
  const budget = createScanBudget()
  for (const member of members) {
    const result = await scanMember(source, member, budget)
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

const pickleName = /\.(pkl|pickle|p|pt|pth|bin|ckpt|joblib|dill)$/i

interface MemberScan {
  /** Null for a member that is no pickle, neither by its name nor by its bytes. */
  readonly scan: PickleScan | null
  readonly unpackedBytes: number
}

/** Most tensors fail as a pickle within their first bytes, and a model has thousands. */
const firstMemberBytes = 256
/** The code of a large model has a few megabytes. */
const maxCodeBytes = 64 * 1024 * 1024

async function scanMember(
  source: ByteSource,
  member: ZipMember,
  budget: ScanBudget,
): Promise<ParseResult<MemberScan>> {
  if (member.name.endsWith('/')) return { ok: true, value: { scan: null, unpackedBytes: 0 } }
  const opened = await openMember(source, member)
  if (!opened.ok) return opened
  const { source: bytes, start, end } = opened.value
  const unpackedBytes = member.isDeflated ? end - start : 0
  if (isTorchScriptCode(member.name)) {
    if (end - start > maxCodeBytes) return malformed('the code of a class is too long to be looked through')
    const imports = scanTorchScript((await bytes.read(start, end - start)).toString('utf8'))
    return { ok: true, value: { scan: { imports, problem: null, value: null }, unpackedBytes } }
  }
  const window = new ByteWindow(bytes, start, end, firstMemberBytes)
  await window.fill(npyMagicBytes)
  const isArray = window.has(npyMagicBytes) && isNpyStart(window.peek(npyMagicBytes))
  const scanNamed = isArray ? scanArray : scanPickles
  const scan = isArray || pickleName.test(member.name) ? scanNamed : scanUnnamed
  return { ok: true, value: { scan: await scan(window, budget), unpackedBytes } }
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
