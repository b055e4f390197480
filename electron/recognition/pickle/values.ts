import type { TensorInfo } from '../formats/header.ts'

/** A value on the stack, as far as it matters for names and shapes; null is an unknown one. */
export type PickleValue =
  | string
  | number
  | null
  | Global
  | { readonly type: 'tuple'; readonly items: readonly PickleValue[] }
  | { readonly type: 'dict'; readonly entries: Map<string, PickleValue> }
  | Storage
  | { readonly type: 'tensor'; readonly info: TensorInfo }
  | { readonly type: 'torch-magic' }
  /** Something that is neither a text nor can be called: None, bytes, a list. */
  | { readonly type: 'plain' }

interface Global {
  readonly type: 'global'
  readonly name: string
}

/** A tensor's data, which PyTorch stores outside of the pickle. */
interface Storage {
  readonly type: 'storage'
  readonly key: PickleValue
  readonly dtype: string
  /** Null if it isn't stored as a plain number. */
  readonly sizeBytes: number | null
}

export const plainValue: PickleValue = { type: 'plain' }

export const emptyDict = (): PickleValue => ({ type: 'dict', entries: new Map() })

/** Whether a value is an import itself, not the result of a call. */
export function isGlobal(value: PickleValue): value is Global {
  return value !== null && typeof value === 'object' && value.type === 'global'
}

/** Whether a value is certainly neither a text nor an import, so that loaders refuse to import or call it. */
export function isPlain(value: PickleValue): boolean {
  if (typeof value === 'number') return true
  return (
    value !== null &&
    typeof value === 'object' &&
    ['plain', 'tuple', 'dict', 'torch-magic'].includes(value.type)
  )
}

/** PyTorch's element types by name: their notation in safetensors, and their size in bytes. */
const dtypes = new Map<string, readonly [dtype: string, bytes: number]>([
  ['float64', ['F64', 8]],
  ['float32', ['F32', 4]],
  ['float16', ['F16', 2]],
  ['bfloat16', ['BF16', 2]],
  ['float8_e4m3fn', ['F8_E4M3', 1]],
  ['float8_e5m2', ['F8_E5M2', 1]],
  ['float8_e4m3fnuz', ['F8_E4M3FNUZ', 1]],
  ['float8_e5m2fnuz', ['F8_E5M2FNUZ', 1]],
  ['float8_e8m0fnu', ['F8_E8M0', 1]],
  ['complex128', ['C128', 16]],
  ['complex64', ['C64', 8]],
  ['complex32', ['C32', 4]],
  ['int64', ['I64', 8]],
  ['int32', ['I32', 4]],
  ['int16', ['I16', 2]],
  ['int8', ['I8', 1]],
  ['uint64', ['U64', 8]],
  ['uint32', ['U32', 4]],
  ['uint16', ['U16', 2]],
  ['uint8', ['U8', 1]],
  ['bool', ['BOOL', 1]],
])

/** Element types by the storage class (torch/storage.py); quantised numbers are whole numbers. */
const storageDtypes = new Map([
  ['DoubleStorage', 'float64'],
  ['FloatStorage', 'float32'],
  ['HalfStorage', 'float16'],
  ['BFloat16Storage', 'bfloat16'],
  ['ComplexDoubleStorage', 'complex128'],
  ['ComplexFloatStorage', 'complex64'],
  ['LongStorage', 'int64'],
  ['IntStorage', 'int32'],
  ['QInt32Storage', 'int32'],
  ['ShortStorage', 'int16'],
  ['CharStorage', 'int8'],
  ['QInt8Storage', 'int8'],
  ['ByteStorage', 'uint8'],
  ['QUInt8Storage', 'uint8'],
  ['QUInt4x2Storage', 'uint8'],
  ['QUInt2x4Storage', 'uint8'],
  ['UntypedStorage', 'uint8'],
  ['BoolStorage', 'bool'],
])

/** Real tensors have a handful; a hostile pickle may use one long shape a million times. */
const maxDimensions = 64

const dtypeBytes = new Map(dtypes.values())

const lastPart = (name: string) => name.slice(name.lastIndexOf('.') + 1)

/**
 * Resolves a persistent id: PyTorch writes `('storage', class, key, device, count)` (torch/serialization.py).
 */
export function toStorage(id: PickleValue): Storage | null {
  if (id === null || typeof id !== 'object' || id.type !== 'tuple') return null
  const [, type, key = null, , count] = id.items
  if (typeof type !== 'object' || type?.type !== 'global' || !type.name.startsWith('torch.')) return null
  const known = dtypes.get(storageDtypes.get(lastPart(type.name)) ?? '')
  if (!known) return null
  const [dtype, bytes] = known
  const sizeBytes = typeof count === 'number' && count >= 0 ? count * bytes : null
  return { type: 'storage', key, dtype, sizeBytes }
}

/** The result of calling an import, as far as names and shapes are concerned (torch/_utils.py). */
export function callResult(callee: PickleValue, args: PickleValue): PickleValue {
  if (typeof callee !== 'object' || callee?.type !== 'global') return null
  if (callee.name === 'collections.OrderedDict') return emptyDict()
  if (typeof args !== 'object' || args?.type !== 'tuple') return null
  const [first, , size, , , , dtype] = args.items
  // Functions that return their first argument.
  if (callee.name === 'torch._utils._rebuild_parameter' || callee.name.startsWith('torch.jit._pickle.')) {
    return first ?? null
  }
  // It names the element type separately, because its storage is untyped.
  if (callee.name === 'torch._utils._rebuild_tensor_v3') return toTensor(first, size, dtype)
  const isTensor =
    callee.name.startsWith('torch._utils._rebuild_tensor') || callee.name === 'torch._utils._rebuild_qtensor'
  return isTensor ? toTensor(first, size) : null
}

function toTensor(
  storage: PickleValue | undefined,
  size: PickleValue | undefined,
  type: PickleValue = null,
): PickleValue {
  if (typeof storage !== 'object' || storage?.type !== 'storage') return null
  const shape = toShape(size)
  if (shape === null) return null
  const dtype = dtypeOf(type) ?? storage.dtype
  const sizeBytes = shape.reduce((product, length) => product * length, dtypeBytes.get(dtype) ?? 0)
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) return null
  return { type: 'tensor', info: { dtype, shape, sizeBytes } }
}

function toShape(size: PickleValue | undefined): readonly number[] | null {
  if (typeof size !== 'object' || size?.type !== 'tuple') return null
  if (size.items.length > maxDimensions) return null
  const shape = size.items.filter((length) => typeof length === 'number')
  return shape.length === size.items.length ? shape : null
}

function dtypeOf(type: PickleValue): string | undefined {
  if (type === null || typeof type !== 'object' || type.type !== 'global') return undefined
  return dtypes.get(lastPart(type.name))?.[0]
}

/** The result of BUILD: a pickled module has its tensors in its state. */
export function buildResult(object: PickleValue, state: PickleValue): PickleValue {
  if (object !== null || typeof state !== 'object' || state?.type !== 'dict') return object
  return state.entries.get('_parameters') ?? null
}

/** Keys under which training code stores the tensors. */
const wrapperKeys = ['state_dict', 'model_state_dict', 'params_ema', 'params', 'module']
const maxTensors = 200_000
const maxDepth = 4
/**
 * Limit of visited entries. Dicts that refer to each other many times make a small pickle expand
 * exponentially.
 */
const maxEntries = 1_000_000
/** Longer names don't occur in models. */
const maxNameLength = 1_000

/** The tensors in an unpickled value by their dotted names, up to the limits above. */
export function collectTensors(root: PickleValue): Map<string, TensorInfo> {
  const tensors = new Map<string, TensorInfo>()
  let entriesLeft = maxEntries
  collect(unwrap(root), '', 0)
  return tensors

  function collect(value: PickleValue, name: string, depth: number): void {
    if (value === null || typeof value !== 'object' || tensors.size >= maxTensors) return
    if (value.type === 'tensor') tensors.set(name, value.info)
    if (depth > maxDepth) return
    for (const [key, inner] of entriesOf(value, name)) {
      entriesLeft -= 1
      if (entriesLeft < 0) return
      if (key.length + name.length > maxNameLength) continue
      collect(inner, name === '' ? key : `${name}.${key}`, depth + 1)
    }
  }
}

/** The values in a dict, or in a tuple that has a name. */
function* entriesOf(value: PickleValue, name: string): Iterable<readonly [key: string, inner: PickleValue]> {
  if (value === null || typeof value !== 'object') return
  if (value.type === 'dict') yield* value.entries
  if (value.type === 'tuple' && name !== '') {
    for (const [index, item] of value.items.entries()) yield [String(index), item]
  }
}

function unwrap(root: PickleValue): PickleValue {
  if (root === null || typeof root !== 'object' || root.type !== 'dict') return root
  for (const wrapper of wrapperKeys) {
    const inner = root.entries.get(wrapper)
    if (inner !== null && typeof inner === 'object' && inner.type === 'dict') return inner
  }
  return root
}
