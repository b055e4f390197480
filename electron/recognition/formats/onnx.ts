import type { ByteSource } from './byte-source.ts'
import { ByteWindow } from './byte-window.ts'
import type { Header, TensorInfo } from './header.ts'
import { FormatError, tryParseAsync, type ParseResult } from './parse-result.ts'

/** Outline of an ONNX model (onnx.proto3, ModelProto). */
export interface OnnxHeader extends Header {
  /** Such as `pytorch 2.5.0, opset 17`. */
  readonly producer: string | null
  /** Such as `sample: F16[batch,4,64,64]`. */
  readonly inputs: readonly string[]
  /** Files in the same folder that hold weights of any graph, with the minimum size of each. */
  readonly external: ReadonlyMap<string, number>
}

/** Name and bits of an element type by its number (onnx.proto, TensorProto.DataType). Texts vary in size. */
const elementTypes: Readonly<Record<number, readonly [name: string, bits: number]>> = {
  1: ['F32', 32],
  2: ['U8', 8],
  3: ['I8', 8],
  4: ['U16', 16],
  5: ['I16', 16],
  6: ['I32', 32],
  7: ['I64', 64],
  8: ['STRING', 0],
  9: ['BOOL', 8],
  10: ['F16', 16],
  11: ['F64', 64],
  12: ['U32', 32],
  13: ['U64', 64],
  14: ['C64', 64],
  15: ['C128', 128],
  16: ['BF16', 16],
  17: ['F8_E4M3', 8],
  18: ['F8_E4M3FNUZ', 8],
  19: ['F8_E5M2', 8],
  20: ['F8_E5M2FNUZ', 8],
  21: ['U4', 4],
  22: ['I4', 4],
  23: ['F4', 4],
  24: ['F8_E8M0', 8],
  25: ['U2', 2],
  26: ['I2', 2],
}
const maxTensors = 200_000
const maxInputs = 32
const maxTextBytes = 1_000
const maxExternalFiles = 20_000
/** Graphs inside graphs, such as the branches of a condition, are a few levels deep. */
const maxGraphDepth = 32
/** Names and shapes of the largest graphs take a few megabytes; the weights between them are skipped. */
const maxOutlineBytes = 128 * 1024 * 1024

interface Field {
  readonly number: number
  readonly wire: number
  /** Of a message, text or bytes. */
  readonly length: number
  /** Of a number. */
  readonly value: number
}

/** Parses a model's outline and skips its weights. Rejects only with the file system's errors. */
export function parseOnnx(source: ByteSource): Promise<ParseResult<OnnxHeader>> {
  return tryParseAsync(() => readModel(new ByteWindow(source)))
}

/**
 * A varint of at most ten bytes. Only negative numbers go beyond 2^53, and no field that is read can be
 * negative.
 */
function readVarint(window: ByteWindow): number {
  let value = 0
  for (let index = 0; index < 10; index += 1) {
    const byte = window.u8()
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return value
  }
  throw new FormatError('a number without an end')
}

/** Calls `each` for every field up to `end` and skips what it doesn't read of the field. */
async function readFields(
  window: ByteWindow,
  end: number,
  each: (field: Field) => Promise<void> | void,
): Promise<void> {
  if (end > window.end) throw new FormatError('the file ends inside its graph')
  while (window.position < end) {
    if (window.fetchedBytes > maxOutlineBytes) throw new FormatError('an outline over 128 MiB')
    await window.fill(20)
    const tag = readVarint(window)
    const number = Math.floor(tag / 8)
    const wire = tag % 8
    if (number === 0) throw new FormatError('a field without a number')
    if (wire === 0) await each({ number, wire, length: 0, value: readVarint(window) })
    else if (wire === 1 || wire === 5) window.skip(wire === 1 ? 8 : 4)
    else if (wire === 2) {
      const length = readVarint(window)
      const next = window.position + length
      if (!Number.isSafeInteger(next) || next > end) throw new FormatError('the file ends inside its graph')
      await each({ number, wire, length, value: 0 })
      if (window.position > next) throw new FormatError('a field that is longer than it says')
      window.skip(next - window.position)
    } else throw new FormatError(`no field has the form ${wire}`)
  }
  if (window.position !== end) throw new FormatError('a field that is longer than its message')
}

async function readText(window: ByteWindow, length: number): Promise<string> {
  if (length > maxTextBytes) return ''
  await window.ensure(length)
  return window.take(length).toString('utf8')
}

async function readModel(window: ByteWindow): Promise<OnnxHeader> {
  const tensors = new Map<string, TensorInfo>()
  const metadata = new Map<string, string>()
  const external = new Map<string, number>()
  const inputs: string[] = []
  const nested: Graph = { tensors, external, inputs: null, depth: 1 }
  const producer: string[] = []
  let opset: number | null = null
  let hasGraph = false
  let hasOpset = false
  await readFields(window, window.end, async ({ number, wire, length }) => {
    const end = window.position + length
    if (wire !== 2) return
    if (number === 2 || number === 3) producer.push(await readText(window, length))
    else if (number === 7) {
      hasGraph = true
      await readGraph(window, end, { tensors, external, inputs, depth: 0 })
    } else if (number === 20) {
      await readTrainingInfo(window, end, { ...nested, tensors: null })
    } else if (number === 25) {
      await readFunction(window, end, nested)
    } else if (number === 8) {
      hasOpset = true
      let domain = ''
      let version = 0
      await readFields(window, end, async (field) => {
        if (field.number === 1) domain = await readText(window, field.length)
        if (field.number === 2) version = field.value
      })
      if (domain === '' || domain === 'ai.onnx') opset = version
    } else if (number === 14) {
      const [key, value] = await readPair(window, end)
      if (metadata.size < 1_000) metadata.set(key, value)
    }
  })
  // Both are required. Exporters write the opset last, so a truncated file lacks it.
  if (!hasGraph || !hasOpset) throw new FormatError('its graph or its opset is missing')
  const producerParts = [producer.filter(Boolean).join(' '), opset === null ? '' : `opset ${opset}`]
  return { tensors, metadata, external, inputs, producer: producerParts.filter(Boolean).join(', ') || null }
}

/** What is collected from a graph. Only the main graph's inputs are those of the model. */
interface Graph {
  /** Null for tensors that are no weights, such as the indices of sparse ones. */
  readonly tensors: Map<string, TensorInfo> | null
  readonly external: Map<string, number>
  readonly inputs: string[] | null
  /** The number of graphs around it. */
  readonly depth: number
}

async function readGraph(window: ByteWindow, end: number, graph: Graph): Promise<void> {
  await readFields(window, end, async ({ number, wire, length }) => {
    const fieldEnd = window.position + length
    if (wire !== 2) return
    if (number === 1) await readNode(window, fieldEnd, graph)
    else if (number === 5) await readTensor(window, fieldEnd, graph)
    else if (number === 15) await readSparseTensor(window, fieldEnd, graph)
    else if (number === 11 && graph.inputs && graph.inputs.length < maxInputs) {
      const input = await readInput(window, fieldEnd)
      graph.inputs.push(input)
    }
  })
}

/** NodeProto: its attributes may hold weights too, such as the value of a constant. */
async function readNode(window: ByteWindow, end: number, graph: Graph): Promise<void> {
  const nested = { ...graph, inputs: null }
  let output = ''
  await readFields(window, end, async ({ number, wire, length }) => {
    if (wire !== 2) return
    if (number === 2 && output === '') output = await readText(window, length)
    else if (number === 5) await readAttribute(window, window.position + length, nested, output)
  })
}

/**
 * AttributeProto: tensors (5, 10), graphs (6, 11) and sparse tensors (22, 23). The value of a constant
 * usually has no name of its own, so it gets that of the node's output.
 */
async function readAttribute(window: ByteWindow, end: number, graph: Graph, output: string): Promise<void> {
  await readFields(window, end, async ({ number, wire, length }) => {
    const fieldEnd = window.position + length
    if (wire !== 2) return
    if (number === 5 || number === 10) await readTensor(window, fieldEnd, graph, output)
    else if (number === 22 || number === 23) await readSparseTensor(window, fieldEnd, graph)
    else if (number === 6 || number === 11) {
      if (graph.depth >= maxGraphDepth) throw new FormatError('graphs nested too deeply')
      await readGraph(window, fieldEnd, { ...graph, depth: graph.depth + 1 })
    }
  })
}

/** SparseTensorProto: the values and their indices. */
async function readSparseTensor(window: ByteWindow, end: number, graph: Graph): Promise<void> {
  const { external } = graph
  await readFields(window, end, async ({ number, wire, length }) => {
    const isTensor = wire === 2 && (number === 1 || number === 2)
    if (isTensor) await readTensor(window, window.position + length, { tensors: null, external })
  })
}

/** FunctionProto: nodes (7) and default attributes (11). */
async function readFunction(window: ByteWindow, end: number, graph: Graph): Promise<void> {
  await readFields(window, end, async ({ number, wire, length }) => {
    if (wire !== 2) return
    if (number === 7) await readNode(window, window.position + length, graph)
    else if (number === 11) await readAttribute(window, window.position + length, graph, '')
  })
}

/** TrainingInfoProto: the graphs of initialisation and algorithm, whose tensors are not the model's. */
async function readTrainingInfo(window: ByteWindow, end: number, graph: Graph): Promise<void> {
  await readFields(window, end, async ({ number, wire, length }) => {
    const isGraph = wire === 2 && (number === 1 || number === 2)
    if (isGraph) await readGraph(window, window.position + length, graph)
  })
}

/** TensorProto. Tensors of one value in attributes are settings, not weights, and are not counted. */
async function readTensor(
  window: ByteWindow,
  end: number,
  { tensors, external }: Pick<Graph, 'tensors' | 'external'>,
  output: string | null = null,
): Promise<void> {
  const shape: number[] = []
  const externalData = new Map<string, string>()
  let name = ''
  let type = 0
  let isExternal = false
  await readFields(window, end, async ({ number, wire, length, value }) => {
    const fieldEnd = window.position + length
    if (number === 1 && wire === 0) shape.push(value)
    else if (number === 1) {
      if (length > maxTextBytes) throw new FormatError('a tensor of too many dimensions')
      await window.ensure(length)
      while (window.position < fieldEnd) shape.push(readVarint(window))
    } else if (number === 2) type = value
    else if (number === 8) name = await readText(window, length)
    else if (number === 13) externalData.set(...(await readPair(window, fieldEnd)))
    else if (number === 14) isExternal = value === 1
  })
  const [dtype, bits] = elementTypes[type] ?? [`type ${type}`, 0]
  const count = shape.reduce((product, one) => product * one, 1)
  const sizeBytes = Math.ceil((count * bits) / 8)
  if (!Number.isSafeInteger(count * bits)) throw new FormatError('a tensor beyond 2^53 values')
  const isWeight = output === null || count > 1
  if (tensors && isWeight && tensors.size < maxTensors) {
    tensors.set(name || output || `constant ${tensors.size}`, { dtype, shape, sizeBytes })
  }
  // Tools that put the data into the graph may leave the location, which is then ignored
  // (onnx/external_data_helper.py, `uses_external_data`).
  if (isExternal) addExternal(external, externalData, sizeBytes)
}

function addExternal(
  external: Map<string, number>,
  data: ReadonlyMap<string, string>,
  sizeBytes: number,
): void {
  const location = data.get('location') ?? ''
  if (location === '') throw new FormatError('weights in a file without a name')
  const minBytes = numberIn(data, 'offset', 0) + numberIn(data, 'length', sizeBytes)
  external.set(location, Math.max(external.get(location) ?? 0, minBytes))
  if (external.size > maxExternalFiles) throw new FormatError('weights in more than 20,000 files')
}

function numberIn(data: ReadonlyMap<string, string>, key: string, absent: number): number {
  const text = data.get(key)
  if (text === undefined) return absent
  if (!/^\d{1,15}$/.test(text)) throw new FormatError(`weights whose ${key} is no number`)
  return Number(text)
}

async function readPair(window: ByteWindow, end: number): Promise<[string, string]> {
  const pair: [string, string] = ['', '']
  await readFields(window, end, async ({ number, length }) => {
    if (number === 1) pair[0] = await readText(window, length)
    if (number === 2) pair[1] = await readText(window, length)
  })
  return pair
}

/**
 * ValueInfoProto: a name and, three messages deeper, the element type and the dimensions, as numbers or
 * names.
 */
async function readInput(window: ByteWindow, end: number): Promise<string> {
  const dimensions: string[] = []
  let name = ''
  let type = 0
  const dimension = (at: number) =>
    readFields(window, at, async ({ number, value, length }) => {
      if (number === 1) dimensions.push(String(value))
      if (number === 2) dimensions.push(await readText(window, length))
    })
  const tensorType = (at: number) =>
    readFields(window, at, async ({ number, value, length }) => {
      if (number === 1) type = value
      if (number === 2) {
        await readFields(window, window.position + length, async (dim) => {
          if (dim.number === 1 && dim.wire === 2) await dimension(window.position + dim.length)
        })
      }
    })
  await readFields(window, end, async ({ number, wire, length }) => {
    if (wire !== 2) return
    if (number === 1) name = await readText(window, length)
    if (number === 2) {
      await readFields(window, window.position + length, async (one) => {
        if (one.number === 1 && one.wire === 2) await tensorType(window.position + one.length)
      })
    }
  })
  return `${name}: ${elementTypes[type]?.[0] ?? `type ${type}`}[${dimensions.slice(0, 8).join(',')}]`
}
