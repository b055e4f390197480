import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { success } from '../../../electron/contract/failures.ts'
import { openPage } from '../support/open-page.ts'
import { settings } from '../support/rows.ts'

test('the settings allow only safetensors and GGUF', async () => {
  const { screen, asked, emit } = await openPage()
  emit('command', 'show-settings')
  const select = screen.getByRole('combobox', { name: 'Allowed files' })
  await userEvent.selectOptions(select, 'Only Safetensors and GGUF')
  expect(asked).toContainEqual({
    name: 'changeSettings',
    args: { allowedFormats: ['safetensors', 'gguf'], allowPickles: false },
  })
  await expect.element(select).toHaveValue('safe-formats')
})

test('a combination of the settings file is shown, and can only be replaced', async () => {
  const { screen, emit } = await openPage({
    answers: { settings: () => success({ ...settings, allowedFormats: ['onnx'] }) },
  })
  emit('command', 'show-settings')
  const select = screen.getByRole('combobox', { name: 'Allowed files' })
  await expect.element(select).toHaveValue('custom')
  await expect
    .element(screen.getByRole('option', { name: 'As set in the settings file' }))
    .toBeInTheDocument()
})
