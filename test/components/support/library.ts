import { userEvent } from 'vitest/browser'
import { success } from '../../../electron/contract/failures.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import { openPage } from './open-page.ts'
import { noonMs, team } from './rows.ts'

/** A library model; its id is its name. */
export function model(displayName: string, given: Partial<LibraryModel> = {}): LibraryModel {
  return {
    id: displayName,
    displayName,
    modelType: 'loras',
    modelPath: `models/loras/${displayName}.safetensors`,
    sizeBytes: 1_000_000_000,
    sha256: null,
    status: 'active',
    createdAtMs: noonMs,
    storageKey: null,
    ...given,
  }
}

export const threeModels = [
  model('Grain', { createdAtMs: noonMs - 2_000, sha256: 'ab'.repeat(32) }),
  model('Depth', { modelType: 'controlnet', sizeBytes: 2_000_000_000, createdAtMs: noonMs - 1_000 }),
  model('Flux', { modelType: 'checkpoints', status: 'disabled' }),
]

export const listing = (models: readonly LibraryModel[] = threeModels) => ({
  models,
  // So long ago that an opened library is listed again, at any time of day.
  listedAtMs: Date.now() - 3_600_000,
  completeAtMs: Date.now() - 3_600_000,
  failure: null,
})
export const choice = { accountId: 'account-1', teamId: team.id }

/** Opens the page with a library. */
export async function openLibrary(
  models: readonly LibraryModel[] = threeModels,
  answers: NonNullable<Parameters<typeof openPage>[0]>['answers'] = {},
) {
  const opened = await openPage({ answers: { library: () => success(listing(models)), ...answers } })
  await userEvent.click(opened.screen.getByRole('button', { name: 'Library', exact: true }))
  const names = () => opened.lines().map((line) => line.split(',')[0])
  return { ...opened, names }
}

/** A position in a row without controls. */
export const rowCorner = { position: { x: 12, y: 12 } }
