import { expect, test } from 'vitest'
import { bufferSource } from '../../../../electron/recognition/formats/byte-source.ts'
import { readContent } from '../../../../electron/recognition/read-content.ts'
import { emptyPickle } from '../../../fixtures/model-files.ts'
import {
  frameOf,
  imported,
  legacyTorch,
  pickleOf,
  shellCall,
  stateDict,
  text,
  torchZip,
} from '../../../fixtures/pickles.ts'
import { seededBytes } from '../../../fixtures/seeded.ts'
import { zipOf } from '../../../fixtures/zip-files.ts'

// Pickles that Python's loaders read in another way than one opcode after the other. Each was executed by the
// loader that its comment names.

const read = (bytes: Buffer) => readContent(bufferSource(bytes), 'm.pt')
const failureOf = async (bytes: Buffer) => (await read(bytes)).failure
const failureCode = async (bytes: Buffer) => (await failureOf(bytes))?.code ?? 'accepted'

const protocol4 = Buffer.from([0x80, 4])
/** A call of the shell that a reader skips as bytes when it arrives at the opcode before it. */
const hiddenCall = Buffer.concat([
  Buffer.from(['C'.charCodeAt(0), shellCall.length - 3]),
  shellCall.subarray(2, -1),
])
const oldCall = Buffer.from("cposix\nsystem\n(S'echo harm'\ntR.")

/**
 * `_pickle.c` drops the rest of a frame when an argument overlaps its end, and reads the argument behind the
 * frame; `pickle.py` fails.
 */
function overlappingFrame(argument: string): Buffer {
  const behind = Buffer.concat([Buffer.from('zz'), hiddenCall, Buffer.from('0N.')])
  return Buffer.concat([protocol4, frameOf(argument), behind])
}

test('reports an argument that overlaps the end of its frame', async () => {
  // A text of four bytes, and a number of four bytes, of which two are in the frame.
  for (const argument of ['\x8c\x04ab', 'Jab']) {
    const bytes = overlappingFrame(argument)
    expect(await failureOf(bytes)).toMatchObject({
      code: 'file-not-scanned',
      params: { problem: 'an instruction overlaps the end of its frame' },
    })
    expect(await failureCode(torchZip(bytes))).toBe('file-not-scanned')
    expect(await failureCode(Buffer.concat([bytes, legacyTorch(emptyPickle)]))).toBe('file-not-scanned')
    expect(await failureCode(legacyTorch(bytes))).toBe('file-not-scanned')
    const member = zipOf([{ name: 'archive/data/0', bytes }])
    expect(await failureCode(member)).toBe('file-not-scanned')
  }
})

test('reports a line that overlaps the end of its frame', async () => {
  const bytes = Buffer.concat([protocol4, frameOf('Vab'), Buffer.from('\n'), hiddenCall, Buffer.from('0.')])
  expect(await failureCode(bytes)).toBe('file-not-scanned')
})

test('reports a pickle that ends or begins a frame within a frame', async () => {
  // `pickle.py` continues behind the frame of an ended pickle, `_pickle.c` behind its end.
  const ended = Buffer.concat([protocol4, frameOf('N.', hiddenCall.subarray(0, 2)), hiddenCall.subarray(2)])
  expect(await failureCode(Buffer.concat([ended, Buffer.from('0N.')]))).toBe('file-not-scanned')
  const nested = Buffer.concat([protocol4, frameOf(frameOf('N'), 'N.')])
  expect(await failureCode(nested)).toBe('file-not-scanned')
})

test('interprets a frame beyond the end, which only pickle.py loads', async () => {
  for (const lengthByte of [0x10, 0xff]) {
    const frame = Buffer.from([0x95, 0, 0, 0, 0, 0, 0, lengthByte, 0])
    const bytes = Buffer.concat([protocol4, frame, shellCall.subarray(2)])
    expect(await failureCode(bytes)).toBe('file-dangerous')
    expect(await failureCode(Buffer.concat([protocol4, frame, Buffer.from('N.')]))).toBe('file-not-scanned')
  }
})

test('accepts frames as Python writes them', async () => {
  const large = Buffer.from([0x8e, 0, 0, 1, 0, 0, 0, 0, 0])
  const value = Buffer.concat([
    protocol4,
    frameOf('}\x94(', text('a')),
    // A payload of 64 KB and more stands between two frames.
    Buffer.concat([large, Buffer.alloc(0x10000, '.')]),
    frameOf('u.'),
  ])
  expect(await failureCode(value)).toBe('accepted')
  expect(await failureCode(torchZip(value))).toBe('accepted')
})

test('finds old protocols in zip members of any name', async () => {
  for (const name of ['archive/data/0', 'weights', 'a.txt', 'a.dill']) {
    for (const deflated of [false, true]) {
      const member = (bytes: Buffer) => zipOf([{ name, bytes, deflated }])
      expect(await failureCode(member(oldCall)), name).toBe('file-dangerous')
      expect(await failureCode(member(Buffer.from('csome.trainer\nCallback\n.'))), name).toBe(
        'file-suspicious',
      )
    }
  }
  const second = Buffer.concat([Buffer.from('N.'), oldCall])
  expect(await failureCode(zipOf([{ name: 'weights', bytes: second }]))).toBe('file-dangerous')
})

test('accepts lists of words, unless they call something first', async () => {
  const member = (bytes: string) => zipOf([{ name: 'archive/extra/labels.txt', bytes: Buffer.from(bytes) }])
  expect(await failureCode(member('cat\ndog\nhorse\n'))).toBe('accepted')
  // A call before the failure has run.
  expect(await failureCode(member('csome.trainer\nstart\n)Rdog\n'))).toBe('file-suspicious')
  expect(await failureCode(member('(isome.trainer\nstart\ndog\n'))).toBe('file-suspicious')
})

test('accepts members of random bytes', async () => {
  const members = Array.from({ length: 4_000 }, (_, number) => ({
    name: `archive/data/${number}`,
    bytes: seededBytes(number, 600),
  }))
  expect(await failureCode(zipOf(members))).toBe('accepted')
})

test('reports a class or function that is changed instead of created', async () => {
  // `(None, {'changed': 1})` sets an attribute of the class itself.
  const state = Buffer.concat([Buffer.from('N}'), text('changed'), Buffer.from('K\x01s\x86b', 'latin1')])
  const counter = imported('collections', 'Counter')
  expect(await failureCode(pickleOf(counter, state))).toBe('file-not-scanned')
  const tag = imported('torch.jit._pickle', 'restore_type_tag')
  expect(await failureCode(pickleOf(tag, counter, text(''), '\x86R', state))).toBe('file-not-scanned')
  expect(await failureCode(pickleOf(counter, ')R', state))).toBe('accepted')
  // What is imported afterwards may be anything, here the text that was put into the module.
  const utilities = imported('torch', '_utils')
  const put = Buffer.concat([Buffer.from('}'), text('_rebuild_tensor'), text('builtins'), Buffer.from('sb0')])
  const name = imported('torch._utils', '_rebuild_tensor')
  expect(await failureCode(pickleOf(utilities, put, name, name, '\x93'))).toBe('file-dangerous')
})

test('reports arrays of joblib and compressed files', async () => {
  const wrapper = imported('joblib.numpy_pickle', 'NumpyArrayWrapper')
  expect(await failureOf(pickleOf(wrapper, ')\x81}b'))).toMatchObject({
    code: 'file-not-scanned',
    params: { problem: 'it holds arrays of joblib' },
  })
  // Joblib decompresses it; as a pickle it is a payload of a size that its fifth byte chooses.
  const compressed = Buffer.concat([Buffer.from('BZh\0\0'), Buffer.alloc(0x685a), Buffer.from('.')])
  expect(await failureCode(compressed)).toBe('file-not-scanned')
})

test('checks the size of the legacy format’s storages', async () => {
  const tensors = { a: { dtype: 'F32', shape: [3] }, b: { dtype: 'F16', shape: [2, 2] } }
  const whole = legacyTorch(stateDict(tensors), tensors)
  expect(await failureCode(whole)).toBe('accepted')
  expect((await failureOf(whole.subarray(0, -1)))?.params).toEqual({ problem: 'it ends in the middle' })
  expect((await failureOf(Buffer.concat([whole, oldCall])))?.params).toEqual({
    problem: 'bytes follow its end',
  })
  // A negative size would make room for other bytes.
  const negative = legacyTorch(stateDict({ ...tensors, a: { dtype: 'F32', shape: [-3] } }))
  expect(await failureCode(Buffer.concat([negative, Buffer.alloc(12, 7)]))).toBe('file-not-scanned')
})
