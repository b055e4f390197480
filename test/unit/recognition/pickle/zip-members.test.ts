import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { bufferSource } from '../../../../electron/recognition/formats/byte-source.ts'
import { scanZip } from '../../../../electron/recognition/pickle/zip-members.ts'
import { readContent } from '../../../../electron/recognition/read-content.ts'
import {
  computedShellCalls,
  imported,
  pickleOf,
  shellCall,
  stateDict,
  text,
  torchZip,
} from '../../../fixtures/pickles.ts'
import { seededBytes } from '../../../fixtures/seeded.ts'
import { tarOf } from '../../../fixtures/tar-files.ts'
import { zipOf, type ZipFixtureMember } from '../../../fixtures/zip-files.ts'

const tensors = { weight: { dtype: 'F16', shape: [4, 4] } } as const
const model: ZipFixtureMember[] = [
  { name: 'm/data.pkl', bytes: stateDict(tensors) },
  { name: 'm/version', bytes: Buffer.from('3\n') },
]

/** The verdict on a model with one more member. */
async function withMember(name: string, bytes: Buffer, deflated = false): Promise<string> {
  const archive = zipOf([...model, { name, bytes, deflated }])
  const { failure } = await readContent(bufferSource(archive), 'm.pt2')
  const detail = failure?.params.imports ?? failure?.params.problem
  return failure === null ? 'sound' : [failure.code, detail].join(' ')
}

const textPickle = Buffer.from("cposix\nsystem\n(S'echo harm'\ntR.")
const program = Buffer.concat([Buffer.from('\u007fELF'), Buffer.alloc(60)])

test('scans pickles of every protocol in members of any name', async () => {
  for (const name of ['m/data/0', 'm/extra', 'm/a.json', 'm/x.storage', 'm/sub/']) {
    expect(await withMember(name, textPickle), name).toBe('file-dangerous posix.system')
    expect(await withMember(name, textPickle, true), name).toBe('file-dangerous posix.system')
    expect(await withMember(name, shellCall), name).toBe('file-dangerous posix.system')
  }
  const computed = pickleOf(imported('builtins', 'str'), ')R', text('x'), '\x93')
  expect(await withMember('m/extra', computed)).toBe('file-dangerous something computed')
  for (const call of computedShellCalls) {
    expect(await withMember('m/extra', call)).toBe('file-dangerous something computed')
  }
})

test('scans zips inside zips, up to a limit', async () => {
  const nested = (depth: number): Buffer =>
    depth === 0 ? torchZip(shellCall) : zipOf([{ name: 'm/inner.pt', bytes: nested(depth - 1) }])
  expect(await withMember('m/inner', nested(0))).toBe('file-dangerous posix.system')
  expect(await withMember('m/inner', nested(2), true)).toBe('file-dangerous posix.system')
  expect(await withMember('m/inner', nested(3))).toBe('file-not-scanned zips inside zips too deeply')
  expect(await withMember('m/weights.pt', torchZip(stateDict(tensors)))).toBe('sound')
  const many = zipOf(
    Array.from({ length: 3 }, (_, one) => ({ name: `${one}`, bytes: torchZip(pickleOf('N')) })),
  )
  expect((await scanZip(bufferSource(many), { unpackedBytesLeft: 0, membersLeft: 15 })).problem).toBeNull()
  expect((await scanZip(bufferSource(many), { unpackedBytesLeft: 0, membersLeft: 14 })).problem).toBe(
    'too many members',
  )
})

test('reports native code and Python sources, but not the sources of TorchScript', async () => {
  expect(await withMember('m/data/aotinductor/model/a.so', Buffer.alloc(9))).toBe(
    'file-dangerous m/data/aotinductor/model/a.so',
  )
  expect(await withMember('m/lib', program)).toBe('file-dangerous m/lib')
  expect(await withMember('m/lib', program, true)).toBe('file-dangerous m/lib')
  expect(await withMember('m/hook.py', Buffer.from('pass'))).toBe('file-suspicious m/hook.py')
})

test('accepts sources of TorchScript only where torch.jit.load reads them', async () => {
  const code = { name: 'm/code/__torch__.py', bytes: Buffer.from('class Model(Module):\n  pass\n') }
  const constants = { name: 'm/constants.pkl', bytes: pickleOf(')') }
  const packaged = { name: 'm/.data/extern_modules', bytes: Buffer.from('torch\n') }
  const verdict = async (members: readonly ZipFixtureMember[]) =>
    (await readContent(bufferSource(zipOf([...model, ...members])), 'm.pt')).failure?.code ?? 'sound'
  expect(await verdict([code, constants])).toBe('sound')
  expect(await verdict([code])).toBe('file-suspicious')
  expect(await verdict([code, constants, packaged])).toBe('file-suspicious')
})

test('accepts an archive of torch.export', async () => {
  const text = (name: string, content: string) => ({ name: `m/${name}`, bytes: Buffer.from(content) })
  const archive = zipOf([
    { name: 'm/data/weights/weight_0', bytes: seededBytes(1, 4_000) },
    { name: 'm/data/constants/tensor_0', bytes: Buffer.alloc(64, 'N') },
    text('data/weights/model_weights_config.json', '{"config": {}}'),
    text('models/model.json', '{"graph_module": {}}'),
    { name: 'm/data/sample_inputs/model.pt', bytes: torchZip(stateDict(tensors)) },
    ...['archive_format', 'archive_version', 'byteorder', '.data/version'].map((name) => text(name, '3')),
  ])
  const { failure, isPytorchZip } = await readContent(bufferSource(archive), 'm.pt2')
  expect([failure, isPytorchZip]).toEqual([null, true])
})

test('reports archives that are not looked into', async () => {
  const sevenZip = Buffer.concat([Buffer.from('377abcaf271c0004', 'hex'), Buffer.alloc(40)])
  const problem = (name: string) => `file-not-scanned a member is a ${name} archive, which isn’t looked into`
  expect(await withMember('m/extra', sevenZip)).toBe(problem('7z'))
  expect(await withMember('m/extra', gzipSync('x'))).toBe(problem('gzip'))
  expect(await withMember('m/extra', tarOf([{ name: 'a', bytes: Buffer.from('x') }]))).toBe(problem('tar'))
})

test('reports a pickle in any member that only Python reads to its end', async () => {
  const notScanned = (problem: string) => `file-not-scanned ${problem}`
  expect(await withMember('m/extra', Buffer.from(`Np${'0'.repeat(1_001)}\n.`))).toBe(
    notScanned('a memo with a long number'),
  )
  const long = Buffer.concat([Buffer.alloc(5_000_000, 'N'), textPickle])
  expect(await withMember('m/extra', long)).toBe(notScanned('it is too long to be looked through'))
})

test('does not recognise numbers, texts and lists of words as pickles', async () => {
  for (const words of [
    'collections\ntorch._utils\ntorch\n',
    'little',
    '3\n',
    '{"a": 1}',
    'config\nmodel\nx',
  ]) {
    expect(await withMember('m/.data/extern_modules', Buffer.from(words)), words).toBe('sound')
  }
  const members = Array.from({ length: 3_000 }, (_, seed) => ({
    name: `m/data/${seed}`,
    bytes: seededBytes(seed, 600),
  }))
  const { imports, problem } = await scanZip(bufferSource(zipOf([...model, ...members])))
  expect([imports.filter(({ level }) => level !== 'innocuous'), problem]).toEqual([[], null])
})

test('shows the tensors of the pickle that torch.load opens', async () => {
  const other = stateDict({ other: { dtype: 'F32', shape: [2] } })
  const archive = zipOf([
    { name: 'm/x', bytes: Buffer.from('x') },
    { name: 'a/data.pkl', bytes: other },
    ...model,
  ])
  const { header } = await readContent(bufferSource(archive), 'm.pt')
  expect([...(header?.tensors.keys() ?? [])]).toEqual(['weight'])
})

test.each([
  [['m/data.pkl', 'm/version'], true],
  [['m/archive_format'], true],
  [['m/data.pkl'], false],
  [['m/version'], false],
  [['m/data.pkl', 'n/version'], false],
  [['data.pkl', 'version'], false],
  [['m/n/data.pkl', 'm/n/version'], false],
])('takes a zip with the members %j for one of PyTorch: %s', async (names, isPytorch) => {
  const members = names.map((name) => ({ name, bytes: pickleOf('N') }))
  expect((await scanZip(bufferSource(zipOf(members)))).isPytorch).toBe(isPytorch)
  const cut = bufferSource(zipOf(members).subarray(0, -1))
  expect(await scanZip(cut)).toMatchObject({ problem: 'zip archive without its end', isPytorch: false })
})

test('counts a packed member that can’t be unpacked as if it were the largest', async () => {
  const limits = { unpackedBytesLeft: 64 * 1024 * 1024, membersLeft: 10 }
  const namesIn = async (deflated: boolean) => {
    const damaged = { name: 'damaged', bytes: Buffer.alloc(1_000), deflated }
    const archive = zipOf([damaged, { name: 'harm.pkl', bytes: shellCall, deflated: true }])
    // The signature of its own header.
    archive[0] = 0
    const { imports, problem } = await scanZip(bufferSource(archive), limits)
    expect(problem).not.toBeNull()
    return imports.map(({ name }) => name)
  }
  expect(await namesIn(false)).toEqual(['posix.system'])
  expect(await namesIn(true)).toEqual([])
})
