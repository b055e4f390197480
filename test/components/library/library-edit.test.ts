import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { listing, model, openLibrary, rowCorner, threeModels } from '../support/library.ts'
import { team } from '../support/rows.ts'

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
  expect(rowOf('Grain').getByRole('img').elements()).toEqual([])
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

/** Types a name in the form of Grain without saving it. */
async function typing() {
  const opened = await openLibrary()
  const { screen, rowOf } = opened
  await userEvent.dblClick(rowOf('Grain'), rowCorner)
  await userEvent.click(screen.getByRole('button', { name: 'Edit name, type or path' }))
  const field = screen.getByRole('textbox', { name: 'Name' })
  await userEvent.fill(field, 'Fine Grain')
  const details = (name: string) => screen.getByRole('complementary', { name: `Details of ${name}` })
  return { ...opened, field, details }
}

test('a form with changes stays open while other rows are selected', async () => {
  const { screen, rowOf, field, details } = await typing()
  await userEvent.click(rowOf('Flux'), rowCorner)
  await expect.element(rowOf('Flux')).toHaveFocus()
  await userEvent.keyboard('{ArrowDown}')
  await expect.element(rowOf('Depth')).toHaveFocus()
  await expect.element(field).toHaveValue('Fine Grain')
  await userEvent.click(screen.getByRole('button', { name: 'Cancel', exact: true }))
  await userEvent.click(rowOf('Flux'), rowCorner)
  await expect.element(details('Flux')).toBeVisible()
})

test('typed text is in the form again after another view was shown', async () => {
  const { screen, field } = await typing()
  await userEvent.click(screen.getByRole('button', { name: 'History', exact: true }))
  await expect.poll(() => field.elements()).toEqual([])
  await userEvent.click(screen.getByRole('button', { name: 'Library', exact: true }))
  await expect.element(field).toHaveValue('Fine Grain')
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

test('a refusal after the form was closed is shown above the row', async () => {
  const { screen, rowOf, refuse } = await renaming()
  await userEvent.click(screen.getByRole('button', { name: 'Close details' }))
  refuse()
  const error = screen.getByRole('row', { name: /You don’t have permission to change models/ })
  await expect.element(error).toBeVisible()
  await expect.element(rowOf('Grain').getByRole('img', { name: /^Couldn’t save/ })).toBeVisible()
  await userEvent.click(error.getByRole('button', { name: 'Dismiss' }))
  await expect.element(error).not.toBeInTheDocument()
})

test('several models with the same error show it once, and it is repeated for all of them', async () => {
  let isRefused = true
  const { screen, rowOf, asked } = await openLibrary(threeModels, {
    changeModel: () => (isRefused ? failed(failure('forbidden', { team: '' })) : success(undefined)),
    deleteModels: () => failed(failure('bad-request')),
  })
  await userEvent.click(rowOf('Grain'), rowCorner)
  await userEvent.keyboard('{Delete}')
  await expect.element(screen.getByText('Couldn’t delete.', { exact: false })).toBeVisible()
  await userEvent.click(rowOf('Flux'), rowCorner)
  await userEvent.keyboard('{Shift>}{ArrowDown}{/Shift}')
  await userEvent.click(screen.getByRole('toolbar').getByRole('button', { name: 'Enable' }))
  await expect.element(screen.getByText('Couldn’t save.', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('toolbar').getByRole('button', { name: 'Disable' }))
  const error = screen.getByRole('row', { name: /Couldn’t save.*2 files/ })
  await expect.element(error).toBeVisible()
  isRefused = false
  asked.length = 0
  await userEvent.click(error.getByRole('button', { name: 'Try again' }))
  await expect.element(error).not.toBeInTheDocument()
  expect(asked.filter(({ name }) => name === 'changeModel').map(({ args }) => args)).toMatchObject([
    { modelId: 'Flux', change: { status: 'active' } },
    { modelId: 'Depth', change: { status: 'disabled' } },
  ])
  await expect.element(screen.getByText('Couldn’t delete.', { exact: false })).toBeVisible()
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

/** Opens the dialog for all three models of the library. */
async function editingAll(answers: Parameters<typeof openLibrary>[1] = {}) {
  const opened = await openLibrary(threeModels, answers)
  const { screen, rowOf, asked } = opened
  await userEvent.click(rowOf('Grain'), rowCorner)
  await userEvent.keyboard('{Control>}a{/Control}')
  await userEvent.click(screen.getByRole('button', { name: 'Edit type, path and names…' }))
  const changes = () => asked.filter(({ name }) => name === 'changeModel').map(({ args }) => args)
  return { ...opened, changes }
}

test('several models get a new type and folder after a preview, and Undo restores each', async () => {
  const { screen, rowOf, changes } = await editingAll()
  await expect.element(screen.getByRole('dialog', { name: 'Edit 3 models' })).toBeVisible()
  await userEvent.fill(screen.getByRole('dialog').getByLabelText('Type', { exact: true }), 'vae')
  const folder = screen.getByLabelText('Library folder')
  await expect.element(folder).toHaveAttribute('placeholder', 'unchanged · models/{type}')
  await userEvent.fill(folder, 'models/{type}/{base}')
  await expect.element(screen.getByText('Unknown placeholder in braces').first()).toBeVisible()
  await userEvent.fill(folder, 'models/{type}/client')
  await expect.element(screen.getByText('models/vae/client/Grain.safetensors')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Change 3 models' }))
  await expect.element(screen.getByText('3 models changed.', { exact: false })).toBeVisible()
  await expect.element(rowOf('Grain')).toMatchTextContent('models/vae/client/Grain.safetensors')
  const edited = changes()
  expect(edited).toHaveLength(3)
  expect(edited).toContainEqual(
    expect.objectContaining({
      modelId: 'Grain',
      change: { modelType: 'vae', modelPath: 'models/vae/client/Grain.safetensors' },
    }),
  )
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  await expect.element(screen.getByText('Changes undone.')).toBeVisible()
  const types = new Map(threeModels.map(({ id, modelType, modelPath }) => [id, { modelType, modelPath }]))
  expect(changes().slice(3)).toHaveLength(3)
  for (const { modelId, change } of changes().slice(3) as { modelId: string; change: unknown }[])
    expect(change).toEqual(types.get(modelId))
})

test('Undo of a bulk edit sends nothing for a model that someone else has edited since', async () => {
  let models = threeModels
  const { screen, rowOf, changes, emit } = await editingAll({ library: () => success(listing(models)) })
  await userEvent.fill(screen.getByRole('dialog').getByLabelText('Type', { exact: true }), 'vae')
  await userEvent.click(screen.getByRole('button', { name: 'Change 3 models' }))
  await expect.element(screen.getByText('3 models changed.', { exact: false })).toBeVisible()
  const inMine = { modelType: 'mine', modelPath: 'models/mine/Grain.safetensors' }
  models = threeModels.map((one) => {
    const inVae = { modelType: 'vae', modelPath: `models/vae/${one.id}.safetensors` }
    return { ...one, ...(one.id === 'Grain' ? inMine : inVae) }
  })
  emit('library', { teamId: team.id, failure: null })
  await expect.element(rowOf('Grain')).toMatchTextContent(inMine.modelPath)
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  await expect.poll(() => changes().slice(3)).not.toEqual([])
  expect(changes().slice(3)).not.toContainEqual(expect.objectContaining({ modelId: 'Grain' }))
})

test('models without a path are left out when several are edited', async () => {
  const { screen, rowOf } = await openLibrary([...threeModels, model('Loose', { modelPath: null })])
  await userEvent.click(rowOf('Grain'), rowCorner)
  await userEvent.keyboard('{Control>}a{/Control}')
  await userEvent.click(screen.getByRole('button', { name: 'Edit type, path and names…' }))
  await expect.element(screen.getByRole('dialog', { name: 'Edit 3 models' })).toBeVisible()
  await expect
    .element(screen.getByText('1 selected model can’t be edited here', { exact: false }))
    .toBeVisible()
})
