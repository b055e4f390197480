import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure, success } from '../../../electron/contract/failures.ts'
import type { FoundPlacesView, FoundPlaceView, WorkflowView } from '../../../electron/contract/discovery.ts'
import type { Asked } from '../support/fake-bridge.ts'
import { openPage } from '../support/open-page.ts'
import { need, team } from '../support/rows.ts'

const asks = (asked: readonly Asked[], name: string) =>
  asked.filter((one) => one.name === name).map(({ args }) => args)

const comfy: FoundPlaceView = {
  id: 'place-1',
  kind: 'comfyui',
  where: '~/ComfyUI/models',
  isWhole: true,
  isInformation: false,
  groups: [
    { modelType: 'checkpoints', count: 12, sizeBytes: 80_000_000_000 },
    { modelType: 'loras', count: 300, sizeBytes: 60_000_000_000 },
    { modelType: null, count: 2, sizeBytes: 1_000_000_000 },
  ],
}
const cache: FoundPlaceView = {
  id: 'place-2',
  kind: 'hugging-face',
  where: '~/.cache/huggingface/hub',
  isWhole: false,
  isInformation: true,
  groups: [{ modelType: null, count: 9, sizeBytes: 9_000_000_000 }],
}
const done: FoundPlacesView = { state: 'done', places: [comfy, cache] }

async function places(view: FoundPlacesView = done) {
  const page = await openPage({ answers: { findPlaces: () => success(view) } })
  await userEvent.click(page.screen.getByRole('button', { name: 'Find my models…' }))
  await expect.element(page.screen.getByRole('heading', { name: 'Find my models' })).toBeVisible()
  return page
}

test('shows found places with their types and adds the selected ones by id', async () => {
  const { screen, asked } = await places()
  await expect.element(screen.getByText('~/ComfyUI/models')).toBeVisible()
  await expect.element(screen.getByText('314 files, 141', { exact: false })).toBeVisible()
  await expect.element(screen.getByRole('button', { name: 'Add files' })).toBeDisabled()
  await userEvent.click(screen.getByRole('checkbox', { name: 'loras' }))
  await expect.element(screen.getByText(/^60.* GB selected$/)).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Add 300 files' }))
  expect(asks(asked, 'addPlaces')).toEqual([{ chosen: [{ id: 'place-1', modelTypes: ['loras'] }] }])
  await expect.element(screen.getByText('Drop model files here', { exact: false })).toBeVisible()
})

test('a place is selected as a whole; another program’s cache can’t be selected', async () => {
  const { screen } = await places()
  const all = screen.getByRole('checkbox', { name: 'Select all in ~/ComfyUI/models' })
  await userEvent.click(all)
  await expect.element(screen.getByRole('button', { name: 'Add 314 files' })).toBeEnabled()
  await userEvent.click(screen.getByRole('checkbox', { name: 'checkpoints' }))
  await expect.element(all).toBePartiallyChecked()
  expect(screen.getByRole('checkbox').elements()).toHaveLength(4)
  await expect.element(screen.getByText('no readable names', { exact: false })).toBeVisible()
})

test('shows results as they are found; the search stops on request and on leaving', async () => {
  const { screen, asked, emit } = await places({ state: 'looking', places: [] })
  await expect.element(screen.getByText('Searching common locations', { exact: false })).toBeVisible()
  emit('finding', { state: 'looking', places: [comfy] })
  await expect.element(screen.getByText('~/ComfyUI/models')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Stop' }))
  emit('finding', { state: 'stopped', places: [comfy] })
  await expect.element(screen.getByText('Search stopped.', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Search again' }))
  await userEvent.click(screen.getByRole('button', { name: 'Back to uploads' }))
  await expect.poll(() => asks(asked, 'stopFinding')).toHaveLength(2)
  expect(asks(asked, 'findPlaces')).toEqual([{ again: false }, { again: true }])
})

test('an empty result says where was searched and what to do', async () => {
  const { screen } = await places({ state: 'done', places: [] })
  await expect
    .element(screen.getByText('No models found in the common locations', { exact: false }))
    .toBeVisible()
})

test.each([
  ['stopped' as const, 'The search was stopped before it found any models.'],
  ['late' as const, 'some locations were skipped'],
])('a search that was %s doesn’t claim that nothing is there', async (state, words) => {
  const { screen } = await places({ state, places: [] })
  await expect.element(screen.getByText(words, { exact: false })).toBeVisible()
  expect(screen.getByText('No models found', { exact: false }).elements()).toEqual([])
})

test('shows no empty result before the first response', async () => {
  const { screen } = await places({ state: 'idle', places: [] })
  expect(screen.getByText('No models found', { exact: false }).elements()).toEqual([])
})

const needs = [
  need('owned.safetensors', { stand: 'in-library', by: 'hash', sizeBytes: 5_000_000_000 }),
  need('style/here.safetensors', {
    stand: 'here',
    by: 'path',
    where: '~/ComfyUI/models/loras/style/here.safetensors',
    sizeBytes: 90_000_000,
  }),
  need('off.safetensors', {
    stand: 'here',
    by: 'name',
    where: '~/off.safetensors',
    isOff: true,
    sizeBytes: 1,
  }),
  need('lost.safetensors', { url: 'https://models.example/lost.safetensors' }),
]
const view: WorkflowView = {
  id: 'workflow-1',
  fileName: 'flux.json',
  team,
  isLooking: false,
  libraryFailure: null,
  needs,
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
  const { screen, emit } = await workflow({ ...view, libraryFailure: failure('offline') })
  await expect.element(screen.getByText('The library can’t be listed', { exact: false })).toBeVisible()
  emit('workflow', { ...view, needs: needs.slice(0, 1) })
  await expect.element(screen.getByText('Aurora Studio has all models for this workflow.')).toBeVisible()
  emit('workflow', { ...view, id: 'another', needs: [] })
  await expect.element(screen.getByText('Aurora Studio has all models for this workflow.')).toBeVisible()
})

test('one line counts the models by state', async () => {
  const { screen } = await workflow()
  await expect.element(screen.getByText('1 in the library')).toBeVisible()
  await expect.element(screen.getByText('2 only on this computer')).toBeVisible()
  await expect.element(screen.getByText('1 not found')).toBeVisible()
  await expect
    .element(screen.getByRole('button', { name: /^Uploads/ }))
    .toHaveAttribute('aria-current', 'page')
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
