import { ByteWindow, type ByteSource } from './byte-window.ts'
import { HeaderDamage, type Header, type Parsed, type TensorInfo } from './header.ts'

/** What a graph says of itself (onnx.proto3, ModelProto). */
export interface OnnxHeader extends Header {
  /** Such as `pytorch 2.5.0, opset 17`. */
  readonly producer: string | null
  /** Such as `sample: F16[batch,4,64,64]`. */
  readonly inputs: readonly string[]
  /** Files beside it that hold weights, with the size that each must have at least. */
  readonly external: ReadonlyMap<string, number>
}

/** Name and bits of an element type by its number (onnx.proto3, TensorProto.DataType). */
const types: Readonly<Record<number, readonly [name: string, bits: number]>> = {
  ...{ 1: ['F32', 32], 2: ['U8', 8], 3: ['I8', 8], 4: ['U16', 16], 5: ['I16', 16], 6: ['I32', 32] },
  ...{ 7: ['I64', 64], 9: ['BOOL', 8], 10: ['F16', 16], 11: ['F64', 64], 12: ['U32', 32], 13: ['U64', 64] },
  ...{ 16: ['BF16', 16], 17: ['F8_E4M3', 8], 19: ['F8_E5M2', 8], 21: ['U4', 4], 22: ['I4', 4] },
}
const mostTensors = 200_000
const mostInputs = 32
const longestText = 1_000
/** Names and shapes of the largest graphs have a few megabytes; the weights between them are skipped. */
const mostBytes = 128 * 1024 * 1024

interface Field {
  readonly number: number
  readonly wire: number
  /** Of a message, text or bytes. */
  readonly length: number
  /** Of a number. */
  readonly value: number
}

/** Reads the graph's outline and skips its weights. Never throws what a file can cause. */
export async function parseOnnx(source: ByteSource): Promise<Parsed<OnnxHeader>> {
  try {
    return { ok: true, value: await readModel(new ByteWindow(source)) }
  } catch (error) {
    if (error instanceof HeaderDamage) return { ok: false, problem: error.message }
    throw error
  }
}

/** A varint of at most ten bytes; beyond 2^53 only negative numbers are that long, and none of ours is one. */
function varint(window: ByteWindow): number {
  let value = 0
  for (let index = 0; index < 10; index += 1) {
    const byte = window.u8()
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return value
  }
  throw new HeaderDamage('a number without an end')
}

/** Calls back for each field up to `end`; what the callback leaves of it is skipped. */
async function fields(
  window: ByteWindow,
  end: number,
  each: (field: Field) => Promise<void> | void,
): Promise<void> {
  if (end > window.end) throw new HeaderDamage('the file ends inside its graph')
  while (window.position < end) {
    if (window.fetchedBytes > mostBytes) throw new HeaderDamage('an outline over 128 MiB')
    await window.top(20)
    const tag = varint(window)
    const [number, wire] = [Math.floor(tag / 8), tag % 8]
    if (number === 0) throw new HeaderDamage('a field without a number')
    if (wire === 0) await each({ number, wire, length: 0, value: varint(window) })
    else if (wire === 1 || wire === 5) window.skip(wire === 1 ? 8 : 4)
    else if (wire === 2) {
      const length = varint(window)
      const next = window.position + length
      if (!Number.isSafeInteger(next) || next > end) throw new HeaderDamage('the file ends inside its graph')
      await each({ number, wire, length, value: 0 })
      if (window.position > next) throw new HeaderDamage('a field that is longer than it says')
      window.skip(next - window.position)
    } else throw new HeaderDamage(`no field has the form ${wire}`)
  }
  if (window.position !== end) throw new HeaderDamage('a field that is longer than its message')
}

async function text(window: ByteWindow, length: number): Promise<string> {
  if (length > longestText) return ''
  await window.ensure(length)
  return window.take(length).toString('utf8')
}

async function readModel(window: ByteWindow): Promise<OnnxHeader> {
  const tensors = new Map<string, TensorInfo>()
  const metadata = new Map<string, string>()
  const external = new Map<string, number>()
  const inputs: string[] = []
  const producer: string[] = []
  let opset: number | null = null
  let hasGraph = false
  let hasOpset = false
  await fields(window, window.end, async ({ number, wire, length }) => {
    const end = window.position + length
    if (wire !== 2) return
    if (number === 2 || number === 3) producer.push(await text(window, length))
    else if (number === 7) {
      hasGraph = true
      await readGraph(window, end, { tensors, external, inputs })
    } else if (number === 8) {
      hasOpset = true
      let domain = ''
      let version = 0
      await fields(window, end, async (field) => {
        if (field.number === 1) domain = await text(window, field.length)
        if (field.number === 2) version = field.value
      })
      if (domain === '' || domain === 'ai.onnx') opset = version
    } else if (number === 14) {
      const [key, value] = await readPair(window, end)
      if (metadata.size < 1_000) metadata.set(key, value)
    }
  })
  // Both must be there, and exporters write the second last: a file that was cut short lacks it.
  if (!hasGraph || !hasOpset) throw new HeaderDamage('its graph or its opset is missing')
  const said = [producer.filter(Boolean).join(' '), opset === null ? '' : `opset ${opset}`].filter(Boolean)
  return { tensors, metadata, external, inputs, producer: said.join(', ') || null }
}

interface Graph {
  readonly tensors: Map<string, TensorInfo>
  readonly external: Map<string, number>
  readonly inputs: string[]
}

async function readGraph(window: ByteWindow, end: number, graph: Graph): Promise<void> {
  await fields(window, end, async ({ number, wire, length }) => {
    const fieldEnd = window.position + length
    if (wire !== 2) return
    if (number === 5) await readTensor(window, fieldEnd, graph)
    else if (number === 11 && graph.inputs.length < mostInputs) {
      const input = await readInput(window, fieldEnd)
      graph.inputs.push(input)
    }
  })
}

async function readTensor(window: ByteWindow, end: number, { tensors, external }: Graph): Promise<void> {
  const shape: number[] = []
  const where = new Map<string, string>()
  let [name, type] = ['', 0]
  await fields(window, end, async ({ number, wire, length, value }) => {
    const fieldEnd = window.position + length
    if (number === 1 && wire === 0) shape.push(value)
    else if (number === 1) {
      if (length > longestText) throw new HeaderDamage('a tensor of too many dimensions')
      await window.ensure(length)
      while (window.position < fieldEnd) shape.push(varint(window))
    } else if (number === 2) type = value
    else if (number === 8) name = await text(window, length)
    else if (number === 13) where.set(...(await readPair(window, fieldEnd)))
  })
  const [dtype, bits] = types[type] ?? [`type ${type}`, 0]
  const sizeBytes = Math.ceil(shape.reduce((product, one) => product * one, bits) / 8)
  if (!Number.isSafeInteger(sizeBytes)) throw new HeaderDamage('a tensor beyond 2^53 values')
  if (tensors.size < mostTensors) tensors.set(name, { dtype, shape, sizeBytes })
  const location = where.get('location')
  if (location === undefined) return
  const least = Number(where.get('offset') ?? 0) + Number(where.get('length') ?? sizeBytes)
  if (external.size < 1_000) external.set(location, Math.max(external.get(location) ?? 0, least || 0))
}

async function readPair(window: ByteWindow, end: number): Promise<[string, string]> {
  const pair: [string, string] = ['', '']
  await fields(window, end, async ({ number, length }) => {
    if (number === 1) pair[0] = await text(window, length)
    if (number === 2) pair[1] = await text(window, length)
  })
  return pair
}

/** ValueInfoProto: a name and, three messages down, the element type and the dimensions, by number or by name. */
async function readInput(window: ByteWindow, end: number): Promise<string> {
  const dimensions: string[] = []
  let [name, type] = ['', 0]
  const dimension = (at: number) =>
    fields(window, at, async ({ number, value, length }) => {
      if (number === 1) dimensions.push(String(value))
      if (number === 2) dimensions.push(await text(window, length))
    })
  const tensorType = (at: number) =>
    fields(window, at, async ({ number, value, length }) => {
      if (number === 1) type = value
      if (number === 2) {
        await fields(window, window.position + length, async (dim) => {
          if (dim.number === 1 && dim.wire === 2) await dimension(window.position + dim.length)
        })
      }
    })
  await fields(window, end, async ({ number, wire, length }) => {
    if (wire !== 2) return
    if (number === 1) name = await text(window, length)
    if (number === 2) {
      await fields(window, window.position + length, async (one) => {
        if (one.number === 1 && one.wire === 2) await tensorType(window.position + one.length)
      })
    }
  })
  return `${name}: ${types[type]?.[0] ?? `type ${type}`}[${dimensions.slice(0, 8).join(',')}]`
}
