import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure } from '../../electron/contract/errors.ts'
import { openPage } from './support/open-page.ts'
import { failedRow, row, sendingRow } from './support/rows.ts'

test('changes the name in place: click, type, Enter', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [row('Grain')] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Name: Grain. Change' }))
  await userEvent.fill(screen.getByRole('textbox', { name: 'Name' }), 'Film grain')
  await userEvent.keyboard('{Enter}')
  expect(asked).toEqual([
    { name: 'editTarget', args: { id: 'Grain', change: { displayName: 'Film grain' } } },
  ])
  await expect.poll(() => document.activeElement?.getAttribute('data-id')).toBe('Grain')
})

test('leaves everything as it was on Escape', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [row('Grain')] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Name: Grain. Change' }))
  await userEvent.fill(screen.getByRole('textbox', { name: 'Name' }), 'Other')
  await userEvent.keyboard('{Escape}')
  await expect.element(rowOf('Grain').getByRole('button', { name: 'Name: Grain. Change' })).toBeVisible()
  expect(asked).toEqual([])
})

test('explains a path that the server would refuse while it is typed, and mends it by one click', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [row('Grain')] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: /^Library path/ }))
  const field = screen.getByRole('textbox', { name: 'Library path' })
  await userEvent.fill(field, 'models/loras/grain[1].safetensors')
  await expect.element(field).toHaveAttribute('aria-invalid', 'true')
  await expect
    .element(field)
    .toHaveAccessibleDescription(/The server takes letters from A to Z.*Leave out: \[ \]/)
  await userEvent.keyboard('{Enter}')
  expect(asked).toEqual([])
  await userEvent.click(rowOf('Grain').getByRole('button', { name: /^Use models\/loras\// }))
  expect(asked).toHaveLength(1)
  expect(asked[0]).toMatchObject({ name: 'editTarget', args: { change: { modelPath: /^[\w./ -]+$/ } } })
})

test('takes the explanation away as soon as the path is right', async () => {
  const { screen, rowOf } = await openPage({ rows: [row('Grain')] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: /^Library path/ }))
  const field = screen.getByRole('textbox', { name: 'Library path' })
  await userEvent.fill(field, '/models/grain.safetensors')
  await expect.element(rowOf('Grain')).toMatchTextContent('Leave out the slash at the beginning')
  await userEvent.fill(field, 'models/grain.safetensors')
  await expect.element(field).toHaveAttribute('aria-invalid', 'false')
})

test('offers the known types, takes one by arrow and Enter, and the path follows', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [row('Grain')] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Type: loras. Change' }))
  const field = screen.getByRole('combobox', { name: 'Type' })
  await expect.poll(() => screen.getByRole('option').elements().length).toBeGreaterThan(20)
  await userEvent.fill(field, 'contr')
  await userEvent.keyboard('{ArrowDown}{Enter}')
  expect(asked).toEqual([
    {
      name: 'editTarget',
      args: {
        id: 'Grain',
        change: { modelType: 'controlnet', modelPath: 'models/controlnet/Grain.safetensors' },
      },
    },
  ])
})

test('takes a type of one’s own', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [row('Grain')] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Type: loras. Change' }))
  await userEvent.fill(screen.getByRole('combobox', { name: 'Type' }), 'house_style')
  await userEvent.keyboard('{Enter}')
  expect(asked[0]).toMatchObject({ args: { change: { modelType: 'house_style' } } })
})

test('goes from name to type to path by Tab, saving each', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [row('Grain')] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Name: Grain. Change' }))
  await userEvent.fill(screen.getByRole('textbox', { name: 'Name' }), 'Film')
  await userEvent.keyboard('{Tab}')
  await expect.element(screen.getByRole('combobox', { name: 'Type' })).toHaveFocus()
  await userEvent.keyboard('{Tab}')
  await expect.element(screen.getByRole('textbox', { name: 'Library path' })).toHaveFocus()
  expect(asked).toEqual([{ name: 'editTarget', args: { id: 'Grain', change: { displayName: 'Film' } } }])
})

test('lets nothing be changed once bytes have gone out', async () => {
  const { screen } = await openPage({ rows: [sendingRow('Flux')] })
  expect(screen.getByRole('button', { name: /Change$/ }).elements()).toEqual([])
})

test('opens the field that a refusal is about, and tries again once it is changed', async () => {
  const refused = failedRow('Grain', failure('target-path'))
  const { screen, rowOf, asked } = await openPage({ rows: [refused] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Change', exact: true }))
  await userEvent.fill(
    screen.getByRole('textbox', { name: 'Library path' }),
    'models/loras/grain-2.safetensors',
  )
  await userEvent.keyboard('{Enter}')
  await expect
    .poll(() => asked)
    .toEqual([
      {
        name: 'editTarget',
        args: { id: 'Grain', change: { modelPath: 'models/loras/grain-2.safetensors' } },
      },
      { name: 'retry', args: { ids: ['Grain'] } },
    ])
})
