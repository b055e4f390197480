import type { TensorInfo } from '../formats/header.ts'

/** What is known of a value on the stack of a pickle that is not being loaded; null is anything else. */
export type PickleValue =
  | string
  | number
  | null
  | { readonly is: 'global'; readonly name: string }
  | { readonly is: 'tuple'; readonly items: readonly PickleValue[] }
  | { readonly is: 'dict'; readonly entries: Map<string, PickleValue> }
  | { readonly is: 'storage'; readonly dtype: string }
  | { readonly is: 'tensor'; readonly info: TensorInfo }
  | { readonly is: 'torch-magic' }

export const emptyDict = (): PickleValue => ({ is: 'dict', entries: new Map() })

/** PyTorch's storages by the element type that safetensors calls the same. */
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

/** No tensor of a model has more than a handful; a pickle may name one long shape a million times. */
const mostDimensions = 64

const dtypeBytes = new Map(Object.values(storageDtypes))

/** What a persistent id stands for: PyTorch writes `('storage', its class, key, device, count)` (torch/serialization.py). */
export function storageOf(id: PickleValue): PickleValue {
  if (id === null || typeof id !== 'object' || id.is !== 'tuple') return null
  const type = id.items[1]
  if (typeof type !== 'object' || type?.is !== 'global') return null
  const known = Object.hasOwn(storageDtypes, type.name) ? storageDtypes[type.name] : undefined
  return known ? { is: 'storage', dtype: known[0] } : null
}

/** What calling an import with these arguments gives, as far as names and shapes are concerned (torch/_utils.py). */
export function resultOf(callee: PickleValue, args: PickleValue): PickleValue {
  if (typeof callee !== 'object' || callee?.is !== 'global') return null
  if (callee.name === 'collections.OrderedDict') return emptyDict()
  if (typeof args !== 'object' || args?.is !== 'tuple') return null
  const [first, , size] = args.items
  if (callee.name === 'torch._utils._rebuild_parameter') return first ?? null
  if (!callee.name.startsWith('torch._utils._rebuild_tensor')) return null
  if (typeof first !== 'object' || first?.is !== 'storage') return null
  if (typeof size !== 'object' || size?.is !== 'tuple') return null
  if (size.items.length > mostDimensions) return null
  const shape = size.items.filter((length) => typeof length === 'number')
  const count = shape.reduce((product, length) => product * length, dtypeBytes.get(first.dtype) ?? 0)
  if (shape.length !== size.items.length || !Number.isSafeInteger(count) || count < 0) return null
  return { is: 'tensor', info: { dtype: first.dtype, shape, sizeBytes: count } }
}

/** A module that was pickled whole keeps its tensors among its state. */
export function builtWith(object: PickleValue, state: PickleValue): PickleValue {
  if (object !== null || typeof state !== 'object' || state?.is !== 'dict') return object
  return state.entries.get('_parameters') ?? null
}

/** Wrappers that training code puts around the tensors; what is in them counts. */
const wrappers = ['state_dict', 'model_state_dict', 'params_ema', 'params', 'module']
const mostTensors = 200_000
const deepest = 4
/**
 * Entries that are looked at. A dict may stand in a pickle once and be named in a million places, and those in it again: a
 * few kilobytes spell out more entries than anybody could go through.
 */
const mostEntries = 1_000_000
/** Real names have fewer characters; longer ones are no tensors of a model. */
const longestName = 1_000

/** The tensors of what a pickle holds, by their names: the first of them where there are more than anybody needs. */
export function tensorsOf(root: PickleValue): Map<string, TensorInfo> {
  const tensors = new Map<string, TensorInfo>()
  let entriesLeft = mostEntries
  collect(unwrapped(root), '', 0)
  return tensors

  function collect(value: PickleValue, name: string, depth: number): void {
    if (value === null || typeof value !== 'object' || tensors.size >= mostTensors) return
    if (value.is === 'tensor') tensors.set(name, value.info)
    if (value.is !== 'dict' || depth > deepest) return
    for (const [key, inner] of value.entries) {
      entriesLeft -= 1
      if (entriesLeft < 0) return
      if (key.length + name.length > longestName) continue
      collect(inner, name === '' ? key : `${name}.${key}`, depth + 1)
    }
  }
}

function unwrapped(root: PickleValue): PickleValue {
  if (root === null || typeof root !== 'object' || root.is !== 'dict') return root
  for (const wrapper of wrappers) {
    const inner = root.entries.get(wrapper)
    if (inner !== null && typeof inner === 'object' && inner.is === 'dict') return inner
  }
  return root
}
