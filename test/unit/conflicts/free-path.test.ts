import { expect, test } from 'vitest'
import { freePath } from '../../../electron/conflicts/free-path.ts'

test.for([
  ['style.safetensors', [], 'style-2.safetensors'],
  ['style.safetensors', ['style-2.safetensors'], 'style-3.safetensors'],
  ['style-2.safetensors', [], 'style-3.safetensors'],
  ['style-9999.safetensors', [], 'style-10000.safetensors'],
  // No numbers of copies.
  ['style-1.safetensors', [], 'style-1-2.safetensors'],
  ['style-1.5.safetensors', [], 'style-1.5-2.safetensors'],
  ['style-10000.safetensors', [], 'style-10000-2.safetensors'],
  ['style-007.safetensors', [], 'style-007-2.safetensors'],
  ['style.v1.5.safetensors', [], 'style.v1.5-2.safetensors'],
  ['README', [], 'README-2'],
  ['.hidden', [], '.hidden-2'],
] as const)('the free name beside %s, with %j taken, is %s', ([name, taken, free]) => {
  for (const folder of ['', 'models/v1.5/'])
    expect(freePath(folder + name, (path) => taken.some((one) => folder + one === path))).toBe(folder + free)
})
