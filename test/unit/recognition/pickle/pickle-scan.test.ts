import { expect, test } from 'vitest'
import { bufferSource } from '../../../../electron/recognition/formats/byte-source.ts'
import { ByteWindow } from '../../../../electron/recognition/formats/byte-window.ts'
import { importLevel } from '../../../../electron/recognition/pickle/imports.ts'
import { scanPickle } from '../../../../electron/recognition/pickle/scan.ts'
import { readPickleFile, readPytorchZip } from '../../../../electron/recognition/pickle/pytorch.ts'
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
const worst = async (bytes: Buffer) => (await readPickleFile(bufferSource(bytes))).failure?.code ?? 'sound'
const worstInZip = async (bytes: Buffer) =>
  (await readPytorchZip(bufferSource(bytes))).failure?.code ?? 'sound'

const esrgan = partFamilies.ESRGAN.tensors

test('a saved model is sound, and its tensors are known by name and shape without being loaded', async () => {
  const { failure, header, imports } = await readPytorchZip(bufferSource(torchZip(stateDict(esrgan))))
  expect(failure).toBeNull()
  expect(imports.map(({ level }) => level)).toEqual(['innocuous', 'innocuous', 'innocuous'])
  expect([...(header?.tensors ?? [])]).toEqual(
    Object.entries(esrgan).map(([name, { dtype, shape }]) => [
      name,
      { dtype, shape, sizeBytes: shape.reduce((product, length) => product * length, 2) },
    ]),
  )
})

test('tensors are found within the wrappers of training code, and in the old form', async () => {
  const wrapped = await readPytorchZip(bufferSource(torchZip(stateDict(esrgan, 'params_ema'))))
  const old = await readPickleFile(bufferSource(legacyTorch(stateDict(esrgan, 'state_dict'))))
  expect([...(wrapped.header?.tensors.keys() ?? [])]).toEqual(Object.keys(esrgan))
  expect([...(old.header?.tensors.keys() ?? [])]).toEqual(Object.keys(esrgan))
  expect(old.failure).toBeNull()
})

test('names what would run, whichever way it is imported', async () => {
  const memoised = pickleOf(
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
  for (const bytes of [shellCall, memoised, instance, first, legacyTorch(shellCall)]) {
    expect(await worst(bytes)).toBe('file-dangerous')
  }
  expect((await scan(memoised)).imports).toEqual([{ name: 'os.system', level: 'dangerous' }])
})

test('an import that can’t be read off is as bad as any', async () => {
  const computed = pickleOf(imported('collections', 'OrderedDict'), ')R', text('x'), '\x93')
  const registered = pickleOf('\x82\x01')
  expect(await worst(computed)).toBe('file-dangerous')
  expect(await worst(registered)).toBe('file-dangerous')
})

test('what a model doesn’t need is asked about', async () => {
  const trainer = imported('pytorch_lightning.callbacks.model_checkpoint', 'ModelCheckpoint')
  const { failure } = await readPickleFile(bufferSource(pickleOf(trainer)))
  expect([failure?.code, failure?.params]).toEqual([
    'file-suspicious',
    { imports: 'pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint' },
  ])
})

test('a way round the list by a dotted name is seen', () => {
  expect(importLevel('torch', 'serialization.os.system')).toBe('dangerous')
  expect(importLevel('torch._utils', '_rebuild_tensor_v2')).toBe('innocuous')
  expect(importLevel('torch._utils', '_rebuild_tensor_v9')).toBe('suspicious')
  expect(importLevel('builtins', 'eval')).toBe('dangerous')
  expect(importLevel('constructor', 'prototype')).toBe('suspicious')
})

test('a scan that fails is a find, and what it had found by then counts more', async () => {
  const cut = stateDict(esrgan).subarray(0, -40)
  const brokenBehind = Buffer.concat([shellCall.subarray(0, -1), Buffer.from([0xff])])
  expect(await worst(cut)).toBe('file-not-scanned')
  expect(await worst(brokenBehind)).toBe('file-dangerous')
  expect(await worst(pickleOf('h\x07'))).toBe('file-not-scanned')
  expect(await worst(pickleOf('RRRR'))).toBe('file-not-scanned')
})

const magicInText = 'L119547037146038801333356L\n.'

test('what follows the end of a pickle is scanned in whatever protocol it is written', async () => {
  const harm = "cposix\nsystem\n(S'echo harm'\ntR."
  const old = Buffer.from(`${magicInText}I1001\n.${harm}`, 'latin1')
  expect(await worst(old)).toBe('file-dangerous')
  expect(await worst(Buffer.concat([emptyPickle, Buffer.from(harm)]))).toBe('file-dangerous')
  const inZip = zipOf([{ name: 'archive/data.pkl', bytes: Buffer.concat([emptyPickle, Buffer.from(harm)]) }])
  expect(await worstInZip(inZip)).toBe('file-dangerous')
})

test('bytes behind a pickle that nobody can read are a find, but for the numbers of PyTorch’s old form', async () => {
  const numbers = Buffer.from([0x3f, 0x80, 0, 0, 7, 7, 7])
  // A tar of PyTorch's first years begins with the name of its first member, here one that is a pickle.
  const tar = Buffer.concat([Buffer.from('N.'), Buffer.alloc(510), numbers])
  expect(await worst(tar)).toBe('file-not-scanned')
  expect(await worst(Buffer.concat([emptyPickle, numbers]))).toBe('file-not-scanned')
  expect(await worst(Buffer.concat([...Array<Buffer>(5).fill(emptyPickle), numbers]))).toBe(
    'file-not-scanned',
  )
  expect(await worst(Buffer.concat(Array<Buffer>(5).fill(emptyPickle)))).toBe('sound')
  const old = legacyTorch(stateDict(esrgan))
  expect(await worst(Buffer.concat([old, numbers]))).toBe('sound')
  const framed = Buffer.from('80049512000000000000008a0a6cfc9c46f9206aa850192e', 'hex')
  expect(await worst(Buffer.concat([framed, old.subarray(old.indexOf('.') + 1)]))).toBe('sound')
})

test('the last of the old form’s five pickles counts as the others do', async () => {
  const whole = legacyTorch(stateDict(esrgan)).subarray(0, -7)
  const last = whole.lastIndexOf(Buffer.from([0x80, 2]))
  // A text longer than is read here, which Python reads all the same; what follows would run.
  const hidden = pickleOf(`V${'x'.repeat(20_000)}\n0cposix\nsystem\n(tR`)
  expect(await worst(Buffer.concat([whole.subarray(0, last), hidden]))).toBe('file-not-scanned')
  expect(await worst(whole.subarray(0, last))).toBe('file-not-scanned')
})

test('a memo that Python numbers in another way than we do is a find', async () => {
  // `1_0` is 10 to Python and no number here: the memos would go apart, and a harmless name could hide another.
  for (const index of ['1_0', ' 1', '+1', '']) {
    expect(await worst(Buffer.from(`Np${index}\n.`)), index).toBe('file-not-scanned')
  }
})

test('every member of a zip is scanned, whatever it is called and however it is packed', async () => {
  const members = [{ name: 'archive/data.pkl', bytes: emptyPickle }]
  const and = (name: string, bytes: Buffer, deflated = false) =>
    zipOf([...members, { name, bytes, deflated }])
  expect(await worstInZip(and('archive/data/7', shellCall))).toBe('file-dangerous')
  expect(await worstInZip(and('archive/data/7', shellCall, true))).toBe('file-dangerous')
  expect(await worstInZip(and('archive/extra.pkl', Buffer.from('cos\nsystem\n.')))).toBe('file-dangerous')
  expect(await worstInZip(and('archive/data/7', Buffer.from([0x80, 2, 0xff, 0xff])))).toBe('sound')
})

test('a zip that shows different readers different things is a find', async () => {
  const honest = { name: 'archive/data.pkl', bytes: emptyPickle }
  expect(await worstInZip(zipOf([honest]))).toBe('sound')
  expect(await worstInZip(zipOf([{ ...honest, localName: 'archive/else.pkl' }]))).toBe('file-not-scanned')
  expect(await worstInZip(zipOf([honest, honest]))).toBe('file-not-scanned')
  expect(await worstInZip(zipOf([{ ...honest, flags: 1 }]))).toBe('file-not-scanned')
  const shifted = Buffer.concat([Buffer.alloc(7), zipOf([honest])])
  expect(await worstInZip(shifted)).toBe('file-not-scanned')
})

test('members that share a place, or have a long name at it that is another, are a find', async () => {
  const [one, other] = ['1', '2'].map((end) => ({ name: 'a'.repeat(600) + end, bytes: emptyPickle }))
  const shared = zipOf(one && other ? [one, other] : [])
  expect(await worstInZip(shared)).toBe('sound')
  // Where the second entry of the directory says that its member begins.
  shared.writeUInt32LE(0, shared.lastIndexOf('PK\x01\x02', undefined, 'latin1') + 42)
  expect(await worstInZip(shared)).toBe('file-not-scanned')
  const longElsewhere = { name: 'archive/data.pkl', localName: 'x'.repeat(600), bytes: emptyPickle }
  expect(await worstInZip(zipOf([longElsewhere]))).toBe('file-not-scanned')
})

test('many members that each unpack to little less than is held are a bomb together', async () => {
  const member = (number: number) => ({ name: `data/${number}`, bytes: Buffer.alloc(1_000), deflated: true })
  const bomb = bufferSource(zipOf([1, 2, 3, 4].map(member)))
  expect((await readPytorchZip(bomb, 4_000)).failure).toBeNull()
  expect((await readPytorchZip(bomb, 3_999)).failure?.code).toBe('file-not-scanned')
})

test('of two imports under one name the worse counts, in one pickle and across several', async () => {
  const long = 'a'.repeat(200)
  const harm = Buffer.concat([imported('torch', `${long}.os.system`), Buffer.from('0')])
  const asked = imported('torch', `${long}.other`)
  expect(await worst(pickleOf(harm, asked))).toBe('file-dangerous')
  expect(await worst(Buffer.concat([pickleOf(harm, 'N'), pickleOf(asked)]))).toBe('file-dangerous')
  const members = [pickleOf(harm, 'N'), pickleOf(asked)].map((bytes, index) => ({
    name: `${index}.pkl`,
    bytes,
  }))
  expect(await worstInZip(zipOf(members))).toBe('file-dangerous')
})

test('bombs end early: a member that unpacks to more than is held, and endless instructions', async () => {
  const bomb = zipOf([{ name: 'archive/data.pkl', bytes: Buffer.alloc(65 * 1024 * 1024), deflated: true }])
  expect(await worstInZip(bomb)).toBe('file-not-scanned')
  const endless = Buffer.alloc(6_000_000, 'N')
  expect(await worst(endless)).toBe('file-not-scanned')
  const huge = pickleOf(Buffer.from([0x8e, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0]))
  expect(await worst(huge)).toBe('file-not-scanned')
})

test('a dict that is named again and again is not gone through each time, and no shape has a million lengths', async () => {
  // Forty places of a dict, each naming one with forty places, and so on: 2,600,000 entries in two kilobytes.
  let levels = Buffer.from('}q\x010', 'latin1')
  for (let level = 0; level < 5; level += 1) {
    const places = Array.from({ length: 40 }, (_, place) =>
      Buffer.concat([text(String(place)), Buffer.from('h\x01', 'latin1')]),
    )
    levels = Buffer.concat([levels, Buffer.from('}('), ...places, Buffer.from('uq\x010', 'latin1')])
  }
  const tensors = stateDict(esrgan).subarray(2, -1)
  const around = pickleOf(levels, '}', text('first'), 'h\x01s', text('then'), tensors, 's')
  expect((await readPickleFile(bufferSource(around))).header).toBeNull()
  const cubes = stateDict({ cube: { dtype: 'F16', shape: Array<number>(65).fill(1) } })
  expect((await readPickleFile(bufferSource(cubes))).header).toBeNull()
})

test('no damage by chance makes a scan throw, and none hides what would run', async () => {
  const random = seededRandom(77)
  const below = (limit: number) => Math.floor(random() * limit)
  const whole = torchZip(stateDict(esrgan))
  for (let round = 0; round < 400; round += 1) {
    const bytes = Buffer.from(whole.subarray(0, random() < 0.5 ? whole.length : below(whole.length)))
    for (let flip = below(4); flip >= 0 && bytes.length > 0; flip -= 1) {
      const at = below(bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8))
    }
    await readPytorchZip(bufferSource(bytes))
    await readPickleFile(bufferSource(bytes))
    // Behind the call everything may be damaged: what ran before the damage has run.
    const tail = Buffer.from(stateDict(esrgan).subarray(2))
    tail[below(tail.length)] = below(256)
    const spoilt = Buffer.concat([shellCall.subarray(0, -1), Buffer.from('0'), tail])
    expect(await worst(spoilt), `round ${round}`).toBe('file-dangerous')
  }
})
