import { expect, test } from 'vitest'
import {
  buildResult,
  callResult,
  collectTensors,
  emptyDict,
  isPlain,
  plainValue,
  toStorage,
  type PickleValue,
} from '../../../../electron/recognition/pickle/values.ts'

const global = (name: string): PickleValue => ({ type: 'global', name })
const tuple = (...items: readonly PickleValue[]): PickleValue => ({ type: 'tuple', items })
const dict = (entries: Readonly<Record<string, PickleValue>>): PickleValue => ({
  type: 'dict',
  entries: new Map(Object.entries(entries)),
})

/** The persistent id that PyTorch writes for a storage. */
const storageId = (type: PickleValue, count: PickleValue = 12) => tuple('storage', type, '0', 'cpu', count)
const storageOf = (name: string, count?: PickleValue) => toStorage(storageId(global(name), count))
const rebuilt = (storage: PickleValue, shape: PickleValue, name = '_rebuild_tensor_v2') =>
  callResult(global(`torch._utils.${name}`), tuple(storage, 0, shape))
const infoOf = (value: PickleValue) =>
  typeof value === 'object' && value?.type === 'tensor' ? value.info : null

/** Element types and their size in bytes by the storage classes of torch/storage.py. */
test.each([
  ['DoubleStorage', 'F64', 8],
  ['FloatStorage', 'F32', 4],
  ['HalfStorage', 'F16', 2],
  ['BFloat16Storage', 'BF16', 2],
  ['ComplexDoubleStorage', 'C128', 16],
  ['ComplexFloatStorage', 'C64', 8],
  ['LongStorage', 'I64', 8],
  ['IntStorage', 'I32', 4],
  ['QInt32Storage', 'I32', 4],
  ['ShortStorage', 'I16', 2],
  ['CharStorage', 'I8', 1],
  ['QInt8Storage', 'I8', 1],
  ['ByteStorage', 'U8', 1],
  ['QUInt8Storage', 'U8', 1],
  ['QUInt4x2Storage', 'U8', 1],
  ['QUInt2x4Storage', 'U8', 1],
  ['UntypedStorage', 'U8', 1],
  ['BoolStorage', 'BOOL', 1],
])('a %s holds %s of %i bytes', (name, dtype, bytes) => {
  const storage = storageOf(`torch.${name}`)
  expect(storage).toEqual({ type: 'storage', key: '0', dtype, sizeBytes: 12 * bytes })
  expect(infoOf(rebuilt(storage, tuple(2, 3)))).toEqual({ dtype, shape: [2, 3], sizeBytes: 6 * bytes })
})

test('resolves only persistent ids of PyTorch’s storages', () => {
  const float = global('torch.FloatStorage')
  for (const id of [null, 'text', 7, plainValue, float, storageId('torch.FloatStorage'), storageId(null)]) {
    expect(toStorage(id)).toBeNull()
  }
  for (const type of ['numpy.FloatStorage', 'torch.OtherStorage', 'FloatStorage'])
    expect(storageOf(type)).toBeNull()
  expect(toStorage(storageId(dict({})))).toBeNull()
  expect(storageOf('torch.cuda.FloatStorage')?.sizeBytes).toBe(48)
  expect(storageOf('torch.FloatStorage', 0)?.sizeBytes).toBe(0)
  for (const count of [-1, 'many', null]) expect(storageOf('torch.FloatStorage', count)?.sizeBytes).toBeNull()
})

test('rebuilds tensors only from a storage and a shape of numbers', () => {
  const storage = storageOf('torch.HalfStorage')
  for (const name of ['_rebuild_tensor', '_rebuild_tensor_v2', '_rebuild_tensor_v3', '_rebuild_qtensor']) {
    expect(infoOf(rebuilt(storage, tuple(4), name)), name).toEqual({ dtype: 'F16', shape: [4], sizeBytes: 8 })
  }
  expect(rebuilt(storage, tuple(4), '_rebuild_sparse_tensor')).toBeNull()
  for (const other of [null, 'text', 7, dict({})]) {
    expect(rebuilt(other, tuple(4))).toBeNull()
    expect(rebuilt(storage, other)).toBeNull()
  }
  for (const shape of [
    tuple('4'),
    tuple(4, null),
    dict({}),
    tuple(-4),
    tuple(2 ** 30, 2 ** 30),
    tuple(...Array<number>(65).fill(1)),
  ]) {
    expect(rebuilt(storage, shape)).toBeNull()
  }
  expect(infoOf(rebuilt(storage, tuple()))).toEqual({ dtype: 'F16', shape: [], sizeBytes: 2 })
  expect(infoOf(rebuilt(storage, tuple(0)))?.sizeBytes).toBe(0)
  expect(infoOf(rebuilt(storage, tuple(...Array<number>(64).fill(1))))?.shape).toHaveLength(64)
})

test('passes a parameter’s tensor through and calls nothing that is no import', () => {
  const tensor = rebuilt(storageOf('torch.FloatStorage'), tuple(1))
  for (const name of ['torch._utils._rebuild_parameter', 'torch.jit._pickle.restore_type_tag']) {
    expect(callResult(global(name), tuple(tensor, null))).toBe(tensor)
    expect(callResult(global(name), tuple())).toBeNull()
  }
  expect(callResult(global('collections.OrderedDict'), null)).toEqual(emptyDict())
  for (const callee of ['collections.OrderedDict', 7, null, tuple(), dict({})]) {
    expect(callResult(callee, tuple())).toBeNull()
  }
  expect(callResult(global('torch._utils._rebuild_parameter'), dict({}))).toBeNull()
  expect(callResult(global('torch._utils._rebuild_parameter'), 'text')).toBeNull()
})

test('takes the parameters of a pickled module from its state', () => {
  const parameters = dict({ weight: 1 })
  expect(buildResult(null, dict({ _parameters: parameters }))).toBe(parameters)
  for (const state of [dict({}), tuple(), 'text', null]) expect(buildResult(null, state)).toBeNull()
  for (const object of [dict({}), 'text'])
    expect(buildResult(object, dict({ _parameters: parameters }))).toBe(object)
})

test('calls plain only what loaders can’t import or call', () => {
  for (const value of [7, plainValue, tuple(), dict({}), { type: 'torch-magic' } as const])
    expect(isPlain(value)).toBe(true)
  for (const value of [null, 'os', global('os.system')]) expect(isPlain(value)).toBe(false)
})

test.each(['state_dict', 'model_state_dict', 'params_ema', 'params', 'module'])(
  'finds tensors within the wrapper %s, with dotted names',
  (wrapper) => {
    const tensor = rebuilt(storageOf('torch.FloatStorage'), tuple(1))
    const model = dict({ layer: dict({ weight: tensor, bias: tensor, epoch: 3 }), scale: tensor })
    expect([...collectTensors(dict({ epoch: tensor, [wrapper]: model })).keys()]).toEqual([
      'layer.weight',
      'layer.bias',
      'scale',
    ])
    expect([...collectTensors(dict({ [wrapper]: tensor })).keys()]).toEqual([wrapper])
  },
)
