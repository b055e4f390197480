import type { TensorInfo } from '../formats/header.ts'

/** A value on the stack, as far as it matters for names and shapes; null is anything else. */
export type PickleValue =
  | string
  | number
  | null
  | { readonly type: 'global'; readonly name: string }
  | { readonly type: 'tuple'; readonly items: readonly PickleValue[] }
  | { readonly type: 'dict'; readonly entries: Map<string, PickleValue> }
  | { readonly type: 'storage'; readonly dtype: string }
  | { readonly type: 'tensor'; readonly info: TensorInfo }
  | { readonly type: 'torch-magic' }

export const emptyDict = (): PickleValue => ({ type: 'dict', entries: new Map() })

/** Element type in the notation of safetensors, and its size, by PyTorch's storage class. */
const storageDtypes: Readonly<Record<string, readonly [dtype: string, bytes: number]>> = {
  'torch.FloatStorage': ['F32', 4],
  'torch.HalfStorage': ['F16', 2],
  'torch.BFloat16Storage': ['BF16', 2],
  'torch.DoubleStorage': ['F64', 8],
  'torch.LongStorage': ['I64', 8],
  'torch.IntStorage': ['I32', 4],
  'torch.ShortStorage': ['I16', 2],
  'torch.CharStorage': ['I8', 1],
  'torch.ByteStorage': ['U8', 1],
  'torch.BoolStorage': ['BOOL', 1],
}

/** Real tensors have a handful; a hostile pickle may use one long shape a million times. */
const maxDimensions = 64

const dtypeBytes = new Map(Object.values(storageDtypes))

/**
 * Resolves a persistent id: PyTorch writes `('storage', class, key, device, count)` (torch/serialization.py).
 */
export function toStorage(id: PickleValue): PickleValue {
  if (id === null || typeof id !== 'object' || id.type !== 'tuple') return null
  const type = id.items[1]
  if (typeof type !== 'object' || type?.type !== 'global') return null
  const known = Object.hasOwn(storageDtypes, type.name) ? storageDtypes[type.name] : undefined
  return known ? { type: 'storage', dtype: known[0] } : null
}

/** The result of calling an import, as far as names and shapes are concerned (torch/_utils.py). */
export function callResult(callee: PickleValue, args: PickleValue): PickleValue {
  if (typeof callee !== 'object' || callee?.type !== 'global') return null
  if (callee.name === 'collections.OrderedDict') return emptyDict()
  if (typeof args !== 'object' || args?.type !== 'tuple') return null
  const [first, , size] = args.items
  if (callee.name === 'torch._utils._rebuild_parameter') return first ?? null
  return callee.name.startsWith('torch._utils._rebuild_tensor') ? toTensor(first, size) : null
}

function toTensor(storage: PickleValue | undefined, size: PickleValue | undefined): PickleValue {
  if (typeof storage !== 'object' || storage?.type !== 'storage') return null
  if (typeof size !== 'object' || size?.type !== 'tuple') return null
  if (size.items.length > maxDimensions) return null
  const shape = size.items.filter((length) => typeof length === 'number')
  if (shape.length !== size.items.length) return null
  const sizeBytes = shape.reduce((product, length) => product * length, dtypeBytes.get(storage.dtype) ?? 0)
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) return null
  return { type: 'tensor', info: { dtype: storage.dtype, shape, sizeBytes } }
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
    if (value.type !== 'dict' || depth > maxDepth) return
    for (const [key, inner] of value.entries) {
      entriesLeft -= 1
      if (entriesLeft < 0) return
      if (key.length + name.length > maxNameLength) continue
      collect(inner, name === '' ? key : `${name}.${key}`, depth + 1)
    }
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
