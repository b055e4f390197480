import { expect, test } from 'vitest'
import { bufferSource } from '../../../../electron/recognition/formats/byte-source.ts'
import { ByteWindow } from '../../../../electron/recognition/formats/byte-window.ts'
import {
  createScanBudget,
  scanPickle,
  scanPickles,
  scanUnnamed,
} from '../../../../electron/recognition/pickle/scan.ts'
import { frameOf, imported, legacyTorch, pickleOf, stateDict, text } from '../../../fixtures/pickles.ts'

const windowOn = (bytes: Buffer) => new ByteWindow(bufferSource(bytes))
const unnamed = (bytes: Buffer) => scanUnnamed(windowOn(bytes), createScanBudget())
const callback = imported('trainer', 'Callback')
const none = pickleOf('N')
const repeated = (count: number, bytes = none) => Buffer.concat(Array<Buffer>(count).fill(bytes))

test('stops at the budget of opcodes or bytes of all scans together', async () => {
  const problemWith = async (opcodes: number, bytes: number, pickle: Buffer) =>
    (await scanPickle(windowOn(pickle), { opcodes, bytes })).problem
  // PROTO, NONE and STOP.
  expect(await problemWith(3, 100, none)).toBeNull()
  expect(await problemWith(2, 100, none)).toBe('it is too long to be looked through')
  const long = pickleOf(text('a'.repeat(900)))
  expect(await problemWith(100, long.length, long)).toBeNull()
  expect(await problemWith(100, long.length - 1, long)).toBe('it is too long to be looked through')
  const budget = { opcodes: 5, bytes: 1_000 }
  const scans = await scanPickles(windowOn(repeated(2)), budget)
  expect(scans.problem).toBe('it is too long to be looked through')
})

test('says whether a loader may continue where the scan ended', async () => {
  const isUndecided = async (bytes: Buffer) => (await scanPickle(windowOn(bytes))).isUndecided
  expect(await isUndecided(none)).toBe(false)
  expect(await isUndecided(Buffer.from([0x80, 2, 0xff]))).toBe(false)
  expect(await isUndecided(pickleOf(`Np${'0'.repeat(1_001)}\n`))).toBe(true)
  // Only `pickle.py` reads a frame that is longer than the rest, and nothing follows it.
  const longFrame = Buffer.concat([frameOf().subarray(0, 1), Buffer.from([99, 0, 0, 0, 0, 0, 0, 0])])
  expect(await isUndecided(pickleOf(longFrame, 'N'))).toBe(false)
  expect(await isUndecided(pickleOf(longFrame, '\xff'))).toBe(false)
})

test('finds a pickle that nothing names by its end, its call or its danger', async () => {
  const importsOf = async (bytes: Buffer) => (await unnamed(bytes))?.imports.map(({ name }) => name) ?? null
  const malformed = (...parts: readonly (Buffer | string)[]) =>
    Buffer.concat([pickleOf(...parts).subarray(0, -1), Buffer.from([0xff])])
  expect(await importsOf(none)).toEqual([])
  expect(await importsOf(pickleOf(callback))).toEqual(['trainer.Callback'])
  expect(await importsOf(malformed(callback, ')R'))).toEqual(['trainer.Callback'])
  expect(await importsOf(malformed(imported('os', 'system')))).toEqual(['os.system'])
  expect(await importsOf(malformed(callback))).toBeNull()
  expect(await importsOf(malformed('N'))).toBeNull()
  expect(await importsOf(malformed(imported('a-module', 'a name'), ')R'))).toEqual(['a-module.a name'])
  // No file has a zero byte in its name, and no attribute an empty name.
  expect(await importsOf(malformed(imported('a\0b', 'name'), ')R'))).toBeNull()
  expect(await importsOf(malformed(imported('module', ''), ')R'))).toBeNull()
  const computed = ['P1\n', text('x'), '\x93']
  expect(await importsOf(pickleOf(...computed))).toEqual(['something computed'])
  expect(await importsOf(malformed(...computed, ')R'))).toEqual(['something computed'])
  expect(await importsOf(malformed(...computed))).toBeNull()
})

test('finds no import in numbers where a name would be', async () => {
  const numbers = `${'\x01\xff'.repeat(600)}\n`
  for (const start of [`c${numbers}x\n)R`, `cx\n${numbers})R`, `(i${numbers}x\n`, `(ix\n${numbers}`]) {
    expect(await unnamed(pickleOf(start))).toBeNull()
    const { problem } = await scanPickles(windowOn(pickleOf(start)))
    expect(problem).toBe('an import with a malformed name')
  }
})

test('finds a dangerous import whose name continues with what no module has', async () => {
  // `ctypes.cdll` loads the library that its attribute is named after.
  for (const name of ['cdll.lib/evil', `cdll.${'lib/'.repeat(300)}evil`]) {
    const scan = await unnamed(pickleOf(imported('ctypes', name)))
    expect(scan?.imports).toEqual([{ name: `ctypes.${name}`.slice(0, 200), level: 'dangerous' }])
  }
  const long = [text('ctypes'), text(`cdll.${'lib/'.repeat(300)}evil`), '\x93\xff']
  expect((await unnamed(pickleOf(...long)))?.imports).toEqual([
    { name: 'something computed', level: 'dangerous' },
  ])
})

test('finds a dangerous name in an unnamed pickle from protocol 4 on, where Python resolves it', async () => {
  const importOf = (protocol: number, name: string, end = '') =>
    unnamed(Buffer.from(`\x80${String.fromCharCode(protocol)}ctorch\n${name}\n${end}\xff`, 'latin1'))
  for (const name of [
    'serialization.os.system',
    'serialization.os.ctypes.cdll.lib/evil',
    `hub.ctypes.cdll.${'lib/'.repeat(300)}evil`,
  ]) {
    const found = [{ name: `torch.${name}`.slice(0, 200), level: 'dangerous' }]
    expect((await importOf(4, name))?.imports).toEqual(found)
    expect(await importOf(3, name)).toBeNull()
  }
  expect((await importOf(3, 'serialization.os.system', ')R'))?.imports).toEqual([
    { name: 'torch.serialization.os.system', level: 'dangerous' },
  ])
})

test('keeps a dangerous import of every length in what nothing names as a pickle', async () => {
  for (let length = 170; length <= 210; length += 1) {
    const call = [text('os'), text(`${'x'.repeat(length)}.os.path.os.system`), '\x93)R']
    const scan = await unnamed(pickleOf(...call))
    expect(
      scan?.imports.map(({ level }) => level),
      String(length),
    ).toEqual(['dangerous'])
  }
})

test('scans up to sixteen pickles that follow each other, and reports more', async () => {
  const harm = pickleOf(imported('os', 'system'))
  expect(await unnamed(repeated(16))).toMatchObject({ problem: null })
  expect(await unnamed(Buffer.concat([repeated(15), harm]))).toMatchObject({
    imports: [{ name: 'os.system' }],
    problem: null,
  })
  for (const rest of [none, harm, Buffer.from('x')]) {
    expect((await unnamed(Buffer.concat([repeated(16), rest])))?.problem).toBe(
      'too many pickles follow each other',
    )
  }
  // The sixteenth isn't one.
  expect(await unnamed(Buffer.concat([repeated(15), Buffer.from('x and more')]))).toMatchObject({
    problem: null,
  })
  expect((await scanPickles(windowOn(repeated(17)))).problem).toBe('bytes follow its end')
})

test('takes the tensors of the fourth pickle of the legacy format, else of the first dict', async () => {
  const entriesOf = async (bytes: Buffer) => {
    const { value } = await scanPickles(windowOn(bytes))
    return value !== null && typeof value === 'object' && value.type === 'dict'
      ? [...value.entries.keys()]
      : value
  }
  const tensors = { weight: { dtype: 'F16', shape: [2] } }
  expect(await entriesOf(legacyTorch(stateDict(tensors), tensors))).toEqual(['weight'])
  expect(await entriesOf(Buffer.concat([none, stateDict(tensors)]))).toEqual(['weight'])
  for (const other of [none, pickleOf('P1\n')]) expect(await entriesOf(other)).toBeNull()
})

test('reports a legacy file whose storages have an unknown size', async () => {
  const problemOf = async (bytes: Buffer) => (await scanPickles(windowOn(bytes))).problem
  const tensors = { weight: { dtype: 'F32', shape: [-1] } }
  expect(await problemOf(legacyTorch(stateDict(tensors)))).toBe('bytes follow its end')
  expect(await problemOf(legacyTorch(pickleOf('}')))).toBeNull()
})
