import { expect, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import { selectOption } from '../support/select-option.ts'
import { openPage } from '../support/open-page.ts'
import { settings } from '../support/rows.ts'

test('the settings allow only safetensors and GGUF', async () => {
  const { screen, asked, emit } = await openPage()
  emit('command', 'show-settings')
  const select = screen.getByRole('combobox', { name: 'Allowed files' })
  await selectOption(select, 'Only Safetensors and GGUF')
  expect(asked).toContainEqual({
    name: 'changeSettings',
    args: { allowedFormats: ['safetensors', 'gguf'], allowPickles: false },
  })
  await expect.element(select).toHaveTextContent('Only Safetensors and GGUF')
})

test('a combination of the settings file is shown, and can only be replaced', async () => {
  const { screen, emit } = await openPage({
    answers: { settings: () => success({ ...settings, allowedFormats: ['onnx'] }) },
  })
  emit('command', 'show-settings')
  const select = screen.getByRole('combobox', { name: 'Allowed files' })
  await expect.element(select).toHaveTextContent('As set in the settings file')
})
