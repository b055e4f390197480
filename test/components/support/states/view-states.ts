import { expect } from 'vitest'
import { userEvent } from 'vitest/browser'
import type { WorkflowView } from '../../../../electron/contract/discovery.ts'
import { failed, failure, success } from '../../../../electron/contract/failures.ts'
import { listing, model, openLibrary, threeModels } from '../library.ts'
import { defaultConditions } from '../fake-bridge.ts'
import type { OpenPage } from '../open-page.ts'
import { reviewRow } from '../review-view.ts'
import {
  foundModel,
  foundPlace,
  foundView,
  need,
  otherTeam,
  registeredRow,
  sendingRow,
  signedIn,
  snapshotOf,
  team,
  workflowNeeds,
} from '../rows.ts'
import { mixedRows } from './upload-states.ts'
import { opened, rowCorner, untilShown, type OpenState, type States } from './state.ts'

const openByName = ({ screen }: OpenPage, name: string) =>
  userEvent.click(screen.getByRole('button', { name, exact: true }))

/** Opens the library and then acts on it. */
function inLibrary(
  act: (page: OpenPage) => unknown,
  answers: Parameters<typeof openLibrary>[1] = {},
  models = threeModels,
): OpenState {
  return async () => {
    const page = await openLibrary(models, answers)
    await act(page)
    return page
  }
}

const longNames = [
  model(
    'A very long name of a model that was trained for many hours on the harbour at dawn '.repeat(3).trim(),
  ),
  model('نموذج الميناء عند الفجر', { modelType: 'a_type_with_an_unusually_long_name_of_50_characters' }),
  model('W'.repeat(200)),
]

export const libraryStates: States = {
  'the library': inLibrary(untilShown('Grain')),
  'the library, with base models and a diffusers folder': inLibrary(untilShown('sdxl-turbo'), {}, [
    ...threeModels.map((one) => ({ ...one, base: one.id === 'Depth' ? 'Flux.1' : 'SDXL' })),
    ...['model_index.json', 'unet/a.safetensors', 'vae/a.safetensors'].map((name) =>
      model(name, { modelType: 'diffusers', modelPath: `models/diffusers/sdxl-turbo/${name}` }),
    ),
    model('Wan', { modelType: 'diffusion_models', sizeBytes: 14e9 }),
  ]),
  'the library, with agents in the details, while uploads run': inLibrary(
    async (page) => {
      await userEvent.dblClick(page.rowOf('Depth'), rowCorner)
      await untilShown('gpu-2: Flux')(page)
    },
    {
      snapshot: () => success(snapshotOf(mixedRows)),
      agents: () =>
        success([
          { name: 'gpu-1', status: 'idle', syncDetail: '', syncPercent: null },
          { name: 'gpu-2', status: 'syncing', syncDetail: 'Flux (12 GB)', syncPercent: 45 },
        ]),
    },
  ),
  'the library, while uploads, a review and files without a team wait': inLibrary(
    untilShown('with the charger'),
    {
      conditions: () =>
        success({ ...defaultConditions, hold: { kind: 'battery', percent: 18, belowPercent: 30 } }),
      snapshot: () => success(snapshotOf([...mixedRows.filter(({ id }) => id !== 'Flux'), reviewRow('Wan')])),
      waitingFiles: () => success({ count: 3, names: [], hasFolders: true, failure: null }),
    },
  ),
  'the library, while all uploads are being paused': inLibrary(untilShown('Stop now'), {
    snapshot: () =>
      success(
        snapshotOf([
          sendingRow('Flux', {
            pausing: { isSingle: false, finishingParts: 12, unacknowledgedBytes: 38_000_000 },
          }),
        ]),
      ),
  }),
  'adding an account, while uploads run': opened({ rows: mixedRows }, async ({ screen }) => {
    await userEvent.click(screen.getByRole('button', { name: `Team: ${team.name}` }))
    await userEvent.click(screen.getByRole('menuitem', { name: 'Add account…' }))
    await expect.element(screen.getByRole('region', { name: 'Overview' })).toBeVisible()
  }),
  'the library of a team that new uploads don’t go to': inLibrary(async (page) => {
    page.emit('reveal', {
      kind: 'library',
      team: { accountId: 'account-1', teamId: otherTeam.id },
      modelIds: ['Grain'],
      uploadIds: [],
    })
    await untilShown(`Library of ${otherTeam.name}`)(page)
  }),
  'the library, loading': inLibrary(untilShown('Loading'), { library: () => new Promise(() => undefined) }),
  'the library, empty': inLibrary(untilShown('has no models yet'), {}, []),
  'the library, no team chosen': inLibrary(untilShown('Choose team'), {
    session: () => success({ ...signedIn(), chosen: null }),
  }),
  'the library, not loaded': inLibrary(
    async ({ screen }) => expect.element(screen.getByRole('main').getByRole('alert')).toBeVisible(),
    { library: () => failed(failure('not-found')) },
  ),
  'the library, outdated, with details and a requested deletion': inLibrary(
    async ({ screen, rowOf }) => {
      await userEvent.dblClick(rowOf('Grain'), rowCorner)
      await userEvent.keyboard('{Delete}')
      await expect.element(screen.getByText('Deletion requested').first()).toBeVisible()
    },
    {
      library: () => success({ ...listing(), failure: failure('offline') }),
      // The native question stays open.
      deleteModels: () => new Promise(() => {}),
    },
  ),
  'the library, a model being changed': inLibrary(async ({ screen, rowOf }) => {
    await userEvent.dblClick(rowOf('Grain'), rowCorner)
    await userEvent.click(screen.getByRole('button', { name: 'Edit name, type or path' }))
    await userEvent.fill(screen.getByRole('textbox', { name: 'Name' }), '')
    await expect.element(screen.getByRole('textbox', { name: 'Name' })).toBeInvalid()
  }),
  'the library, several selected and a failed change': inLibrary(
    async ({ screen, rowOf }) => {
      await userEvent.click(rowOf('Flux'), rowCorner)
      await userEvent.keyboard('{Control>}a{/Control}')
      await userEvent.click(screen.getByRole('toolbar').getByRole('button', { name: 'Disable' }))
      await expect.element(screen.getByText('Couldn’t save', { exact: false }).first()).toBeVisible()
    },
    { changeModel: () => failed(failure('forbidden')) },
  ),
  'the library, a search without results': inLibrary(async ({ screen }) => {
    await userEvent.fill(screen.getByRole('textbox', { name: 'Search library' }), 'nothing')
    await expect.element(screen.getByText('No models match.')).toBeVisible()
  }),
  'the library, very long names': inLibrary(untilShown('الميناء'), {}, longNames),
}

const depth = registeredRow('Depth')
const history = (act: (page: OpenPage) => unknown, rows = [depth, registeredRow('Grain')]): OpenState =>
  opened(
    { answers: { history: () => success({ rows, nextBeforeMs: rows.length > 0 ? 1 : null }) } },
    async (page) => {
      await openByName(page, 'History')
      await act(page)
    },
  )

export const historyStates: States = {
  'history, with details': history(async ({ rowOf, screen }) => {
    await userEvent.dblClick(rowOf('Depth'), rowCorner)
    await expect.element(screen.getByRole('complementary')).toBeVisible()
  }),
  'history, the question before removing': history(async ({ rowOf, screen }) => {
    await userEvent.click(rowOf('Depth'), rowCorner)
    await userEvent.keyboard('{Delete}')
    await expect.element(screen.getByText('Remove “Depth” from history?')).toBeVisible()
  }),
  'history, empty': history(
    async ({ screen }) => expect.element(screen.getByText('Finished uploads appear here.')).toBeVisible(),
    [],
  ),
  'history that can’t be read': opened(
    { answers: { history: () => failed(failure('journal-trouble')) } },
    async (page) => {
      await openByName(page, 'History')
      await expect.element(page.screen.getByRole('main').getByRole('alert')).toBeVisible()
    },
  ),
}

const comfy = foundPlace('place-1', { modelCount: 4, sizeBytes: 141e9, presentCount: 2 })
const cache = foundPlace('place-2', {
  kind: 'hugging-face',
  where: '~/.cache/huggingface/hub',
  isWhole: false,
  isInformation: true,
  unreadableCount: 2,
  unreadable: ['~/.cache/a', '~/.cache/b'],
})
const inComfy = [
  foundModel('flux', { folder: 'checkpoints', modelType: 'checkpoints', sizeBytes: 100e9 }),
  foundModel('owned', { sizeBytes: 30e9, state: 'in-library' }),
  foundModel('duplicate', { sizeBytes: 10e9, state: 'same-name-and-size' }),
  foundModel('grain', { modelType: null, sizeBytes: 1e9 }),
]

const places = (view: ReturnType<typeof foundView>, act: (page: OpenPage) => unknown = () => undefined) =>
  opened(
    {
      answers: {
        findPlaces: () => success(view),
        foundModels: ({ place }) => success(place === comfy.id ? inComfy : [foundModel('cached')]),
      },
    },
    async (page) => {
      await openByName(page, 'Find my models…')
      await expect.element(page.screen.getByRole('heading', { name: 'Find my models' })).toBeVisible()
      await act(page)
    },
  )

const needs = [
  ...workflowNeeds,
  need('broken.safetensors', {
    stand: 'failed',
    failed: { uploadId: 'upload-1', failure: failure('file-missing') },
  }),
]
const workflowView: WorkflowView = {
  id: 'workflow-1',
  fileName: 'flux.json',
  team,
  isLooking: false,
  libraryFailure: null,
  libraryListedAtMs: null,
  needs,
  unseen: [{ where: '~/far', why: 'too-slow' }],
  isUsualSeen: false,
}
const workflow = (change: Partial<WorkflowView>): OpenState =>
  opened({ answers: { workflow: () => success({ ...workflowView, ...change }) } }, async (page) => {
    page.emit('added', { added: 0, refused: 0, skipped: [], workflow: 'workflow-1' })
    await untilShown('Models for flux.json')(page)
  })

export const discoveryStates: States = {
  'Find my models, searching': places(foundView([], { state: 'looking' }), untilShown('Searching common')),
  'Find my models, with a selection': places(foundView([comfy, cache]), async ({ screen }) => {
    await userEvent.click(screen.getByRole('checkbox', { name: 'Select all in ~/ComfyUI/models' }))
    await expect.element(screen.getByRole('button', { name: /^Review 2 models/ })).toBeEnabled()
  }),
  'Find my models, nothing found': places(foundView([]), untilShown('No models found')),
  'Find my models, without the library': places(
    foundView([comfy], {
      library: { team, isListing: false, failure: failure('offline'), listedAtMs: null },
    }),
    untilShown('No connection'),
  ),
  'a workflow': workflow({}),
  'a workflow, searched, without the library': workflow({
    isLooking: true,
    libraryFailure: failure('offline'),
    libraryListedAtMs: null,
  }),
  'a workflow with all models in the library': workflow({
    needs: needs.slice(0, 1),
    unseen: [],
    isUsualSeen: true,
  }),
}
