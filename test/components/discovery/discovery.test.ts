import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure, success } from '../../../electron/contract/failures.ts'
import type { FoundModelView, FoundPlacesView, WorkflowView } from '../../../electron/contract/discovery.ts'
import type { Answers, Asked } from '../support/fake-bridge.ts'
import { openPage, type OpenPage } from '../support/open-page.ts'
import { foundModel, foundPlace, foundView, need, team, workflowNeeds } from '../support/rows.ts'

const asks = (asked: readonly Asked[], name: string) =>
  asked.filter((one) => one.name === name).map(({ args }) => args)

const comfy = foundPlace('place-1', { modelCount: 4, sizeBytes: 141e9, presentCount: 2 })
const cache = foundPlace('place-2', {
  kind: 'hugging-face',
  where: '~/.cache/huggingface/hub',
  isWhole: false,
  isInformation: true,
})
const inComfy = [
  foundModel('flux', { folder: 'checkpoints', modelType: 'checkpoints', sizeBytes: 100e9 }),
  foundModel('owned', { sizeBytes: 30e9, state: 'in-library' }),
  foundModel('twin', { sizeBytes: 10e9, state: 'same-name-and-size' }),
  foundModel('grain', { modelType: null, sizeBytes: 1e9 }),
]
const inCache = [foundModel('cached')]
const modelsOf = (place: string, models: readonly FoundModelView[]) => {
  if (place === comfy.id) return models
  return place === cache.id ? inCache : []
}
const modelsIn = (models: readonly FoundModelView[]) => ({
  foundModels: ({ place }: { readonly place: string }) => success(modelsOf(place, models)),
})

async function places(view: FoundPlacesView = foundView([comfy, cache]), answers: Answers = {}) {
  const page = await openPage({
    answers: { findPlaces: () => success(view), ...modelsIn(inComfy), ...answers },
  })
  await userEvent.click(page.screen.getByRole('button', { name: 'Find my models…' }))
  await expect.element(page.screen.getByRole('heading', { name: 'Find my models' })).toBeVisible()
  return page
}

test('lists the models of each place with what the team has, and adds the selected ones to the review', async () => {
  const { screen, asked, rowOf, lines } = await places()
  await expect.element(rowOf('flux.safetensors')).toBeVisible()
  expect(lines()).toEqual([
    '~/ComfyUI/models, 4 models, expanded',
    'flux.safetensors, checkpoints, 100.0 GB',
    'owned.safetensors, loras, 30.0 GB, In the library',
    'twin.safetensors, loras, 10.0 GB, Same name and size in the library',
    'grain.safetensors, Unknown type, 1.0 GB',
    '~/.cache/huggingface/hub, 1 model, expanded',
    expect.stringContaining('no readable names'),
    expect.stringContaining('Not all files in this folder are listed'),
    'cached.safetensors, loras, 1.0 GB',
  ])
  await expect.element(screen.getByRole('button', { name: 'Review models' })).toBeDisabled()
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select flux.safetensors' }))
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select twin.safetensors' }))
  await userEvent.click(screen.getByRole('button', { name: 'Review 2 models · 110.0 GB' }))
  expect(asks(asked, 'addFound')).toEqual([{ ids: ['flux', 'twin'] }])
})

test('selecting a place leaves out what the team seems to have, and says how much', async () => {
  const { screen } = await places()
  const all = screen.getByRole('checkbox', { name: 'Select all in ~/ComfyUI/models' })
  await userEvent.click(all)
  await expect.element(screen.getByRole('button', { name: 'Review 2 models · 101.0 GB' })).toBeEnabled()
  await expect.element(screen.getByText('2 models aren’t selected', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select flux.safetensors' }))
  await expect.element(all).toBePartiallyChecked()
  // The other program's cache has no checkboxes.
  expect(screen.getByRole('checkbox').elements()).toHaveLength(5)
})

test('models are selected with the keyboard alone', async () => {
  const { screen, rowOf } = await places()
  await expect.element(rowOf('flux.safetensors')).toBeVisible()
  screen
    .getByRole('row', { name: /^~\/ComfyUI/ })
    .element()
    .focus()
  await userEvent.keyboard('{ArrowDown} ')
  await expect.element(screen.getByRole('button', { name: 'Review 1 model · 100.0 GB' })).toBeEnabled()
  await userEvent.keyboard('{ArrowLeft}{ArrowLeft}')
  await expect.element(screen.getByRole('row', { name: /^~\/ComfyUI.*collapsed$/ })).toHaveFocus()
  await userEvent.keyboard(' ')
  await expect.element(screen.getByRole('button', { name: 'Review 2 models · 101.0 GB' })).toBeEnabled()
  await userEvent.keyboard('{Control>}a{/Control} ')
  await expect.element(screen.getByRole('button', { name: 'Review models' })).toBeDisabled()
})

test('what turns out to be in the library is not selected any more', async () => {
  let models = inComfy
  const view = foundView([comfy], { library: { team, isListing: true, failure: null, listedAtMs: null } })
  const { screen, emit } = await places(view, { foundModels: () => success(models) })
  await expect.element(screen.getByText('Comparing with the library of Aurora Studio')).toBeVisible()
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select all in ~/ComfyUI/models' }))
  models = models.map((model) => (model.id === 'flux' ? { ...model, state: 'in-library' } : model))
  emit('finding', foundView([{ ...comfy, version: 2, presentCount: 3 }]))
  await expect.element(screen.getByRole('button', { name: 'Review 1 model · 1.0 GB' })).toBeEnabled()
})

test('a library that can’t be listed is not reported as a lack of models, and is listed again', async () => {
  const view = foundView([comfy], {
    library: { team, isListing: false, failure: failure('offline'), listedAtMs: null },
  })
  const { screen, asked } = await places(view)
  await expect
    .element(screen.getByText('models that the team already has aren’t marked', { exact: false }))
    .toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(asks(asked, 'findPlaces')).toEqual([undefined, undefined])
})

test('folders that can’t be read are named', async () => {
  const place = foundPlace('place-1', {
    modelCount: 0,
    unreadableCount: 2,
    unreadable: ['~/ComfyUI/models/a', '~/ComfyUI/models/b'],
  })
  const { screen } = await places(foundView([place]), modelsIn([]))
  await expect
    .element(
      screen.getByText(
        '2 folders can’t be read: ~/ComfyUI/models/a, ~/ComfyUI/models/b. Connect the drive or give Modelferry permission, then search again.',
      ),
    )
    .toBeVisible()
})

test('models that are gone are not said to be added', async () => {
  const { screen } = await places()
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select flux.safetensors' }))
  await userEvent.click(screen.getByRole('button', { name: /^Review 1 model/ }))
  await expect.element(screen.getByText('These models are no longer listed.', { exact: false })).toBeVisible()
  await expect.element(screen.getByRole('heading', { name: 'Find my models' })).toBeVisible()
})

test('the list of 10,000 models is searched and selected', async () => {
  const many = Array.from({ length: 10_000 }, (_, at) => foundModel(`model-${at}`))
  const { screen, rowOf } = await places(
    foundView([foundPlace('place-1', { modelCount: 10_000 })]),
    modelsIn(many),
  )
  await expect.element(rowOf('model-0.safetensors')).toBeVisible()
  expect(screen.container.querySelectorAll('[role=row]').length).toBeLessThan(60)
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select all in ~/ComfyUI/models' }))
  await expect.element(screen.getByRole('button', { name: /^Review 10,000 models/ })).toBeEnabled()
  await userEvent.fill(screen.getByRole('textbox', { name: 'Search models' }), 'model-9999')
  await expect.poll(() => screen.getByRole('checkbox').elements()).toHaveLength(2)
})

const search = async ({ screen }: OpenPage, text: string) =>
  userEvent.fill(screen.getByRole('textbox', { name: 'Search models' }), text)

test('selecting a place during a search selects only the models shown', async () => {
  const page = await places(foundView([comfy]))
  const { screen } = page
  await search(page, 'flux')
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select all in ~/ComfyUI/models' }))
  await expect.element(screen.getByRole('button', { name: 'Review 1 model · 100.0 GB' })).toBeEnabled()
  await search(page, '')
  await expect
    .element(screen.getByRole('checkbox', { name: 'Select all in ~/ComfyUI/models' }))
    .toBePartiallyChecked()
})

test('clearing a place during a search keeps hidden models selected', async () => {
  const page = await places(foundView([comfy]))
  const { screen } = page
  const all = screen.getByRole('checkbox', { name: 'Select all in ~/ComfyUI/models' })
  await userEvent.click(all)
  await search(page, 'flux')
  await expect.element(all).toBeChecked()
  await userEvent.click(all)
  await expect.element(screen.getByRole('button', { name: 'Review 1 model · 1.0 GB' })).toBeEnabled()
})

test('shows results as they are found; the search stops on request and on leaving', async () => {
  const { screen, asked, emit } = await places(foundView([], { state: 'looking' }))
  await expect.element(screen.getByText('Searching common locations', { exact: false })).toBeVisible()
  emit('finding', foundView([comfy], { state: 'looking' }))
  await expect.element(screen.getByText('~/ComfyUI/models')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Stop' }))
  emit('finding', foundView([comfy], { state: 'stopped' }))
  await expect.element(screen.getByText('Search stopped.', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Search again' }))
  await userEvent.click(screen.getByRole('button', { name: 'Back to uploads' }))
  await expect.poll(() => asks(asked, 'stopFinding')).toHaveLength(2)
  expect(asks(asked, 'findPlaces')).toEqual([undefined, undefined])
})

test.each([
  ['done' as const, 'No models found in the common locations'],
  ['stopped' as const, 'The search was stopped before it found any models.'],
  ['late' as const, 'some locations were skipped'],
])('a search that found nothing says why: %s', async (state, words) => {
  const { screen } = await places(foundView([], { state }))
  await expect.element(screen.getByText(words, { exact: false })).toBeVisible()
})

const view: WorkflowView = {
  id: 'workflow-1',
  fileName: 'flux.json',
  team,
  isLooking: false,
  libraryFailure: null,
  libraryListedAtMs: null,
  needs: workflowNeeds,
  unseen: [],
  isUsualSeen: true,
}

async function workflow(now: WorkflowView = view) {
  const page = await openPage({
    answers: {
      workflow: () => success(now),
      sendNeeds: () => success({ added: 1, refused: 0, skipped: [] }),
      locateNeed: () =>
        success({ ...now, needs: [need('lost.safetensors', { stand: 'here', by: 'hand', where: '~/x' })] }),
    },
  })
  page.emit('added', { added: 0, refused: 0, skipped: [], workflow: 'workflow-1' })
  await expect.element(page.screen.getByRole('heading', { name: 'Models for flux.json' })).toBeVisible()
  return page
}

test('a workflow shows available, local and missing models and uploads the local ones', async () => {
  const { screen, asked } = await workflow()
  for (const group of [
    'On this computer, not in the library of Aurora Studio',
    'Not found',
    'In the library of Aurora Studio',
  ]) {
    await expect.element(screen.getByRole('heading', { name: group })).toBeVisible()
  }
  await expect.element(screen.getByText('loras · same SHA-256')).toBeVisible()
  await expect.element(screen.getByText('https://models.example/lost.safetensors')).toBeVisible()
  expect(screen.container.querySelectorAll('a')).toHaveLength(0)
  await userEvent.click(screen.getByRole('button', { name: 'Upload 1 model' }))
  expect(asks(asked, 'sendNeeds')).toEqual([{ id: 'workflow-1', needs: ['style/here.safetensors'] }])
})

test('models of disabled nodes are uploaded only if selected', async () => {
  const { screen } = await workflow()
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select off.safetensors' }))
  await expect.element(screen.getByRole('button', { name: 'Upload 2 models' })).toBeEnabled()
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select off.safetensors' }))
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select style/here.safetensors' }))
  await expect.element(screen.getByRole('button', { name: 'Nothing to upload' })).toBeDisabled()
})

test('a missing model is located by hand and its URL is copied', async () => {
  const { screen, asked } = await workflow()
  await userEvent.click(screen.getByRole('button', { name: 'Copy the workflow’s link for lost.safetensors' }))
  expect(asks(asked, 'copyText')).toEqual([{ text: 'https://models.example/lost.safetensors' }])
  await userEvent.click(screen.getByRole('button', { name: 'Locate lost.safetensors…' }))
  await expect.element(screen.getByText('loras · chosen by you')).toBeVisible()
})

test('shows a failed library listing, and a workflow that needs nothing', async () => {
  const { screen, emit } = await workflow({
    ...view,
    libraryFailure: failure('offline'),
    libraryListedAtMs: null,
  })
  await expect.element(screen.getByText('The library can’t be listed', { exact: false })).toBeVisible()
  emit('workflow', { ...view, needs: workflowNeeds.slice(0, 1) })
  await expect.element(screen.getByText('Aurora Studio has all models for this workflow.')).toBeVisible()
  emit('workflow', { ...view, id: 'another', needs: [] })
  await expect.element(screen.getByText('Aurora Studio has all models for this workflow.')).toBeVisible()
})

test('lists the library again for a workflow, and says when its models were listed', async () => {
  const listedAtMs = new Date(2026, 0, 2, 15, 4).getTime()
  const { screen, emit, asked } = await workflow()
  emit('workflow', { ...view, libraryFailure: failure('offline'), libraryListedAtMs: listedAtMs })
  await expect.element(screen.getByText(/Models are compared with it as of .*3:04/)).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  await expect.poll(() => asks(asked, 'workflow').at(-1)).toEqual({ id: 'workflow-1', isFresh: true })
  await expect.element(screen.getByText('as of', { exact: false })).not.toBeInTheDocument()
})

test('without the team’s library a workflow calls no model missing or only on this computer', async () => {
  const unknown = { ...view, needs: workflowNeeds.slice(1), libraryFailure: failure('offline') }
  const { screen, emit } = await workflow(unknown)
  await expect.element(screen.getByRole('heading', { name: 'On this computer', exact: true })).toBeVisible()
  await expect.element(screen.getByText(/: 1 here, 1 not found,/)).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Back to uploads' }))
  const banner = screen.getByRole('status').filter({ hasText: 'flux.json' })
  await expect.element(banner).toMatchTextContent(/^Models for flux\.json/)
  // An older list shows what the team lacks.
  emit('workflow', { ...unknown, libraryListedAtMs: 1 })
  await expect.element(banner).toMatchTextContent(/^flux\.json: 2 models missing/)
})

test('searches one folder for all missing models and names unreadable folders', async () => {
  const unseen = [{ where: '~/far', why: 'too-slow' as const }]
  const { screen, asked } = await workflow({ ...view, unseen, isUsualSeen: false })
  await expect.element(screen.getByText('~/far (too large or too slow)')).toBeVisible()
  await expect.element(screen.getByText('common locations', { exact: true })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Search a folder…' }))
  expect(asks(asked, 'lookInFolder')).toEqual([{ id: 'workflow-1' }])
})

test('a failed upload shows its reason and links to its row', async () => {
  const failed = { uploadId: 'upload-1', failure: failure('file-missing') }
  const { screen } = await workflow({
    ...view,
    needs: [need('broken.safetensors', { stand: 'failed', failed })],
  })
  await expect.element(screen.getByText('The file was moved or deleted', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Show upload of broken.safetensors' }))
  await expect.element(screen.getByText('flux.json: 1 model missing')).toBeVisible()
})

test('a workflow can be reopened until it is closed', async () => {
  const { screen, asked, emit } = await workflow()
  await userEvent.click(screen.getByRole('button', { name: 'Back to uploads' }))
  await expect.element(screen.getByText('flux.json: 2 models missing')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Show', exact: true }))
  await expect.element(screen.getByRole('heading', { name: 'Models for flux.json' })).toBeVisible()
  // Another one takes its place.
  emit('added', { added: 0, refused: 0, skipped: [], workflow: 'workflow-2' })
  await expect.poll(() => asks(asked, 'closeWorkflow')).toEqual([{ id: 'workflow-1' }])
  await userEvent.click(screen.getByRole('button', { name: 'Close workflow' }))
  await expect.poll(() => asks(asked, 'closeWorkflow')).toEqual([{ id: 'workflow-1' }, { id: 'workflow-2' }])
  expect(screen.getByText('flux.json:', { exact: false }).elements()).toEqual([])
})
