import { posix } from 'node:path'
import { withHead, type ByteSource } from '../formats/byte-source.ts'
import { detectArchive, isProgram } from '../formats/archive.ts'
import { ByteWindow } from '../formats/byte-window.ts'
import { isNpyStart } from '../formats/npy.ts'
import { isZipStart } from '../formats/signature.ts'
import { isTarStart, tarBlockBytes } from '../formats/tar.ts'
import { maxMemberBytes, openMember, readZipMembers, type ZipMember } from '../formats/zip.ts'
import { scanArray } from './array.ts'
import { mergeImports, type PickleImport } from './dangerous-imports.ts'
import { createScanBudget, scanPickles, scanUnnamed, type PickleScan, type ScanBudget } from './scan.ts'
import { isOldTorchScript, isTorchScriptCode, scanTorchScript } from './torchscript.ts'
import type { PickleValue } from './values.ts'

/** What all members of a zip hold together. */
export interface ZipScan extends PickleScan {
  /** Has the members that PyTorch writes. */
  readonly isPytorch: boolean
}

/** What may still be read in a zip and all zips inside it together. */
interface Limits {
  unpackedBytesLeft: number
  membersLeft: number
  readonly scan: ScanBudget
}

/**
 * Each member may unpack to a thousand times its size, so many together would take an hour. PyTorch
 * compresses no tensors: a compressed member is a description or something small.
 */
const defaultLimits = { unpackedBytesLeft: 1024 ** 3, membersLeft: 100_000 }
/** Zips inside zips: `torch.export` writes one level. */
const maxDepth = 3

/**
 * Scans every member of a zip, whatever its name: PyTorch, NumPy and the tools that unpack archives open
 * different ones. The value is that of the pickle that `torch.load` opens.
 */
export async function scanZip(
  source: ByteSource,
  limits = defaultLimits,
  scan: ScanBudget = createScanBudget(),
): Promise<ZipScan> {
  return scanWithin(source, { ...limits, scan }, 0)
}

async function scanWithin(source: ByteSource, limits: Limits, depth: number): Promise<ZipScan> {
  const directory = await readZipMembers(source)
  if (!directory.ok) return { ...problemScan(directory.problem), isPytorch: false }
  const { members, problem } = directory.value
  const scans: MemberScan[] = []
  const memberProblem = await scanMembers(source, members, scans, { limits, depth })
  const main = mainPickle(members)
  const shown = main === null ? scans : scans.filter(({ name }) => name === main)
  return {
    imports: mergeImports(scans),
    problem: problem ?? memberProblem ?? scans.find((scan) => scan.problem !== null)?.problem ?? null,
    value: shown.find(({ value }) => isModel(value))?.value ?? null,
    isPytorch: hasPytorchLayout(members),
  }
}

function isModel(value: PickleValue): boolean {
  return value !== null && typeof value === 'object' && (value.type === 'dict' || value.type === 'tensor')
}

interface MemberScan extends PickleScan {
  readonly name: string
}

function importScan(imports: readonly PickleImport[]): PickleScan {
  return { imports, problem: null, value: null }
}

function problemScan(problem: string): PickleScan {
  return { imports: [], problem, value: null }
}

/** The folder of the first member is the one that PyTorch reads (inline_container.cc, `init`). */
function mainPickle(members: readonly ZipMember[]): string | null {
  const name = `${members[0]?.name.split('/')[0] ?? ''}/data.pkl`
  return members.find((member) => member.name.toLowerCase() === name.toLowerCase())?.name ?? null
}

/**
 * Whether one folder of a zip has the two members that PyTorch always writes, or the one that `torch.export`
 * writes (torch/export/pt2_archive/constants.py, ARCHIVE_FORMAT_PATH).
 */
function hasPytorchLayout(members: readonly ZipMember[]): boolean {
  const names = new Set(members.map(({ name }) => name))
  return [...names].some(
    (name) =>
      /^[^/]+\/archive_format$/.test(name) ||
      (/^[^/]+\/data\.pkl$/.test(name) && names.has(`${posix.dirname(name)}/version`)),
  )
}

/**
 * Whether `torch.load` passes an archive on to `torch.jit.load` (torch/serialization.py,
 * `_is_torchscript_zip`). A package, which `torch.package` imports as Python code, may have folders of any
 * name.
 */
function holdsTorchScript(members: readonly ZipMember[]): boolean {
  const folder = members[0]?.name.split('/')[0] ?? ''
  const names = new Set(members.map(({ name }) => name))
  return names.has(`${folder}/constants.pkl`) && !names.has(`${folder}/.data/extern_modules`)
}

/** Adds the scan of each member to `scans`. Returns the first problem of a member that can't be opened. */
async function scanMembers(
  source: ByteSource,
  members: readonly ZipMember[],
  scans: MemberScan[],
  { limits, depth }: { readonly limits: Limits; readonly depth: number },
): Promise<string | null> {
  const isTorchScript = holdsTorchScript(members)
  const scanNested = (zip: ByteSource) => scanInner(zip, limits, depth)
  let firstProblem: string | null = null
  for (const member of members) {
    limits.membersLeft -= 1
    if (limits.membersLeft < 0) return firstProblem ?? 'too many members'
    const opened = await openMember(source, member)
    if (!opened.ok) {
      firstProblem ??= opened.problem
      // Unpacking it may have taken as long as the largest member takes.
      if (member.isDeflated) limits.unpackedBytesLeft -= maxMemberBytes
      continue
    }
    const content = opened.value
    if (member.isDeflated) limits.unpackedBytesLeft -= content.sizeBytes
    if (limits.unpackedBytesLeft < 0) return firstProblem ?? 'its members unpack to more than can be held'
    const scan = await scanMember(content, member.name, { budget: limits.scan, scanNested, isTorchScript })
    if (scan) scans.push({ ...scan, name: member.name })
  }
  return firstProblem
}

async function scanInner(zip: ByteSource, limits: Limits, depth: number): Promise<PickleScan> {
  return depth < maxDepth ? scanWithin(zip, limits, depth + 1) : problemScan('zips inside zips too deeply')
}

const pickleName = /\.(pkl|pickle|p|pt|pth|bin|ckpt|joblib|dill)$/i
/**
 * Members that are read as numbers only: tensors of PyTorch's archives and packages, constants, and the
 * weights of `torch.export` (torch/export/pt2_archive).
 */
const numbersName = /\/(?:data|constants|traced_inputs)\/\d+$|\.storage$|\/(?:weight|tensor)_\d+$/
/** Native code, and sources that AOTInductor compiles on loading (aoti_package/model_package_loader.cpp). */
const nativeName = /\.(so(\.\d+)*|dll|dylib|pyd|exe|o|a|c|cc|cpp|cxx|cu|sh|bat|cmd|ps1)$/i
const pythonName = /\.(py|pyc|pyw)$/i

interface MemberContext {
  readonly budget: ScanBudget
  readonly scanNested: (zip: ByteSource) => Promise<PickleScan>
  readonly isTorchScript: boolean
}

/** Null for a member that no loader runs. */
async function scanMember(
  source: ByteSource,
  name: string,
  { budget, scanNested, isTorchScript }: MemberContext,
): Promise<PickleScan | null> {
  if (source.sizeBytes === 0) return null
  // Most tensors fail as a pickle within these bytes, and a model has thousands.
  const head = await source.read(0, Math.min(tarBlockBytes, source.sizeBytes))
  const isScript = isTorchScript && isTorchScriptCode(name)
  const code = isScript ? null : codeLevel(name, head)
  if (code !== null) return importScan([{ name: shorten(name), level: code }])
  if (isZipStart(head)) return scanNested(source)
  if (isNpyStart(head)) return scanArray(new ByteWindow(source), budget)
  if (isScript) return scanCode(source)
  if (isOldTorchScript(name))
    return problemScan('it may be TorchScript’s first format, which isn’t looked into')
  if (pickleName.test(name)) return scanPickles(new ByteWindow(source), budget)
  const archive = isTarStart(head) ? 'tar' : detectArchive(head)
  // Numbers may begin like an archive by chance.
  if (archive !== null && !numbersName.test(name)) {
    return problemScan(`a member is a ${archive} archive, which isn’t looked into`)
  }
  const rest = withHead(source, head)
  return scanUnnamed(new ByteWindow(rest, 0, source.sizeBytes, head.length), budget)
}

/** The code of a large model has a few megabytes. */
const maxCodeBytes = 64 * 1024 * 1024

async function scanCode(source: ByteSource): Promise<PickleScan> {
  if (source.sizeBytes > maxCodeBytes)
    return problemScan('the code of a class is too long to be looked through')
  return importScan(scanTorchScript((await source.read(0, source.sizeBytes)).toString('utf8')))
}

/** How dangerous it is that a member is code, or null if it is none. */
function codeLevel(name: string, head: Buffer): PickleImport['level'] | null {
  if (nativeName.test(name) || isProgram(head)) return 'dangerous'
  return pythonName.test(name) ? 'suspicious' : null
}

const maxNameLength = 100

function shorten(name: string): string {
  return name.length > maxNameLength ? `…${name.slice(1 - maxNameLength)}` : name
}
