import { expect, test } from 'vitest'
import { fitText, textWidth } from '../../../../electron/cli/output/terminal-text.ts'

test.each([
  ['blue.safetensors', 16],
  ['模型', 4],
  ['ﾓﾃﾞﾙ', 4],
  ['모델', 4],
  ['ＡＢ', 4],
  ['é', 1],
  ['e\u0301', 1],
  ['👩‍🎨', 2],
  ['→', 1],
  ['', 0],
])('measures %s as %d columns', (text, width) => {
  expect(textWidth(text)).toBe(width)
})

test.each([
  ['blue.safetensors', 20, 'blue.safetensors'],
  ['blue.safetensors', 9, 'blue…sors'],
  ['水墨画风格模型.safetensors', 16, '水墨画风…tensors'],
  ['水墨画风格', 4, '水…'],
  ['abc', 1, '…'],
  ['abc', 0, ''],
])('fits %s into %d columns as %s', (text, width, fitted) => {
  expect(fitText(text, width)).toBe(fitted)
  expect(textWidth(fitText(text, width))).toBeLessThanOrEqual(width)
})
