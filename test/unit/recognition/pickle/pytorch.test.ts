import { expect, test } from 'vitest'
import { bufferSource } from '../../../../electron/recognition/formats/byte-source.ts'
import { readContent } from '../../../../electron/recognition/read-content.ts'
import { imported, pickleOf } from '../../../fixtures/pickles.ts'

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

test('names up to four imports in a failure', async () => {
  const namesIn = async (count: number) => {
    const { failure } = await read(
      ...Array.from({ length: count }, (_, index) => ['a', `B${index}`] as const),
    )
    return failure?.params
  }
  expect(await namesIn(4)).toEqual({ imports: 'a.B0, a.B1, a.B2, a.B3' })
  expect(await namesIn(5)).toEqual({ imports: 'a.B0, a.B1, a.B2, a.B3, …' })
})
