import { expect, test } from 'vitest'
import { bufferSource } from '../../../../electron/recognition/formats/byte-source.ts'
import { ByteWindow } from '../../../../electron/recognition/formats/byte-window.ts'
import { importLevel } from '../../../../electron/recognition/pickle/dangerous-imports.ts'
import { scanPickle } from '../../../../electron/recognition/pickle/scan.ts'
import { scanZip } from '../../../../electron/recognition/pickle/zip-members.ts'
import { readContent } from '../../../../electron/recognition/read-content.ts'
import { partFamilies } from '../../../fixtures/families-of-parts.ts'
import { emptyPickle } from '../../../fixtures/model-files.ts'
import {
  imported,
  legacyTorch,
  pickleOf,
  shellCall,
  stateDict,
  text,
  torchZip,
} from '../../../fixtures/pickles.ts'
import { seededRandom } from '../../../fixtures/seeded.ts'
import { zipOf } from '../../../fixtures/zip-files.ts'

const scan = (bytes: Buffer) => scanPickle(new ByteWindow(bufferSource(bytes)))
const failureCode = async (bytes: Buffer) => (await read(bytes)).failure?.code ?? 'accepted'

const esrgan = partFamilies.ESRGAN.tensors

const read = (bytes: Buffer) => readContent(bufferSource(bytes), 'm.pt')

test('reads the tensors of a saved model without loading it', async () => {
  const { failure, header, imports } = await read(torchZip(stateDict(esrgan)))
  expect(failure).toBeNull()
  expect(imports?.map(({ level }) => level)).toEqual(['innocuous', 'innocuous', 'innocuous'])
  expect([...(header?.tensors ?? [])]).toEqual(
    Object.entries(esrgan).map(([name, { dtype, shape }]) => [
      name,
      { dtype, shape, sizeBytes: shape.reduce((product, length) => product * length, 2) },
    ]),
  )
})

test('finds tensors within wrappers of training code and in the legacy format', async () => {
  const wrapped = await read(torchZip(stateDict(esrgan, 'params_ema')))
  const old = await read(legacyTorch(stateDict(esrgan, 'state_dict'), esrgan))
  expect([...(wrapped.header?.tensors.keys() ?? [])]).toEqual(Object.keys(esrgan))
  expect([...(old.header?.tensors.keys() ?? [])]).toEqual(Object.keys(esrgan))
  expect(old.failure).toBeNull()
})

test('reports dangerous imports of every form', async () => {
  const viaMemo = pickleOf(
    text('os'),
    'q\x01',
    '0',
    text('system'),
    'q\x02',
    '0',
    'h\x01',
    'h\x02',
    '\x93',
    ')R',
  )
  const instance = pickleOf('(', text('ls'), 'ios\nsystem\n')
  const first = Buffer.concat([shellCall.subarray(0, -1), Buffer.from('0'), stateDict(esrgan).subarray(2)])
  for (const bytes of [shellCall, viaMemo, instance, first, legacyTorch(shellCall)]) {
    expect(await failureCode(bytes)).toBe('file-dangerous')
  }
  expect((await scan(viaMemo)).imports).toEqual([{ name: 'os.system', level: 'dangerous' }])
})

test('reports an import with a computed name as dangerous', async () => {
  const computed = pickleOf(imported('builtins', 'str'), ')R', text('x'), '\x93')
  const registered = pickleOf('\x82\x01')
  expect(await failureCode(computed)).toBe('file-dangerous')
  expect(await failureCode(registered)).toBe('file-dangerous')
})

test('reports imports that a model doesn’t need as suspicious', async () => {
  const callback = imported('pytorch_lightning.callbacks.model_checkpoint', 'ModelCheckpoint')
  const { failure } = await read(pickleOf(callback))
  expect([failure?.code, failure?.params]).toEqual([
    'file-suspicious',
    { imports: 'pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint' },
  ])
})

test('classifies dotted names by the attributes that they resolve to', () => {
  expect(importLevel('torch', 'serialization.os.system')).toBe('dangerous')
  expect(importLevel('torch._utils', '_rebuild_tensor_v2')).toBe('innocuous')
  expect(importLevel('torch._utils', '_rebuild_tensor_v9')).toBe('suspicious')
  expect(importLevel('builtins', 'eval')).toBe('dangerous')
  expect(importLevel('constructor', 'prototype')).toBe('suspicious')
})

test('reports a failed scan, and its dangerous imports first', async () => {
  const cut = stateDict(esrgan).subarray(0, -40)
  const malformedEnd = Buffer.concat([shellCall.subarray(0, -1), Buffer.from([0xff])])
  expect(await failureCode(cut)).toBe('file-not-scanned')
  expect(await failureCode(malformedEnd)).toBe('file-dangerous')
  expect(await failureCode(pickleOf('h\x07'))).toBe('file-not-scanned')
  expect(await failureCode(pickleOf('RRRR'))).toBe('file-not-scanned')
})

const magicInText = 'L119547037146038801333356L\n.'

test('scans what follows a pickle’s end in any protocol', async () => {
  const harm = "cposix\nsystem\n(S'echo harm'\ntR."
  const old = Buffer.from(`${magicInText}I1001\n.${harm}`, 'latin1')
  expect(await failureCode(old)).toBe('file-dangerous')
  expect(await failureCode(Buffer.concat([emptyPickle, Buffer.from(harm)]))).toBe('file-dangerous')
  const inZip = zipOf([{ name: 'archive/data.pkl', bytes: Buffer.concat([emptyPickle, Buffer.from(harm)]) }])
  expect(await failureCode(inZip)).toBe('file-dangerous')
})

test('reports unreadable bytes behind a pickle except in the legacy format', async () => {
  const numbers = Buffer.from([0x3f, 0x80, 0, 0, 7, 7, 7])
  // A tar, PyTorch's first format, begins with the name of its first member, here a valid pickle.
  const tar = Buffer.concat([Buffer.from('N.'), Buffer.alloc(510), numbers])
  expect(await failureCode(tar)).toBe('file-not-scanned')
  expect(await failureCode(Buffer.concat([emptyPickle, numbers]))).toBe('file-not-scanned')
  expect(await failureCode(Buffer.concat([...Array<Buffer>(5).fill(emptyPickle), numbers]))).toBe(
    'file-not-scanned',
  )
  expect(await failureCode(Buffer.concat(Array<Buffer>(5).fill(emptyPickle)))).toBe('accepted')
  const old = legacyTorch(stateDict(esrgan), esrgan)
  expect(await failureCode(old)).toBe('accepted')
  expect(await failureCode(Buffer.concat([old, numbers]))).toBe('file-not-scanned')
  expect(await failureCode(old.subarray(0, -1))).toBe('file-not-scanned')
  const framed = Buffer.from('8004950d000000000000008a0a6cfc9c46f9206aa850192e', 'hex')
  expect(await failureCode(Buffer.concat([framed, old.subarray(old.indexOf('.') + 1)]))).toBe('accepted')
})

test('reports a malformed or missing fifth pickle of the legacy format', async () => {
  const whole = legacyTorch(stateDict(esrgan))
  const last = whole.lastIndexOf(Buffer.from([0x80, 2]))
  // A text of any length may precede a call.
  const hidden = pickleOf(`V${'x'.repeat(200_000)}\n0cposix\nsystem\n(tR`)
  expect(await failureCode(Buffer.concat([whole.subarray(0, last), hidden]))).toBe('file-dangerous')
  expect(await failureCode(Buffer.concat([whole.subarray(0, last), Buffer.from([0x80, 2, 0xff])]))).toBe(
    'file-not-scanned',
  )
  expect(await failureCode(whole.subarray(0, last))).toBe('file-not-scanned')
})

test('scans every member of a zip, whatever its name and compression', async () => {
  const members = [{ name: 'archive/data.pkl', bytes: emptyPickle }]
  const and = (name: string, bytes: Buffer, deflated = false) =>
    zipOf([...members, { name, bytes, deflated }])
  expect(await failureCode(and('archive/data/7', shellCall))).toBe('file-dangerous')
  expect(await failureCode(and('archive/data/7', shellCall, true))).toBe('file-dangerous')
  expect(await failureCode(and('archive/extra.pkl', Buffer.from('cos\nsystem\n.')))).toBe('file-dangerous')
  expect(await failureCode(and('archive/data/7', Buffer.from([0x80, 2, 0xff, 0xff])))).toBe('accepted')
})

test('reports a zip with contradictory records', async () => {
  const member = { name: 'archive/data.pkl', bytes: emptyPickle }
  expect(await failureCode(zipOf([member]))).toBe('accepted')
  expect(await failureCode(zipOf([{ ...member, localName: 'archive/else.pkl' }]))).toBe('file-not-scanned')
  expect(await failureCode(zipOf([member, member]))).toBe('file-not-scanned')
  expect(await failureCode(zipOf([{ ...member, flags: 1 }]))).toBe('file-not-scanned')
  const shifted = Buffer.concat([Buffer.alloc(7), zipOf([member])])
  expect(await failureCode(shifted)).toBe('file-not-scanned')
})

test('reports overlapping members and contradictory long names', async () => {
  const [one, other] = ['1', '2'].map((end) => ({ name: 'a'.repeat(600) + end, bytes: emptyPickle }))
  const shared = zipOf(one && other ? [one, other] : [])
  expect(await failureCode(shared)).toBe('accepted')
  // The offset of the member in the directory's second entry.
  shared.writeUInt32LE(0, shared.lastIndexOf('PK\x01\x02', undefined, 'latin1') + 42)
  expect(await failureCode(shared)).toBe('file-not-scanned')
  const longElsewhere = { name: 'archive/data.pkl', localName: 'x'.repeat(600), bytes: emptyPickle }
  expect(await failureCode(zipOf([longElsewhere]))).toBe('file-not-scanned')
})

test('limits the unpacked size of all members together', async () => {
  const member = (number: number) => ({ name: `data/${number}`, bytes: Buffer.alloc(1_000), deflated: true })
  const bomb = bufferSource(zipOf([1, 2, 3, 4].map(member)))
  expect((await scanZip(bomb, { unpackedBytesLeft: 4_000, membersLeft: 4 })).problem).toBeNull()
  expect((await scanZip(bomb, { unpackedBytesLeft: 3_999, membersLeft: 4 })).problem).toBe(
    'its members unpack to more than can be held',
  )
})

test('limits the unpacked size of a member and the number of opcodes', async () => {
  const bomb = zipOf([{ name: 'archive/data.pkl', bytes: Buffer.alloc(65 * 1024 * 1024), deflated: true }])
  expect((await read(bomb)).failure?.params).toEqual({ problem: 'a member unpacks to more than 64 MiB' })
  const endless = Buffer.alloc(6_000_000, 'N')
  expect(await failureCode(endless)).toBe('file-not-scanned')
  const huge = pickleOf(Buffer.from([0x8e, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0]))
  expect(await failureCode(huge)).toBe('file-not-scanned')
})

test('random damage never makes a scan throw or hides a dangerous import', async () => {
  const random = seededRandom(77)
  const below = (limit: number) => Math.floor(random() * limit)
  const whole = torchZip(stateDict(esrgan))
  for (let round = 0; round < 400; round += 1) {
    const bytes = Buffer.from(whole.subarray(0, random() < 0.5 ? whole.length : below(whole.length)))
    for (let flip = below(4); flip >= 0 && bytes.length > 0; flip -= 1) {
      const at = below(bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8))
    }
    await read(bytes)
    // The call comes first, so damage behind it must not hide it.
    const tail = Buffer.from(stateDict(esrgan).subarray(2))
    tail[below(tail.length)] = below(256)
    const damaged = Buffer.concat([shellCall.subarray(0, -1), Buffer.from('0'), tail])
    expect(await failureCode(damaged), `round ${round}`).toBe('file-dangerous')
  }
})
