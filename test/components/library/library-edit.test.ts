import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { model, rowCorner, openLibrary, threeModels } from '../support/library.ts'

/** Renames Grain in its form; the server responds when the test says so. */
async function renaming() {
  const answer = Promise.withResolvers<ReturnType<typeof failed>>()
  const answers = [answer.promise]
  const opened = await openLibrary(threeModels, { changeModel: () => answers.shift() ?? success(undefined) })
  const { screen, rowOf } = opened
  await userEvent.dblClick(rowOf('Grain'), rowCorner)
  await userEvent.click(screen.getByRole('button', { name: 'Edit name, type or path' }))
  await userEvent.fill(screen.getByRole('textbox', { name: 'Name' }), 'Fine Grain')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  await expect.element(rowOf('Fine Grain')).toMatchTextContent('Saving…')
  const refuse = () => answer.resolve(failed(failure('forbidden', { team: '' })))
  return { ...opened, refuse, pane: screen.getByRole('complementary') }
}

test('a rename shows immediately; a refusal stays in the form with its reason', async () => {
  const { screen, rowOf, refuse, pane } = await renaming()
  refuse()
  await expect.element(pane.getByRole('alert')).toMatchTextContent('You don’t have permission to change')
  await expect.element(screen.getByRole('textbox', { name: 'Name' })).toHaveValue('Fine Grain')
  await expect.element(rowOf('Grain')).not.toMatchTextContent('Couldn’t save.')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  await expect.element(rowOf('Fine Grain')).toBeVisible()
  await expect.poll(() => screen.getByRole('button', { name: 'Save' }).elements()).toEqual([])
})

test('Undo restores what was changed', async () => {
  const { screen, rowOf, asked } = await openLibrary()
  await userEvent.dblClick(rowOf('Grain'), rowCorner)
  await userEvent.click(screen.getByRole('button', { name: 'Edit name, type or path' }))
  await userEvent.fill(screen.getByRole('textbox', { name: 'Name' }), 'Fine Grain')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  await expect.element(screen.getByText('Saved changes to Grain.', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  const changes = () => asked.filter(({ name }) => name === 'changeModel').map(({ args }) => args)
  await expect.poll(changes).toMatchObject([
    { modelId: 'Grain', change: { displayName: 'Fine Grain' } },
    { modelId: 'Grain', change: { displayName: 'Grain' } },
  ])
})

test('a name with marks of direction is shown without them and saved with them', async () => {
  const name = '\u2067סטודיו\u2069 Flux'
  const { screen, asked } = await openLibrary([model(name, { id: 'model-1' })])
  await userEvent.dblClick(screen.getByText('\ufffdסטודיו\ufffd Flux').first())
  await userEvent.click(screen.getByRole('button', { name: 'Edit name, type or path' }))
  const field = screen.getByRole('textbox', { name: 'Name' })
  await expect.element(field).toHaveValue(name)
  await userEvent.fill(field, `${name} 2`)
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  await expect
    .poll(() => asked.at(-1))
    .toMatchObject({ name: 'changeModel', args: { change: { displayName: `${name} 2` } } })
})

test('a refusal after the form was closed is shown on the row', async () => {
  const { screen, rowOf, refuse } = await renaming()
  await userEvent.click(screen.getByRole('button', { name: 'Close details' }))
  refuse()
  await expect.element(rowOf('Grain')).toMatchTextContent('You don’t have permission to change models')
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Dismiss' }))
  await expect.element(rowOf('Grain')).not.toMatchTextContent('Couldn’t save.')
})

test('Escape leaves the field, then the form, then the pane', async () => {
  const { screen, rowOf } = await openLibrary()
  await userEvent.dblClick(rowOf('Grain'), rowCorner)
  await userEvent.click(screen.getByRole('button', { name: 'Edit name, type or path' }))
  const field = screen.getByRole('textbox', { name: 'Name' })
  await userEvent.fill(field, 'Fine Grain')
  await userEvent.keyboard('{Escape}')
  await expect.element(screen.getByRole('complementary')).toHaveFocus()
  await expect.element(field).toHaveValue('Fine Grain')
  await userEvent.keyboard('{Escape}')
  await expect.poll(() => field.elements()).toEqual([])
  await userEvent.keyboard('{Escape}')
  await expect.poll(() => screen.getByRole('complementary').elements()).toEqual([])
})

test.each([
  ['Delete…', 'Couldn’t delete. This server doesn’t support this action.'],
  ['Disable', 'Couldn’t save. This server doesn’t support this action.'],
] as const)('says that the server does not support it: %s', async (what, words) => {
  const refused = () => failed(failure('bad-request'))
  const { screen, rowOf } = await openLibrary(threeModels, { changeModel: refused, deleteModels: refused })
  await userEvent.dblClick(rowOf('Grain'), rowCorner)
  await userEvent.click(screen.getByRole('complementary').getByRole('button', { name: what }))
  await expect.element(rowOf('Grain')).toMatchTextContent(words)
})
