import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failed, failure } from '../../../electron/contract/failures.ts'
import { openPage } from '../support/open-page.ts'
import { failedRow, patchOf, row, sendingRow } from '../support/rows.ts'

test('edits the name in place: click, type, Enter', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [row('Grain')] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Name: Grain. Change' }))
  await userEvent.fill(screen.getByRole('textbox', { name: 'Name' }), 'Film grain')
  await userEvent.keyboard('{Enter}')
  expect(asked).toEqual([
    { name: 'editTarget', args: { id: 'Grain', change: { displayName: 'Film grain' } } },
  ])
  await expect.poll(() => document.activeElement?.getAttribute('data-id')).toBe('Grain')
})

test('Escape discards the edit', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [row('Grain')] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Name: Grain. Change' }))
  await userEvent.fill(screen.getByRole('textbox', { name: 'Name' }), 'Other')
  await userEvent.keyboard('{Escape}')
  await expect.element(rowOf('Grain').getByRole('button', { name: 'Name: Grain. Change' })).toBeVisible()
  expect(asked).toEqual([])
})

test('explains an invalid path while typing and applies the suggestion by a click', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [row('Grain')] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: /^Library path/ }))
  const field = screen.getByRole('textbox', { name: 'Library path' })
  await userEvent.fill(field, 'models/loras/grain[1].safetensors')
  await expect.element(field).toHaveAttribute('aria-invalid', 'true')
  await expect.element(field).toHaveAccessibleDescription(/Only letters A–Z, digits.*Remove: \[ \]/)
  await userEvent.keyboard('{Enter}')
  expect(asked).toEqual([])
  await userEvent.click(rowOf('Grain').getByRole('button', { name: /^Use models\/loras\// }))
  expect(asked).toHaveLength(1)
  expect(asked[0]).toMatchObject({
    name: 'editTarget',
    args: { change: { modelPath: expect.stringMatching(/^[\w./ -]+$/) as string } },
  })
})

test('removes the explanation as soon as the path is valid', async () => {
  const { screen, rowOf } = await openPage({ rows: [row('Grain')] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: /^Library path/ }))
  const field = screen.getByRole('textbox', { name: 'Library path' })
  await userEvent.fill(field, '/models/grain.safetensors')
  await expect.element(rowOf('Grain')).toMatchTextContent('Remove the slash at the start')
  await userEvent.fill(field, 'models/grain.safetensors')
  await expect.element(field).toHaveAttribute('aria-invalid', 'false')
})

test('picks a known type by arrow and Enter and moves the path along', async () => {
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

test('accepts a custom type', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [row('Grain')] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Type: loras. Change' }))
  await userEvent.fill(screen.getByRole('combobox', { name: 'Type' }), 'house_style')
  await userEvent.keyboard('{Enter}')
  expect(asked[0]).toMatchObject({ args: { change: { modelType: 'house_style' } } })
})

test('Tab saves each field and moves from name to type to path', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [row('Grain')] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Name: Grain. Change' }))
  await userEvent.fill(screen.getByRole('textbox', { name: 'Name' }), 'Film')
  await userEvent.keyboard('{Tab}')
  await expect.element(screen.getByRole('combobox', { name: 'Type' })).toHaveFocus()
  await userEvent.keyboard('{Tab}')
  await expect.element(screen.getByRole('textbox', { name: 'Library path' })).toHaveFocus()
  expect(asked).toEqual([{ name: 'editTarget', args: { id: 'Grain', change: { displayName: 'Film' } } }])
})

test('disables editing once bytes were sent', async () => {
  const { screen, rowOf } = await openPage({ rows: [sendingRow('Flux')] })
  await expect.element(rowOf('Flux')).toBeVisible()
  expect(screen.getByRole('button', { name: /Change$/ }).elements()).toEqual([])
})

test('opens the field that caused a failure and retries after the change', async () => {
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

/** The notice that offers the unsaved text. */
const editNotice = ({ screen }: Awaited<ReturnType<typeof openPage>>) =>
  screen.getByRole('alert').filter({ hasText: 'started uploading, so' })

const typeName = async (
  { screen, rowOf }: Awaited<ReturnType<typeof openPage>>,
  name: string,
  text: string,
): Promise<void> => {
  await userEvent.click(rowOf(name).getByRole('button', { name: `Name: ${name}. Change` }))
  await userEvent.fill(screen.getByRole('textbox', { name: 'Name' }), text)
}

test('a started row closes its field and offers the unsaved text in a notice', async () => {
  const page = await openPage({ rows: [row('Grain')] })
  await typeName(page, 'Grain', 'Film grain')
  page.emit('patch', patchOf(2, [sendingRow('Grain')]))
  const notice = editNotice(page)
  await expect.element(notice).toMatchTextContent('“Grain” started uploading, so your change wasn’t saved')
  await expect.element(notice).toMatchTextContent('You entered: Film grain')
  expect(page.screen.getByRole('textbox', { name: 'Name' }).elements()).toEqual([])
  await expect.poll(() => document.activeElement?.getAttribute('data-id')).toBe('Grain')
  await userEvent.click(notice.getByRole('button', { name: 'Copy' }))
  expect(page.asked).toEqual([{ name: 'copyText', args: { text: 'Film grain' } }])
})

test('a started row closes an unchanged field without a notice', async () => {
  const page = await openPage({ rows: [row('Grain')] })
  await typeName(page, 'Grain', 'Grain')
  page.emit('patch', patchOf(2, [sendingRow('Grain')]))
  await expect.poll(() => page.screen.getByRole('textbox', { name: 'Name' }).elements()).toEqual([])
  expect(editNotice(page).elements()).toEqual([])
})

test('an edit that arrives too late is offered in a notice', async () => {
  const page = await openPage({
    rows: [row('Grain')],
    answers: { editTarget: () => failed(failure('already-begun')) },
  })
  await typeName(page, 'Grain', 'Film grain')
  await userEvent.keyboard('{Enter}')
  await expect.element(editNotice(page)).toMatchTextContent('You entered: Film grain')
})

test('a field stays open while its row starts to wait for a retry', async () => {
  const page = await openPage({ rows: [row('Grain')] })
  await userEvent.click(page.rowOf('Grain').getByRole('button', { name: /^Library path/ }))
  const field = page.screen.getByRole('textbox', { name: 'Library path' })
  await userEvent.fill(field, 'models/loras/film.safetensors')
  const waiting = row('Grain', {
    phase: 'retrying',
    failure: failure('server-trouble', { status: 500 }),
    sizeBytes: 2_000_000_000,
  })
  page.emit('patch', patchOf(2, [waiting]))
  await expect.element(page.rowOf('Grain')).toMatchTextContent('2.0 GB')
  await expect.element(field).toHaveValue('models/loras/film.safetensors')
})

test('Enter, Tab and Escape belong to the input method while it composes', async () => {
  const page = await openPage({ rows: [row('Grain')] })
  await typeName(page, 'Grain', 'Film')
  const field = page.screen.getByRole('textbox', { name: 'Name' })
  for (const key of ['Escape', 'Enter', 'Tab'])
    field.element().dispatchEvent(new KeyboardEvent('keydown', { key, isComposing: true, bubbles: true }))
  await expect.element(field).toHaveValue('Film')
  expect(page.asked).toEqual([])
})

test('invalid text is kept while another field is open', async () => {
  const { screen, rowOf } = await openPage({ rows: [row('Grain')] })
  const path = () => userEvent.click(rowOf('Grain').getByRole('button', { name: /^Library path/ }))
  await path()
  await userEvent.fill(screen.getByRole('textbox', { name: 'Library path' }), 'models/loras/[1].safetensors')
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Name: Grain. Change' }))
  await expect.element(screen.getByRole('textbox', { name: 'Name' })).toHaveFocus()
  await path()
  const field = screen.getByRole('textbox', { name: 'Library path' })
  await expect.element(field).toHaveValue('models/loras/[1].safetensors')
  await userEvent.keyboard('{Escape}')
  await path()
  await expect.element(field).toHaveValue('models/loras/Grain.safetensors')
})
