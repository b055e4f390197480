import { expect, test } from 'vitest'
import { esrganScale } from '../../../../electron/recognition/kinds/esrgan-scale.ts'
import { tensorNames } from '../../../../electron/recognition/kinds/tensor-names.ts'

function scaleOf(tensors: Readonly<Record<string, readonly number[]>>): string | null {
  const entries = Object.entries(tensors).map(
    ([name, shape]) => [name, { dtype: 'F16', shape, sizeBytes: 2 }] as const,
  )
  return esrganScale(tensorNames(new Map(entries)))
}

test.each([
  [4, '1x'],
  [5, null],
  [7, '2x'],
  [10, '4x'],
  [13, '8x'],
  [22, '64x'],
  [25, null],
])('the scale of the old layout whose last layer is %i is %s', (last, scale) => {
  const layers = Array.from({ length: last + 1 }, (_none, index) => [`model.${index}.weight`, [64]] as const)
  expect(scaleOf(Object.fromEntries(layers))).toBe(scale)
  expect(scaleOf(Object.fromEntries(layers.slice(-1)))).toBe(scale)
})

test.each([
  ['two upscaling layers', { 'upconv1.weight': [64, 64], 'upconv2.weight': [64, 64] }, '4x'],
  ['one upscaling layer', { 'upconv1.weight': [64, 64] }, '2x'],
  ['3 input channels', { 'conv_first.weight': [64, 3, 3, 3] }, '4x'],
  ['12 input channels', { 'conv_first.weight': [64, 12, 3, 3] }, '2x'],
  ['48 input channels', { 'conv_first.weight': [64, 48, 3, 3] }, '1x'],
  ['other input channels', { 'conv_first.weight': [64, 4, 3, 3] }, null],
  ['no known layer', { 'body.0.weight': [64, 3] }, null],
])('the scale of the new layout with %s is as expected', (_what, tensors, scale) => {
  expect(scaleOf(tensors)).toBe(scale)
})
