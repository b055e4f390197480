import process from 'node:process'
import { failure, remedyOf } from '../contract/failures.ts'
import type { Failure } from '../contract/failures.ts'
import type { ModelFormat } from '../contract/recognition.ts'
import { openWithStats } from '../platform/files/regular-file.ts'
import { isCloudPlaceholder } from './check-entry.ts'
import { extensionOf } from './file-names.ts'
import { isProgram } from './formats/archive.ts'
import { fileSource, withHead, type ByteSource } from './formats/byte-source.ts'
import { parseGguf } from './formats/gguf.ts'
import type { Header } from './formats/header.ts'
import { parseOnnx } from './formats/onnx.ts'
import { readSafetensorsHeader } from './formats/safetensors.ts'
import { detectSignature, hasZipEnd, isAllZeros, zipTailBytes, type Signature } from './formats/signature.ts'
import { detectKind } from './kinds/detect-kind.ts'
import { detectGgufKind } from './kinds/gguf-kind.ts'
import type { Kind } from './kinds/kind.ts'
import type { PickleImport } from './pickle/dangerous-imports.ts'
import { readAsLoaders } from './pickle/pytorch.ts'

/** What a file's bytes show, without its name and folder. */
export interface FileContent {
  readonly format: ModelFormat
  readonly header: Header | null
  readonly kind: Kind | null
  /** Why the file is refused, or null. */
  readonly failure: Failure | null
  /** Has the members that PyTorch writes, also if it holds objects or a program instead of tensors. */
  readonly isPytorchZip?: boolean
  /** Imports of a pickle, most dangerous first. */
  readonly imports?: readonly PickleImport[]
  /** Such as `Q4_K_M`, where the file has it. */
  readonly quantisation?: string | null
  /** The tool that wrote a graph. */
  readonly producer?: string | null
  /** Inputs of a graph. */
  readonly inputs?: readonly string[]
  /** Files that hold a graph's weights, by their path relative to it, with the minimum size of each. */
  readonly external?: ReadonlyMap<string, number>
}

/** Enough for most headers in one read: they are normally far below 500 KB. */
export const headBytes = 256 * 1024
/** Zeros up to here mean that the space was reserved and never filled. */
const zeroCheckBytes = 1024 * 1024

const formatByExtension: Readonly<Record<string, ModelFormat>> = {
  '.safetensors': 'safetensors',
  '.sft': 'safetensors',
  '.gguf': 'gguf',
  '.onnx': 'onnx',
  '.ckpt': 'pytorch',
  '.pt': 'pytorch',
  '.pt2': 'pytorch',
  '.pth': 'pytorch',
  '.pkl': 'pytorch',
  '.bin': 'pytorch',
  '.pickle': 'pytorch',
  '.p': 'pytorch',
  '.joblib': 'pytorch',
  '.dill': 'pytorch',
}

/** The format that a file name implies. */
export function formatByName(name: string): ModelFormat {
  return formatByExtension[extensionOf(name)] ?? 'other'
}

/** `numpy.load` reads arrays, zips of arrays, and anything else as a pickle (numpy/lib/_npyio_impl.py). */
const numpyExtensions = new Set(['.npy', '.npz'])

/** The format as which loaders read a file with this name. */
function loadedFormat(name: string): ModelFormat {
  return numpyExtensions.has(extensionOf(name)) ? 'pytorch' : formatByName(name)
}

/**
 * Reads and parses a file's header, and scans what each loader would run that accepts the file. Rejects only
 * with the file system's errors.
 */
export async function readContent(source: ByteSource, name: string): Promise<FileContent> {
  if (source.sizeBytes === 0) return refusedContent(formatByName(name), failure('file-empty'))
  const start = await source.read(0, headBytes)
  const rest = withHead(source, start)
  const content = await readFormat(rest, start, name)
  const isFinal = content.failure !== null && remedyOf(content.failure) !== 'allow'
  return isFinal ? content : addLoaders(content, rest, start, name)
}

/**
 * Reads the content of a file, or null if it is only in a cloud drive: reading would download it. Rejects only
 * with the file system's errors.
 */
export async function readLocalContent(
  path: string,
  name: string,
  platform: NodeJS.Platform = process.platform,
): Promise<FileContent | null> {
  const { handle, stats } = await openWithStats(path)
  await using file = handle
  if (isCloudPlaceholder(stats, platform)) return null
  // Awaited, because the file is closed when the function returns.
  return await readContent(fileSource(file, Number(stats.size)), name)
}

/** Reads the format that the bytes have, or that the name promises. Pickles are left to `addLoaders`. */
async function readFormat(source: ByteSource, start: Buffer, name: string): Promise<FileContent> {
  const fileBytes = source.sizeBytes
  const expected = formatByName(name)
  // Before the signatures: a safetensors file begins with its header's length, and one length in 2,048 has the
  // first bytes of a pickle. Without a valid header, the signature decides.
  const safetensors = await readSafetensors(source, start)
  if (safetensors.header) {
    return { ...safetensors, failure: misnamedFailure(name, 'safetensors') ?? safetensors.failure }
  }
  const signature = detectSignature(start, name, fileBytes)
  const replaced = await replacementFailure(signature, source)
  if (replaced) return refusedContent(expected, replaced)
  if (signature.type === 'zip' || signature.type === 'pickle') {
    return readContainer(source, name, signature.type)
  }
  if (signature.type === 'gguf') return readGguf(source, name)
  if (expected === 'gguf') return refusedContent(expected, damagedHeader('does not begin with GGUF'))
  if (expected === 'onnx') return readOnnx(source)
  if (expected === 'safetensors') return safetensors
  if (isProgram(start))
    return refusedContent(expected, failure('file-not-scanned', { problem: 'it is a program' }))
  return emptyContent(expected)
}

/** Refuses what some tools save in place of a model: an LFS pointer, a web page, or reserved space. */
async function replacementFailure(signature: Signature, source: ByteSource): Promise<Failure | null> {
  if (signature.type === 'lfs-pointer') return failure('file-pointer', { realBytes: signature.realBytes })
  if (signature.type === 'web-page') return failure('file-web-page')
  if (signature.type !== 'zeros') return null
  const start = await source.read(0, zeroCheckBytes)
  return isAllZeros(start) ? failure('file-hollow') : null
}

function refusedContent(format: ModelFormat, reason: Failure): FileContent {
  return { format, header: null, kind: null, failure: reason }
}

function emptyContent(format: ModelFormat): FileContent {
  return { format, header: null, kind: null, failure: null }
}

function damagedHeader(problem: string): Failure {
  return failure('file-damaged-header', { problem })
}

/** What a file's bytes may be, and the format that such bytes belong to. */
const formatByContent = {
  safetensors: 'safetensors',
  gguf: 'gguf',
  pickle: 'pytorch',
  zip: 'pytorch',
} as const

/**
 * Refuses a file whose name implies another format than its bytes have, because a loader may trust the name:
 * valid safetensors can also be a malicious pickle.
 */
function misnamedFailure(name: string, holds: keyof typeof formatByContent): Failure | null {
  const expected = loadedFormat(name)
  if (expected === 'other' || expected === formatByContent[holds]) return null
  return failure('file-misnamed', { extension: extensionOf(name), holds })
}

/** Checks the name and the end of a file that begins as a zip or pickle. */
async function readContainer(
  source: ByteSource,
  name: string,
  container: 'zip' | 'pickle',
): Promise<FileContent> {
  const isOther = formatByName(name) === 'other' && (container === 'zip' || loadedFormat(name) === 'pytorch')
  const format = isOther ? 'other' : 'pytorch'
  const misnamed = misnamedFailure(name, container)
  if (misnamed) return refusedContent(format, misnamed)
  const tailBytes = Math.min(zipTailBytes, source.sizeBytes)
  if (container === 'zip' && !hasZipEnd(await source.read(source.sizeBytes - tailBytes, tailBytes))) {
    return refusedContent(format, damagedHeader('zip archive without its end'))
  }
  return emptyContent(format)
}

/** Adds what loaders would run, whatever format the file has: valid GGUF or safetensors may also be a pickle. */
async function addLoaders(
  content: FileContent,
  source: ByteSource,
  start: Buffer,
  name: string,
): Promise<FileContent> {
  const isPickleExpected = content.format === 'pytorch' || loadedFormat(name) === 'pytorch'
  const loaded = await readAsLoaders(source, start, isPickleExpected)
  if (loaded === null) return content
  const header = content.header ?? loaded.header
  return {
    ...content,
    header,
    kind: content.kind ?? (header && detectKind(header)),
    failure: loaded.failure ?? content.failure,
    isPytorchZip: loaded.isZip,
    imports: loaded.imports,
  }
}

async function readOnnx(source: ByteSource): Promise<FileContent> {
  const result = await parseOnnx(source)
  if (!result.ok) return refusedContent('onnx', damagedHeader(result.problem))
  const header = result.value
  const { producer, inputs, external } = header
  const isOutside = [...external.keys()].some((path) => /(^|[\\/])\.\.([\\/]|$)|^([\\/]|[a-z]:)/i.test(path))
  const reason = isOutside ? damagedHeader('weights outside its own folder') : null
  return { format: 'onnx', header, kind: null, failure: reason, producer, inputs, external }
}

async function readGguf(source: ByteSource, name: string): Promise<FileContent> {
  const result = await parseGguf(source)
  if (!result.ok) return refusedContent('gguf', damagedHeader(result.problem))
  const header = result.value
  const missingBytes = header.minFileBytes - source.sizeBytes
  const tooShort = missingBytes > 0 ? failure('file-cut-short', { missingBytes }) : null
  return {
    format: 'gguf',
    header,
    kind: detectGgufKind(header),
    failure: misnamedFailure(name, 'gguf') ?? tooShort,
    quantisation: header.quantisation,
  }
}

async function readSafetensors(source: ByteSource, start: Buffer): Promise<FileContent> {
  const result = await readSafetensorsHeader(source, start)
  if (!result.ok) return refusedContent('safetensors', damagedHeader(result.problem))
  const header = result.value
  const sizeFailure = checkSize(header.fileBytes, source.sizeBytes)
  return { format: 'safetensors', header, kind: detectKind(header), failure: sizeFailure }
}

/** A safetensors file has exactly the size that its header implies. */
function checkSize(expectedBytes: number, fileBytes: number): Failure | null {
  if (fileBytes < expectedBytes) return failure('file-cut-short', { missingBytes: expectedBytes - fileBytes })
  if (fileBytes > expectedBytes) return failure('file-too-long', { extraBytes: fileBytes - expectedBytes })
  return null
}
