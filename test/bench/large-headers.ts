import { spawnSync } from 'node:child_process'
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { median } from './samples.ts'

// Inspects a safetensors file with a header of 94 MB and a GGUF file with 1.5 million tensors, each in a
// process of its own, and prints the time and the peak memory (RSS) next to those of a process that only
// parses the same bytes: `JSON.parse`, and a loop in Python's `struct`. The names belong to no known family,
// so that all detectors run.

const rounds = 5
const jsonBytes = 94_000_000
const ggufTensors = 1_500_000
/** Bytes of a GGUF tensor of one F32 value with its padding to the default alignment. */
const paddedTensorBytes = 32

interface Sample {
  readonly ms: number
  readonly peakMegabytes: number
  /** What the process used before it opened the file. */
  readonly startMegabytes: number
  readonly outcome: string
}

/** Writes parts of a file and returns how many bytes it has. */
function writeParts(path: string, parts: Iterable<Buffer>, dataBytes: (headerBytes: number) => number): void {
  const file = openSync(path, 'w')
  let bytes = 0
  for (const part of parts) bytes += writeSync(file, part)
  ftruncateSync(file, dataBytes(bytes))
  closeSync(file)
}

function writeLargeSafetensors(path: string): void {
  const entries: string[] = []
  let length = 2
  let end = 0
  for (let index = 0; length < jsonBytes; index += 1) {
    const entry = `"zz.layers.${index}.weight":{"dtype":"U8","shape":[1],"data_offsets":[${end},${end + 1}]}`
    end += 1
    length += entry.length + 1
    entries.push(entry)
  }
  const json = Buffer.from(`{${entries.join()}}`)
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(BigInt(json.length))
  writeParts(path, [prefix, json], (headerBytes) => headerBytes + end)
}

function* ggufParts(): Generator<Buffer> {
  const start = Buffer.alloc(24)
  start.write('GGUF')
  start.writeUInt32LE(3, 4)
  start.writeBigUInt64LE(BigInt(ggufTensors), 8)
  yield start
  for (let index = 0; index < ggufTensors; index += 1) {
    const name = Buffer.from(`zz.layers.${index}.weight`)
    const info = Buffer.alloc(8 + name.length + 4 + 16 + 4 + 8)
    info.writeBigUInt64LE(BigInt(name.length), 0)
    name.copy(info, 8)
    const rest = 8 + name.length
    info.writeUInt32LE(2, rest)
    info.writeBigUInt64LE(1n, rest + 4)
    info.writeBigUInt64LE(1n, rest + 12)
    info.writeBigUInt64LE(BigInt(index * paddedTensorBytes), rest + 24)
    yield info
  }
}

function writeLargeGguf(path: string): void {
  function* blocks(): Generator<Buffer> {
    let parts: Buffer[] = []
    for (const part of ggufParts()) {
      parts.push(part)
      if (parts.length < 10_000) continue
      yield Buffer.concat(parts)
      parts = []
    }
    yield Buffer.concat(parts)
  }
  writeParts(path, blocks(), (headerBytes) => {
    const dataStart = Math.ceil(headerBytes / paddedTensorBytes) * paddedTensorBytes
    return dataStart + ggufTensors * paddedTensorBytes
  })
}

/**
 * Peak RSS of this process. `getrusage` would include that of the process that started it (proc(5), VmHWM).
 */
function peakMegabytes(): number {
  const kibibytes = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
  return Math.round((kibibytes * 1024) / 1e6)
}

/** Runs in a process of its own and prints one sample. */
async function measure(work: string, path: string): Promise<void> {
  const { inspectFile } =
    work === 'inspect' ? await import('../../electron/recognition/inspect-file.ts') : { inspectFile: null }
  const startMegabytes = peakMegabytes()
  const begun = performance.now()
  let outcome: string
  if (inspectFile) {
    const { recognition, failure } = await inspectFile(path)
    outcome = failure?.code ?? `${recognition.modelType ?? 'unknown'}, ${recognition.tensorCount} tensors`
  } else outcome = `${Object.keys(parseWithNode(path)).length} members`
  const sample: Sample = {
    ms: performance.now() - begun,
    peakMegabytes: peakMegabytes(),
    startMegabytes,
    outcome,
  }
  process.stdout.write(JSON.stringify(sample))
}

function parseWithNode(path: string): object {
  const length = Buffer.alloc(8)
  const file = openSync(path, 'r')
  readSync(file, length, 0, 8, 0)
  const json = Buffer.alloc(Number(length.readBigUInt64LE()))
  readSync(file, json, 0, json.length, 8)
  closeSync(file)
  return JSON.parse(json.toString('utf8')) as object
}

/** Reads the names, shapes, types and offsets of a GGUF file's tensors into a dictionary. */
const pythonProgram = `
import json, re, struct, sys, time
def megabytes():
    kibibytes = int(re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read()).group(1))
    return round(kibibytes * 1024 / 1e6)
before = megabytes()
begun = time.monotonic()
tensors = {}
with open(sys.argv[1], 'rb') as file:
    magic, version, count, pairs = struct.unpack('<4sIQQ', file.read(24))
    for _ in range(count):
        name = file.read(struct.unpack('<Q', file.read(8))[0]).decode()
        dimensions = struct.unpack('<I', file.read(4))[0]
        *shape, kind, offset = struct.unpack(f'<{dimensions}QIQ', file.read(8 * dimensions + 12))
        tensors[name] = (shape, kind, offset)
print(json.dumps({
    'ms': (time.monotonic() - begun) * 1000,
    'peakMegabytes': megabytes(),
    'startMegabytes': before,
    'outcome': f'{len(tensors)} tensors',
}))
`

function run(command: string, parameters: readonly string[]): Sample | null {
  const { stdout, status } = spawnSync(command, parameters, { encoding: 'utf8', maxBuffer: 1e6 })
  return status === 0 ? (JSON.parse(stdout) as Sample) : null
}

function print(name: string, samples: readonly (Sample | null)[]): void {
  const found = samples.filter((sample) => sample !== null)
  const middle = (valueOf: (sample: Sample) => number) => Math.round(median(found.map(valueOf)))
  const line =
    found.length === 0
      ? 'not available'
      : `${middle(({ ms }) => ms)} ms, ${middle(({ peakMegabytes }) => peakMegabytes)} MB, ` +
        `${middle(({ startMegabytes }) => startMegabytes)} MB of it before (${found[0]?.outcome})`
  process.stdout.write(`${name}: ${line}\n`)
}

function compare(): void {
  const folder = mkdtempSync(join(tmpdir(), 'large-headers-'))
  const script = fileURLToPath(import.meta.url)
  const safetensors = join(folder, 'large.safetensors')
  const gguf = join(folder, 'large.gguf')
  const contestants: Readonly<Record<string, () => Sample | null>> = {
    'safetensors, inspected': () => run(process.execPath, [script, 'inspect', safetensors]),
    'safetensors, JSON.parse': () => run(process.execPath, [script, 'parse', safetensors]),
    'GGUF, inspected': () => run(process.execPath, [script, 'inspect', gguf]),
    'GGUF, Python struct': () => run('python3', ['-c', pythonProgram, gguf]),
  }
  try {
    writeLargeSafetensors(safetensors)
    writeLargeGguf(gguf)
    // Every program reads the files from the page cache.
    for (const path of [safetensors, gguf]) readFileSync(path)
    const samples = Object.keys(contestants).map(() => [] as (Sample | null)[])
    for (let round = 0; round < rounds; round += 1) {
      Object.values(contestants).forEach((contestant, index) => samples[index]?.push(contestant()))
    }
    Object.keys(contestants).forEach((name, index) => print(name, samples[index] ?? []))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [work, path] = process.argv.slice(2)
if (work !== undefined && path !== undefined) await measure(work, path)
else compare()
