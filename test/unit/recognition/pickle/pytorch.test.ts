import { expect, test } from 'vitest'
import { bufferSource } from '../../../../electron/recognition/formats/byte-source.ts'
import { readAsLoaders } from '../../../../electron/recognition/pickle/pytorch.ts'
import { readContent } from '../../../../electron/recognition/read-content.ts'
import { hypernetwork, imported, pickleOf, torchZip } from '../../../fixtures/pickles.ts'
import { tarOf } from '../../../fixtures/tar-files.ts'

const read = (...imports: readonly (readonly [module: string, name: string])[]) =>
  readContent(bufferSource(pickleOf(...imports.map((one) => imported(...one)))), 'm.pt')

test('lists imports by their danger and otherwise in the order of the file', async () => {
  const { imports } = await read(
    ['trainer', 'First'],
    ['collections', 'OrderedDict'],
    ['os', 'system'],
    ['trainer', 'Second'],
    ['builtins', 'eval'],
  )
  expect(imports?.map(({ name, level }) => [name, level])).toEqual([
    ['os.system', 'dangerous'],
    ['builtins.eval', 'dangerous'],
    ['trainer.First', 'suspicious'],
    ['trainer.Second', 'suspicious'],
    ['collections.OrderedDict', 'innocuous'],
  ])
})

test('recognises a hypernetwork by the pairs of modules below its widths', async () => {
  const bytes = torchZip(hypernetwork([320, 768]))
  const { kind, header, failure } = await readContent(bufferSource(bytes), 'style.pt')
  expect(failure).toBeNull()
  expect(kind?.modelType).toBe('hypernetworks')
  expect([...(header?.tensors.keys() ?? [])]).toEqual([
    '320.0.linear.0.weight',
    '320.1.linear.0.weight',
    '768.0.linear.0.weight',
    '768.1.linear.0.weight',
  ])
})

test('stops at the budget of all members of a tar together', async () => {
  const pickles = ['First', 'Second', 'Third'].map((name) => pickleOf(imported('trainer', name)))
  const tar = tarOf(pickles.map((bytes, index) => ({ name: `${index}`, bytes })))
  const importsWithin = async (opcodes: number) => {
    const content = await readAsLoaders(bufferSource(tar), tar.subarray(0, 512), true, {
      opcodes,
      bytes: 1_000_000,
    })
    return content?.imports.map(({ name }) => name)
  }
  // PROTO, GLOBAL and STOP of each.
  expect(await importsWithin(6)).toEqual(['trainer.First', 'trainer.Second'])
  expect(await importsWithin(9)).toEqual(['trainer.First', 'trainer.Second', 'trainer.Third'])
})
