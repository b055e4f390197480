import type { FileHandle } from 'node:fs/promises'
import { failure } from '../contract/failures.ts'
import type { Failure } from '../contract/failures.ts'
import type { ModelFormat } from '../contract/recognition.ts'
import { extensionOf } from './file-names.ts'
import { readAt } from './formats/read-at.ts'
import { longestGgufHeader, parseGguf } from './formats/gguf.ts'
import type { Header } from './formats/header.ts'
import type { Kind } from './kinds/kind-result.ts'
import { kindOfGguf } from './kinds/gguf.ts'
import { kindOf } from './kinds/kind.ts'
import { fileSource } from './formats/file-source.ts'
import type { PickleImport } from './pickle/imports.ts'
import { parseOnnx } from './formats/onnx.ts'
import { readPickleFile, readPytorchZip } from './pickle/pytorch.ts'
import { hasZipEnd, isZero, looksLike, zipTailBytes } from './formats/signature.ts'
import { headerLength, lengthBytes, parseSafetensors } from './formats/safetensors.ts'

/** What a file's bytes say. */
export interface Content {
  readonly format: ModelFormat
  readonly header: Header | null
  readonly kind: Kind | null
  /** Why it is refused, or null. */
  readonly failure: Failure | null
  /** What a pickle would import, worst first. */
  readonly imports?: readonly PickleImport[]
  /** Such as `Q4_K_M`, where the file says so. */
  readonly quantisation?: string | null
  /** The tool that wrote a graph, and what goes into it. */
  readonly producer?: string | null
  readonly inputs?: readonly string[]
  /** Files that hold its weights, by their names beside it, with the size that each must have at least. */
  readonly external?: ReadonlyMap<string, number>
}

/** Enough for most headers in one read: they are normally below 500 KB, most of them far below. */
const firstBytes = 256 * 1024
/** Zeros up to here mean that the space was reserved and never filled. */
const hollowBytes = 1024 * 1024

const formats: Readonly<Record<string, ModelFormat>> = {
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
}

/** The format that a name promises. */
export function formatOfName(name: string): ModelFormat {
  return formats[extensionOf(name)] ?? 'other'
}

/** Looks into an open file. Reads little; throws only what the disk does. */
export async function readContent(file: FileHandle, name: string, fileBytes: number): Promise<Content> {
  const promised = formatOfName(name)
  const refused = (reason: Failure): Content => ({
    format: promised,
    header: null,
    kind: null,
    failure: reason,
  })
  if (fileBytes === 0) return refused(failure('file-empty'))
  const start = await readAt(file, 0, Math.min(firstBytes, fileBytes))
  const look = looksLike(start, name, fileBytes)
  if (look.is === 'lfs-pointer') return refused(failure('file-pointer', { realBytes: look.realBytes }))
  if (look.is === 'web-page') return refused(failure('file-web-page'))
  if (look.is === 'zeros' && isZero(await readAt(file, 0, Math.min(hollowBytes, fileBytes)))) {
    return refused(failure('file-hollow'))
  }
  if (look.is === 'zip' || look.is === 'pickle') return pytorch(file, name, fileBytes, look.is)
  if (look.is === 'gguf') return gguf(file, name, fileBytes, start)
  if (promised === 'gguf') return refused(damaged('does not begin with GGUF'))
  if (promised === 'onnx') return onnx(file, fileBytes)
  const read = await safetensors(file, fileBytes, start)
  if (read.header) return { ...read, failure: misnamed(name, 'safetensors') ?? read.failure }
  if (promised === 'safetensors') return read
  // Nothing else is read from a file of such a name than a pickle, of whatever age.
  if (promised === 'pytorch') return pytorch(file, name, fileBytes, 'pickle')
  return { format: promised, header: null, kind: null, failure: null }
}

/** What a file's bytes may be, whatever its name says, and the format that reads such bytes. */
const formatOfBytes = { safetensors: 'safetensors', gguf: 'gguf', pickle: 'pytorch', zip: 'pytorch' } as const

/**
 * A file under a name that its reader would trust: it would be read as what it isn't. One that is safetensors and at the same time
 * a pickle to whoever goes by its name would pass as harmless otherwise.
 */
function misnamed(name: string, holds: keyof typeof formatOfBytes): Failure | null {
  const promised = formatOfName(name)
  if (promised === 'other' || promised === formatOfBytes[holds]) return null
  // `.bin` promises little: readers of GGUF go by its first bytes, and those are neither a pickle nor an archive to anybody.
  if (extensionOf(name) === '.bin' && holds === 'gguf') return null
  return failure('file-misnamed', { extension: extensionOf(name), holds })
}

function damaged(problem: string): Failure {
  return failure('file-damaged-header', { problem })
}

/** Never loaded: what it would do is read off its instructions. */
async function pytorch(
  file: FileHandle,
  name: string,
  fileBytes: number,
  is: 'zip' | 'pickle',
): Promise<Content> {
  const format = formatOfName(name) === 'other' && is === 'zip' ? 'other' : 'pytorch'
  const wrong = misnamed(name, is)
  if (wrong) return { format, header: null, kind: null, failure: wrong }
  const source = fileSource(file, fileBytes)
  const tailBytes = Math.min(zipTailBytes, fileBytes)
  if (is === 'zip' && !hasZipEnd(await readAt(file, fileBytes - tailBytes, tailBytes))) {
    return { format, header: null, kind: null, failure: damaged('zip archive without its end') }
  }
  const read = is === 'zip' ? await readPytorchZip(source) : await readPickleFile(source)
  const { header, imports, failure: reason } = read
  return { format, header, kind: header && kindOf(header), failure: reason, imports }
}

async function onnx(file: FileHandle, fileBytes: number): Promise<Content> {
  const read = await parseOnnx(fileSource(file, fileBytes))
  const none = { format: 'onnx', header: null, kind: null } as const
  if (!read.ok) return { ...none, failure: damaged(read.problem) }
  const { producer, inputs, external } = read.value
  const outside = [...external.keys()].find((name) => /(^|[\\/])\.\.([\\/]|$)|^([\\/]|[a-z]:)/i.test(name))
  const reason = outside === undefined ? null : damaged('weights outside its own folder')
  return { ...none, header: read.value, failure: reason, producer, inputs, external }
}

async function gguf(file: FileHandle, name: string, fileBytes: number, start: Buffer): Promise<Content> {
  let bytes = start
  let read = parseGguf(bytes, fileBytes)
  while (read === 'needs-more') {
    if (bytes.length >= longestGgufHeader) {
      return { format: 'gguf', header: null, kind: null, failure: damaged('header over 100,000,000 bytes') }
    }
    bytes = await readAt(file, 0, Math.min(bytes.length * 4, longestGgufHeader, fileBytes))
    read = parseGguf(bytes, fileBytes)
  }
  if (!read.ok) return { format: 'gguf', header: null, kind: null, failure: damaged(read.problem) }
  const header = read.value
  const missingBytes = header.leastBytes - fileBytes
  const short = missingBytes > 0 ? failure('file-cut-short', { missingBytes }) : null
  const { quantisation } = header
  const reason = misnamed(name, 'gguf') ?? short
  return { format: 'gguf', header, kind: kindOfGguf(header), failure: reason, quantisation }
}

async function safetensors(file: FileHandle, fileBytes: number, start: Buffer): Promise<Content> {
  const refused = (reason: Failure): Content => ({
    format: 'safetensors',
    header: null,
    kind: null,
    failure: reason,
  })
  const length = headerLength(start, fileBytes)
  if (!length.ok) return refused(damaged(length.problem))
  const end = lengthBytes + length.value
  const bytes =
    end <= start.length ? start.subarray(lengthBytes, end) : await readAt(file, lengthBytes, length.value)
  const read = parseSafetensors(bytes)
  if (!read.ok) return refused(damaged(read.problem))
  const header = read.value
  return {
    format: 'safetensors',
    header,
    kind: kindOf(header),
    failure: lengthFailure(end + header.dataBytes, fileBytes),
  }
}

/** A safetensors file has exactly the bytes that its header counts. */
function lengthFailure(expectedBytes: number, fileBytes: number): Failure | null {
  if (fileBytes < expectedBytes) return failure('file-cut-short', { missingBytes: expectedBytes - fileBytes })
  return fileBytes > expectedBytes
    ? failure('file-too-long', { extraBytes: fileBytes - expectedBytes })
    : null
}
