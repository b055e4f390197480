import { expect, test } from 'vitest'
import { userEvent, type Locator } from 'vitest/browser'
import { failed, failure } from '../../../electron/contract/failures.ts'
import { openPage } from '../support/open-page.ts'
import { failedRow, noonMs, patchOf, registeredRow, row, sendingRow } from '../support/rows.ts'

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
  await userEvent.click(screen.getByRole('button', { name: /^Use models\/loras\// }))
  expect(asked).toHaveLength(1)
  expect(asked[0]).toMatchObject({
    name: 'editTarget',
    args: { change: { modelPath: expect.stringMatching(/^[\w./ -]+$/) as string } },
  })
})

test('explains that an empty name is not accepted', async () => {
  const page = await openPage({ rows: [row('Grain')] })
  await typeName(page, 'Grain', ' ')
  const field = page.screen.getByRole('textbox', { name: 'Name' })
  await expect.element(field).toHaveAccessibleDescription(/name/i)
  await userEvent.keyboard('{Enter}')
  expect(page.asked).toEqual([])
})

/** The type is shown while another field of the row is edited. */
async function openType(one: Locator) {
  await userEvent.click(one.getByRole('button', { name: /^Name/ }))
  await userEvent.click(one.getByRole('button', { name: 'Type: loras. Change' }))
}

test('picks a known type by arrow and Enter and moves the path along', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [row('Grain')] })
  await openType(rowOf('Grain'))
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
  const { screen, asked } = await openPage({ rows: [refused] })
  await userEvent.click(screen.getByRole('button', { name: 'Change', exact: true }))
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

test('an edit that arrives too late is offered in a notice', async () => {
  const page = await openPage({
    rows: [row('Grain')],
    answers: { editTarget: () => failed(failure('already-begun')) },
  })
  await typeName(page, 'Grain', 'Film grain')
  await userEvent.keyboard('{Enter}')
  await expect.element(editNotice(page)).toMatchTextContent('You entered: Film grain')
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

/** A page on which the path of Grain is being edited and invalid, and the focus is on another row. */
async function leaveInvalidPath(...more: readonly ReturnType<typeof row>[]) {
  const opened = await openPage({ rows: [row('Grain'), row('Flux', { position: 1 }), ...more] })
  const { screen, rowOf } = opened
  await userEvent.click(rowOf('Grain').getByRole('button', { name: /^Library path/ }))
  await userEvent.fill(screen.getByRole('textbox', { name: 'Library path' }), '/grain')
  await userEvent.click(rowOf('Flux'), { position: { x: 12, y: 12 } })
  await expect.element(screen.getByRole('textbox')).toHaveValue('/grain')
  const openAgain = async () => {
    await userEvent.click(rowOf('Grain').getByRole('button', { name: /^Library path/ }))
    await expect.element(screen.getByRole('textbox', { name: 'Library path' })).toHaveValue('/grain')
  }
  return { ...opened, openAgain }
}

test('an invalid field of a collapsed group is closed, its text is kept, and rows move again', async () => {
  const { screen, emit, lines, openAgain } = await leaveInvalidPath(sendingRow('Wan', { position: -1 }))
  await userEvent.click(screen.getByRole('button', { name: /^Waiting/ }))
  await userEvent.hover(screen.getByRole('heading', { level: 1 }))
  emit('patch', patchOf(2, [registeredRow('Wan', { finishedAtMs: noonMs })]))
  await expect.poll(() => lines().map((line) => line.split(/ \d/)[0])).toContain('Done today')
  await userEvent.click(screen.getByRole('button', { name: /^Waiting/ }))
  await openAgain()
})

test('text of a field that is closed with its view is saved if it is valid', async () => {
  const { screen, rowOf, emit, asked } = await openPage({ rows: [row('Grain')] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Name: Grain. Change' }))
  await userEvent.fill(screen.getByRole('textbox', { name: 'Name' }), 'Film grain')
  emit('command', 'show-settings')
  await expect
    .poll(() => asked)
    .toContainEqual({ name: 'editTarget', args: { id: 'Grain', change: { displayName: 'Film grain' } } })
})

test.each(['Name: Grain. Change', /^Library path/])(
  'Ctrl and Shift with a click on a field select its row (%s)',
  async (name) => {
    const rows = ['Flux', 'Ink', 'Grain'].map((one, position) => row(one, { position }))
    const { screen, rowOf, asked } = await openPage({ rows })
    const selected = () => rows.filter(({ id }) => rowOf(id).element().ariaSelected === 'true')
    await userEvent.click(rowOf('Flux'), { position: { x: 12, y: 12 } })
    await userEvent.click(rowOf('Grain').getByRole('button', { name }), { modifiers: ['Control'] })
    await expect.poll(() => selected().map(({ id }) => id)).toEqual(['Flux', 'Grain'])
    await userEvent.click(rowOf('Flux'), { position: { x: 12, y: 12 } })
    await userEvent.click(rowOf('Grain').getByRole('button', { name }), { modifiers: ['Shift'] })
    await expect.poll(() => selected().map(({ id }) => id)).toEqual(['Flux', 'Ink', 'Grain'])
    expect(screen.getByRole('textbox').elements()).toEqual([])
    expect(asked).toEqual([])
  },
)
