import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { bufferSource } from '../../../electron/recognition/formats/byte-source.ts'
import { readContent } from '../../../electron/recognition/read-content.ts'
import { ggufHeader } from '../../fixtures/gguf-files.ts'
import { safetensorsHeader } from '../../fixtures/model-files.ts'
import { onnxOf } from '../../fixtures/onnx-files.ts'
import {
  computedShellCalls,
  frameOf,
  npyOf,
  pickleOf,
  shellCall,
  stateDict,
  torchZip,
} from '../../fixtures/pickles.ts'
import { seededBytes } from '../../fixtures/seeded.ts'
import { tarOf } from '../../fixtures/tar-files.ts'
import { zipOf } from '../../fixtures/zip-files.ts'

async function read(bytes: Buffer, name: string) {
  const { failure, format } = await readContent(bufferSource(bytes), name)
  const { code = 'sound', params = {} } = failure ?? {}
  return { code, problem: params.problem, format }
}
const verdict = async (bytes: Buffer, name: string) => (await read(bytes, name)).code

/** A call of a shell in protocol 0, which has no signature. */
const textPickle = Buffer.from("cposix\nsystem\n(S'echo harm'\ntR.")
const tensors = { weight: { dtype: 'F16', shape: [4, 4] } } as const

/** PyTorch's legacy format in 33 bytes: a tar has room for it in the name of its first member. */
const shortLegacyModel = Buffer.concat([
  pickleOf(Buffer.from('8a0a6cfc9c46f9206aa85019', 'hex')),
  pickleOf(Buffer.from('4de903', 'hex')),
  pickleOf('}'),
  pickleOf('}'),
  pickleOf(']'),
])

test('torch.load: finds the members of a tar whose first name is a whole legacy model', async () => {
  const tar = (storages: Buffer) =>
    tarOf([
      { name: shortLegacyModel, bytes: Buffer.alloc(0) },
      { name: 'storages', bytes: storages },
    ])
  expect(await verdict(tar(shellCall), 'm.pt')).toBe('file-dangerous')
  expect(await read(tar(pickleOf('K\0')), 'm.pt')).toMatchObject({
    code: 'file-not-scanned',
    problem: 'loaders read it in different ways',
  })
  const plain = tarOf([{ name: 'storages', bytes: pickleOf('K\0') }])
  expect(await verdict(plain, 'm.pth')).toBe('file-not-scanned')
  expect(await verdict(plain, 'm.unknown')).toBe('file-not-scanned')
})

/** Valid GGUF: BINFLOAT takes the magic, UNICODE the rest up to the line feed in a key of the metadata. */
function ggufPickle(): Buffer {
  const names = Array.from(
    { length: 0x5600 },
    (_, index) => [String(index), { type: 0, shape: [8] }] as const,
  )
  const metadata = { 'general.architecture': 'llama', [`general.x\n0${textPickle.toString()}`]: 'x' }
  const { header, dataBytes } = ggufHeader({ metadata, tensors: Object.fromEntries(names) })
  return Buffer.concat([header, Buffer.alloc(dataBytes)])
}

test('pickle.load: valid GGUF of any name is scanned as the pickle that it may be', async () => {
  const bytes = ggufPickle()
  expect(await read(bytes, 'm.gguf')).toMatchObject({ code: 'file-dangerous', format: 'gguf' })
  expect(await verdict(bytes, 'm.bin')).toBe('file-misnamed')
  expect(await verdict(bytes, 'm.pt')).toBe('file-misnamed')
  expect(await verdict(bytes, 'm')).toBe('file-dangerous')
  expect(await verdict(bytes, 'm.unknown')).toBe('file-dangerous')
  const harmless = ggufHeader({ metadata: { 'general.architecture': 'flux' } }).header
  expect(await verdict(harmless, 'm')).toBe('sound')
})

/** A header with its length in front, without padding it. */
function withExactLength(header: string): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, Buffer.from(header)])
}

/** Valid safetensors of which `V`, the low byte of the header's length, makes a text up to a line feed. */
function safetensorsPickle(pickle: Buffer = textPickle): Buffer {
  const data = Buffer.concat([Buffer.from('\n0'), pickle])
  const header = `{"w":{"dtype":"U8","shape":[${data.length}],"data_offsets":[0,${data.length}]}}`.padEnd(
    0x56,
  )
  return Buffer.concat([withExactLength(header), data])
}

test('safetensors: a valid file of any name is scanned as the pickle that it may be', async () => {
  const bytes = safetensorsPickle()
  expect(await read(bytes, 'm.safetensors')).toMatchObject({ code: 'file-dangerous', format: 'safetensors' })
  expect(await verdict(bytes, 'm.sft')).toBe('file-dangerous')
  expect(await verdict(bytes, 'm.ckpt')).toBe('file-misnamed')
  expect(await verdict(bytes, 'm')).toBe('file-dangerous')
  for (const call of computedShellCalls) {
    expect(await verdict(safetensorsPickle(call), 'm.safetensors')).toBe('file-dangerous')
  }
})

test('safetensors: a harmless file is sound with and without its extension', async () => {
  const { header, dataBytes } = safetensorsHeader(tensors)
  for (let seed = 0; seed < 300; seed += 1) {
    const padded = withExactLength(header.toString('utf8', 8).padEnd(header.length - 8 + seed))
    const bytes = Buffer.concat([padded, seededBytes(seed, dataBytes)])
    expect(await verdict(bytes, 'm')).toBe('sound')
    expect(await verdict(bytes, 'm.safetensors')).toBe('sound')
  }
})

test('numpy.load: scans arrays and zips of arrays by any name', async () => {
  const array = npyOf("'|O'", [1], textPickle)
  const zip = zipOf([{ name: 'a', bytes: array }])
  for (const name of ['m.npy', 'm.pt', 'm.unknown', 'm']) {
    expect(await verdict(array, name), name).toBe('file-dangerous')
    expect(await verdict(zip, name), name).toBe('file-dangerous')
  }
  const emptyZip = zipOf([])
  expect(await verdict(Buffer.concat([emptyZip, zip]), 'm.pt')).toBe('file-not-scanned')
})

test('joblib.load: reports compressed pickles and other archives as not scanned', async () => {
  const zipped = gzipSync(shellCall)
  for (const name of ['m.pkl', 'm.joblib', 'm.pt', 'm.unknown', 'm.txt', 'm']) {
    expect(await read(zipped, name), name).toMatchObject({
      code: 'file-not-scanned',
      problem: 'it is a gzip archive, which isn’t looked into',
    })
  }
  const sevenZip = Buffer.concat([Buffer.from('377abcaf271c0004', 'hex'), Buffer.alloc(40)])
  expect(await verdict(sevenZip, 'm.7z')).toBe('file-not-scanned')
})

test('onnx.load: a valid graph is scanned as the pickle that it may be', async () => {
  const graph = onnxOf([{ name: 'w', shape: [2] }])
  expect(await read(graph, 'm.onnx')).toMatchObject({ code: 'sound', format: 'onnx' })
  // An unknown field, of which a pickle makes BININT and its four bytes.
  const field = Buffer.concat([Buffer.from('xxx0'), textPickle])
  const polyglot = Buffer.concat([Buffer.from(['J'.charCodeAt(0), field.length]), field, graph])
  expect(await read(polyglot, 'm.onnx')).toMatchObject({ code: 'file-dangerous', format: 'onnx' })
  for (const other of [shellCall, torchZip(shellCall), ggufPickle()]) {
    expect(await verdict(other, 'm.onnx')).toBe('file-misnamed')
  }
})

test('scans pickles of every protocol by any name', async () => {
  expect(await verdict(textPickle, 'm')).toBe('file-dangerous')
  expect(await verdict(textPickle, 'm.model')).toBe('file-dangerous')
  expect(await verdict(textPickle, 'm.txt')).toBe('file-dangerous')
  expect(await verdict(textPickle, 'm.json')).toBe('file-dangerous')
  expect(await verdict(torchZip(shellCall), 'm.json')).toBe('file-dangerous')
})

test('reports a call of a computed name by any name, although the pickle is damaged behind it', async () => {
  for (const call of computedShellCalls) {
    for (const name of ['m', 'm.unknown', 'm.txt']) {
      expect(await verdict(call, name), name).toBe('file-dangerous')
    }
  }
})

test('accepts texts, numbers and damaged pickles of other names', async () => {
  expect(await verdict(Buffer.from('cat\ndog\nbird\n'), 'vocab.txt')).toBe('sound')
  expect(await verdict(Buffer.from('config:\n  model: x\n'), 'm.yaml')).toBe('sound')
  expect(await verdict(Buffer.from('click here,\nthen there\n'), 'NOTICE')).toBe('sound')
  const long = 'x'.repeat(1_000)
  for (const lines of [
    'common\nlogging.level: info\n',
    'contents\ntest.py - runs the tests\n',
    'config.json\ntest.json\n',
    `cond_stage_model.transformer.text_model.${long}\nmodel_ema.decay\n`,
    `cond_stage_model.transformer\ntext_model.${long}\n`,
    `caption\nWatercolor. A paragraph ${long}\n`,
    'cat\ndog\nFox\nant\n',
  ]) {
    for (const name of ['vocab.txt', 'm.yaml', 'm.unknown', 'm']) {
      expect(await verdict(Buffer.from(lines), name), `${name} ${lines}`).toBe('sound')
    }
    const member = zipOf([{ name: 'm/extra', bytes: Buffer.from(lines) }])
    expect(await verdict(member, 'm.unknown'), lines).toBe('sound')
  }
  for (let seed = 0; seed < 2_000; seed += 1) {
    expect(await verdict(seededBytes(seed, 5_000), 'weights.unknown'), String(seed)).toBe('sound')
  }
})

test('keeps asking for a program or a pickle that only Python reads to its end', async () => {
  const program = Buffer.concat([Buffer.from('\u007fELF'), Buffer.alloc(60)])
  expect(await read(program, 'm.unknown')).toMatchObject({
    code: 'file-not-scanned',
    problem: 'it is a program',
  })
  const beyondLimit = Buffer.concat([Buffer.alloc(5_000_000, 'N'), textPickle])
  expect(await verdict(beyondLimit, 'm.unknown')).toBe('file-not-scanned')
  expect(await verdict(safetensorsPickle(beyondLimit), 'm.safetensors')).toBe('file-not-scanned')
})

const startCall = 'ctrainer\nstart\n)R\xff'
const packageCall = "(S'reduce_package'\nN(ctrainer\nstart\n)ttQ\xff"

/** Programs that one of Python's unpicklers runs up to a call, and what they are reported as. */
test.each([
  ...['0\0x', ' 0', '+0', '1_0', '0 ', '\t0\r', '-0', '00'].map((line) => [`Np${line}\n0${startCall}`]),
  ...['I\0x\n', 'I 0x7\n', 'L+7 L\n', 'F 1_0.5\n', 'Finf\n'].map((line) => [`${line}0${startCall}`]),
  // `pickle.py` takes the rest without its last byte for a line.
  ['(itrainer\nstartX'],
  ...['Na', '(Ne', 'NNs', '\x98'].map((call) => [`ctrainer\nstart\n${call}\xff`]),
  ['ca-trainer\nstart\n)R\xff'],
  [packageCall],
  // `_pickle.c` reads the line behind the frame, and nothing of it in the frame.
  [`${frameOf('V\\u').toString('latin1')}zz\n0${startCall}`, 'file-not-scanned'],
  [`ccollections\nCounter\n}b\xff`, 'file-not-scanned'],
])('reports a pickle hidden in a file of any kind: %j', async (program, code = 'file-suspicious') => {
  const bytes = Buffer.from(program, 'latin1')
  expect(await verdict(safetensorsPickle(bytes), 'm.safetensors')).toBe(code)
  expect(await verdict(bytes, 'm.unknown')).toBe(code)
  const member = zipOf([
    { name: 'm/data.pkl', bytes: stateDict(tensors) },
    { name: 'm/data/0', bytes },
  ])
  expect(await verdict(member, 'm.pt')).toBe(code)
})

test('says of valid safetensors that can’t be scanned why they are scanned', async () => {
  const bytes = safetensorsPickle(Buffer.from(`Np${'0'.repeat(1_001)}\n.`))
  expect((await read(bytes, 'm.safetensors')).problem).toBe(
    'it also reads as a pickle: a memo with a long number',
  )
})

test('accepts what PyTorch writes by every name that torch.load accepts', async () => {
  for (const name of ['m.pt', 'm.pth', 'm.ckpt', 'm.bin', 'm.pkl', 'm.pt2']) {
    expect(await read(torchZip(stateDict(tensors)), name)).toMatchObject({ code: 'sound', format: 'pytorch' })
  }
})
