import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { LibraryChange } from '../../../electron/contract/library.ts'
import { selectOption } from '../support/select-option.ts'
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

test('the offer to undo an edit ends when the model is deleted', async () => {
  const { screen, rowOf } = await openLibrary()
  await userEvent.dblClick(rowOf('Grain'), rowCorner)
  await userEvent.click(screen.getByRole('button', { name: 'Edit name, type or path' }))
  await userEvent.fill(screen.getByRole('textbox', { name: 'Name' }), 'Fine Grain')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  const offer = screen.getByText('Saved changes to Grain.', { exact: false })
  await expect.element(offer).toBeVisible()
  rowOf('Fine Grain').element().focus()
  await userEvent.keyboard('{Delete}')
  await expect.element(rowOf('Fine Grain')).not.toBeInTheDocument()
  expect(offer.elements()).toEqual([])
})

test('Undo restores one edit after the other, the latest first', async () => {
  const { screen, rowOf, asked } = await openLibrary()
  for (const name of ['Grain', 'Flux']) {
    await userEvent.dblClick(rowOf(name), rowCorner)
    await userEvent.click(screen.getByRole('button', { name: 'Edit name, type or path' }))
    await userEvent.fill(screen.getByRole('textbox', { name: 'Name' }), `Fine ${name}`)
    await userEvent.click(screen.getByRole('button', { name: 'Save' }))
    await expect.element(screen.getByText(`Saved changes to ${name}.`, { exact: false })).toBeVisible()
  }
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  await expect.element(screen.getByText('Saved changes to Grain.', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  const changes = () => asked.filter(({ name }) => name === 'changeModel').map(({ args }) => args)
  await expect
    .poll(() => changes().slice(2))
    .toMatchObject([
      { modelId: 'Flux', change: { displayName: 'Flux' } },
      { modelId: 'Grain', change: { displayName: 'Grain' } },
    ])
})

test('Ctrl+Z pressed again while an edit is being undone leaves the edit before it for later', async () => {
  const undone = Promise.withResolvers<ReturnType<typeof success<void>>>()
  const answers = [success(undefined), success(undefined), undone.promise]
  const { screen, rowOf, asked } = await openLibrary(threeModels, {
    changeModel: () => answers.shift() ?? success(undefined),
  })
  for (const [name, next] of [
    ['Grain', 'Fine Grain'],
    ['Fine Grain', 'Finest Grain'],
  ] as const) {
    await userEvent.dblClick(rowOf(name), rowCorner)
    await userEvent.click(screen.getByRole('button', { name: 'Edit name, type or path' }))
    await userEvent.fill(screen.getByRole('textbox', { name: 'Name' }), next)
    await userEvent.click(screen.getByRole('button', { name: 'Save' }))
    await expect.element(screen.getByText(`Saved changes to ${name}.`, { exact: false })).toBeVisible()
  }
  await userEvent.keyboard('{Control>}zz{/Control}')
  undone.resolve(success(undefined))
  await expect.element(screen.getByText('Saved changes to Grain.', { exact: false })).toBeVisible()
  await userEvent.keyboard('{Control>}z{/Control}')
  const names = () =>
    asked.flatMap(({ name, args }) =>
      name === 'changeModel' ? [(args as { change: LibraryChange }).change.displayName] : [],
    )
  await expect.poll(names).toEqual(['Fine Grain', 'Finest Grain', 'Fine Grain', 'Grain'])
  await expect.element(rowOf('Grain')).toBeVisible()
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

test('the details of another model leave typed text in the form of the first', async () => {
  const { rowOf, field, details } = await typing()
  await userEvent.dblClick(rowOf('Flux'), rowCorner)
  await expect.element(details('Flux')).toBeVisible()
  await userEvent.dblClick(rowOf('Grain'), rowCorner)
  await expect.element(field).toHaveValue('Fine Grain')
  await expect.element(rowOf('Grain')).toHaveFocus()
})

test('typed text is in the form again after another view was shown', async () => {
  const { screen, field } = await typing()
  await userEvent.click(screen.getByRole('button', { name: 'History', exact: true }))
  await expect.poll(() => field.elements()).toEqual([])
  await userEvent.click(screen.getByRole('button', { name: 'Library', exact: true }))
  await expect.element(field).toHaveValue('Fine Grain')
})

test('text that is being saved opens no form, and is in it again after a refusal', async () => {
  const { screen, rowOf, refuse } = await renaming()
  const field = screen.getByRole('textbox', { name: 'Name' })
  const details = (name: string) => screen.getByRole('complementary', { name: `Details of ${name}` })
  await userEvent.dblClick(rowOf('Flux'), rowCorner)
  await expect.element(details('Flux')).toBeVisible()
  await userEvent.dblClick(rowOf('Fine Grain'), rowCorner)
  await expect.element(details('Fine Grain')).toBeVisible()
  expect(field.elements()).toEqual([])
  refuse()
  await expect.element(details('Grain')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Edit name, type or path' }))
  await expect.element(field).toHaveValue('Fine Grain')
})

test('text that was cancelled or saved is not in the form when it is opened again', async () => {
  const { screen, field, details } = await typing()
  const edit = screen.getByRole('button', { name: 'Edit name, type or path' })
  await userEvent.click(screen.getByRole('button', { name: 'Cancel', exact: true }))
  await userEvent.click(edit)
  await expect.element(field).toHaveValue('Grain')
  await userEvent.fill(field, 'Finest Grain')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  await expect.element(details('Finest Grain')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  await expect.element(details('Grain')).toBeVisible()
  await userEvent.click(edit)
  await expect.element(field).toHaveValue('Grain')
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

test.each([
  ['Delete…', 'Couldn’t delete. This server doesn’t support this action. Ask the server’s administrator.'],
  ['Disable', 'Couldn’t save. This server doesn’t support this action. Ask the server’s administrator.'],
] as const)('says that the server does not support it: %s', async (what, words) => {
  const refused = () => failed(failure('bad-request'))
  const { screen, rowOf } = await openLibrary(threeModels, { changeModel: refused, deleteModels: refused })
  await userEvent.dblClick(rowOf('Grain'), rowCorner)
  await userEvent.click(screen.getByRole('complementary').getByRole('button', { name: what }))
  await expect.element(screen.getByText(words)).toBeVisible()
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

test('models that the server refuses to change say so and are counted', async () => {
  const { screen, rowOf } = await editingAll({
    changeModel: ({ modelId }) =>
      modelId === 'Grain' ? failed(failure('forbidden', { team: '' })) : success(undefined),
  })
  await userEvent.fill(screen.getByRole('dialog').getByLabelText('Type', { exact: true }), 'vae')
  await userEvent.click(screen.getByRole('button', { name: /^Change \d models?$/ }))
  await expect.element(screen.getByText('1 couldn’t be changed.', { exact: false })).toBeVisible()
  await expect.element(rowOf('Grain').getByRole('img', { name: /^Couldn’t save/ })).toBeVisible()
})

test('the dialog closes while several models are saved, and the list may become empty', async () => {
  const answer = Promise.withResolvers<ReturnType<typeof success<void>>>()
  const { screen, rowOf } = await openLibrary([...threeModels, model('Ink')], {
    changeModel: () => answer.promise,
  })
  await selectOption(screen.getByRole('combobox', { name: 'Type' }), /^loras/)
  await userEvent.click(rowOf('Grain'), rowCorner)
  await userEvent.keyboard('{Control>}a{/Control}')
  await userEvent.click(screen.getByRole('button', { name: 'Edit type, path and names…' }))
  await userEvent.fill(screen.getByRole('dialog').getByLabelText('Type', { exact: true }), 'vae')
  await userEvent.click(screen.getByRole('button', { name: 'Change 2 models' }))
  await expect.poll(() => screen.getByRole('dialog').elements()).toEqual([])
  answer.resolve(success(undefined))
  await expect.element(screen.getByText('2 models changed.', { exact: false })).toBeVisible()
})

test('Undo of a bulk edit sends nothing for a model that was edited since', async () => {
  const { screen, rowOf, changes } = await editingAll()
  await userEvent.fill(screen.getByRole('dialog').getByLabelText('Type', { exact: true }), 'vae')
  await userEvent.click(screen.getByRole('button', { name: 'Change 3 models' }))
  await expect.element(screen.getByText('3 models changed.', { exact: false })).toBeVisible()
  await userEvent.dblClick(rowOf('Grain'), rowCorner)
  await userEvent.click(screen.getByRole('button', { name: 'Edit name, type or path' }))
  await userEvent.fill(screen.getByRole('textbox', { name: 'Library path' }), 'models/mine/Grain.safetensors')
  await userEvent.fill(screen.getByRole('complementary').getByRole('combobox', { name: 'Type' }), 'mine')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  await expect.element(screen.getByText('Saved changes to Grain.', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }).first())
  await expect
    .element(screen.getByText('Changes undone, except for 1 model.', { exact: false }))
    .toBeVisible()
  expect(
    (changes() as readonly { readonly change: object }[]).filter(
      ({ change }) => Object.keys(change).length === 0,
    ),
  ).toEqual([])
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
