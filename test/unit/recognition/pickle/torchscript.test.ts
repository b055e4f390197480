import { expect, test } from 'vitest'
import { bufferSource } from '../../../../electron/recognition/formats/byte-source.ts'
import { readContent } from '../../../../electron/recognition/read-content.ts'
import { imported, pickleOf } from '../../../fixtures/pickles.ts'
import { zipOf } from '../../../fixtures/zip-files.ts'

const forward = [
  'class M(Module):',
  '  __parameters__ = []',
  '  def forward(self: __torch__.M,',
  '    x: Tensor) -> Tensor:',
  '    _0 = ops.prim.NumToTensor(torch.size(x, 0))',
  '    return torch.add(x, ops.quantized.linear(x, _0))',
  '',
].join('\n')

async function scan(code: string, deflated = false, codeName = 'code/__torch__.py') {
  const archive = zipOf([
    { name: 'model/data.pkl', bytes: pickleOf(imported('__torch__', 'M'), ')\x81') },
    { name: `model/${codeName}`, bytes: Buffer.from(code), deflated },
    { name: 'model/constants.pkl', bytes: pickleOf(')') },
    { name: 'model/version', bytes: Buffer.from('3\n') },
  ])
  const { failure, imports } = await readContent(bufferSource(archive), 'm.pt')
  return [
    failure?.code ?? 'accepted',
    ...(imports ?? []).filter(({ level }) => level !== 'innocuous').map(({ name }) => name),
  ]
}

test('accepts classes of TorchScript whose code only computes', async () => {
  expect(await scan(forward)).toEqual(['accepted'])
  expect(await scan(forward, true)).toEqual(['accepted'])
})

test('reports code that opens or writes files', async () => {
  // `torch.jit.load` runs `__setstate__`, and wrote the file.
  const setState =
    '  def __setstate__(self: __torch__.M, state: Tensor) -> NoneType:\n    torch.save(state, "/tmp/a")\n'
  for (const deflated of [false, true]) {
    expect(await scan(forward + setState, deflated)).toEqual(['file-dangerous', 'torch.save'])
  }
  expect(await scan(forward.replace('torch.add', 'torch\\\n  .  save'))).toEqual([
    'file-dangerous',
    'torch.save',
  ])
  expect(await scan(forward.replace('torch.add', 'ops.aten.from_file'))).toEqual([
    'file-dangerous',
    'torch.from_file',
  ])
  expect(await scan(forward.replace('torch.add', 'torch.#\nsave'))).toEqual(['file-suspicious', 'torch.ops'])
})

test('reports code in members of any case, and descriptions that name other members', async () => {
  const save = forward.replace('torch.add', 'torch.save')
  expect(await scan(save, false, 'Code/__torch__.PY')).toEqual(['file-dangerous', 'torch.save'])
  expect(await scan('{}', false, 'model.json')).toEqual(['file-not-scanned'])
  expect(await scan('{}', false, 'models/model.json')).toEqual(['accepted'])
})

test('reports operators of other packages as suspicious', async () => {
  expect(await scan(forward.replace('torch.add', 'ops.image.read_file'))).toEqual([
    'file-suspicious',
    'torch.ops.image.read_file',
  ])
})

test('reads millions of spaces in code at once', async () => {
  const spaces = ' '.repeat(1_000_000)
  const code = `${forward}${spaces}x = 1\n${'\\\n'.repeat(1_000_000)}torch${spaces}. \\\n${spaces}save(x)\n`
  const startedAtMs = performance.now()
  expect(await scan(code, true)).toEqual(['file-dangerous', 'torch.save'])
  expect(performance.now() - startedAtMs).toBeLessThan(10_000)
})

test.each([
  'torch .save',
  'torch. save',
  'torch\\\n\\ . \\\nsave',
  'torch. . save',
  'torch..save',
  '.\\save',
])('finds an operator in %j', async (operator) => {
  expect(await scan(forward.replace('torch.add', operator))).toEqual(['file-dangerous', 'torch.save'])
})
