import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { success } from '../../../electron/contract/failures.ts'
import { defaultConditions } from '../support/fake-bridge.ts'
import { model, openLibrary, rowCorner } from '../support/library.ts'
import { openPage } from '../support/open-page.ts'
import { foundModel, foundPlace, foundView, need, settings, team } from '../support/rows.ts'

/** Shows what follows from right to left: `gpj.exe` reads as `exe.jpg`. */
const reversing = '\u202e'
const name = `${reversing}gpj.exe`
const shown = '\ufffdgpj.exe'
/** Texts, tooltips and labels of the page, but not the values of fields. */
const texts = () => document.body.innerHTML.replace(/ value="[^"]*"/g, '')

test('a library row shows name, path and type without marks that reorder text', async () => {
  const { screen, rowOf } = await openLibrary([
    model('Grain', { displayName: name, modelPath: `models/${name}`, modelType: name }),
  ])
  await expect.element(screen.getByTitle(`models/${shown}`)).toBeVisible()
  expect(texts()).not.toContain(reversing)
  await userEvent.dblClick(rowOf(shown), rowCorner)
  await expect.element(screen.getByRole('heading', { name: shown })).toBeVisible()
  expect(texts()).not.toContain(reversing)
})

test('a place with models shows its folder and types without marks that reorder text', async () => {
  const place = foundPlace('place-1', { where: name, unreadableCount: 1, unreadable: [name] })
  const model = foundModel('1', { name, folder: name, modelType: name })
  const { screen } = await openPage({
    answers: { findPlaces: () => success(foundView([place])), foundModels: () => success([model]) },
  })
  await userEvent.click(screen.getByRole('button', { name: 'Find my models…' }))
  await expect.element(screen.getByText(shown).first()).toBeVisible()
  await expect.element(screen.getByRole('checkbox', { name: `Select ${shown}` })).toBeVisible()
  expect(texts()).not.toContain(reversing)
})

test('a workflow shows its file and folders without marks that reorder text', async () => {
  const view = {
    id: 'workflow-1',
    fileName: name,
    team,
    isLooking: false,
    libraryFailure: null,
    libraryListedAtMs: null,
    needs: [need(name)],
    unseen: [{ where: name, why: 'too-slow' as const }],
    isUsualSeen: true,
  }
  const { screen, emit } = await openPage({ answers: { workflow: () => success(view) } })
  emit('added', { added: 0, refused: 0, skipped: [], workflow: view.id })
  await expect.element(screen.getByText(`${shown} (too large or too slow)`)).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Back to uploads' }))
  await expect.element(screen.getByTitle(shown)).toBeVisible()
  expect(texts()).not.toContain(reversing)
})

test('waiting files are named without marks that reorder text', async () => {
  const view = { count: 1, names: [name], hasFolders: false, failure: null }
  const { screen } = await openPage({ answers: { waitingFiles: () => success(view) } })
  await expect.element(screen.getByTitle(shown)).toBeVisible()
  expect(texts()).not.toContain(reversing)
})

test('settings show folders and networks without marks that reorder text', async () => {
  const folder = {
    id: 'folder-1',
    where: name,
    accountId: 'account-1',
    team,
    state: 'watching' as const,
    isPolled: false,
    settling: 0,
    incomplete: 0,
    offered: { count: 0, sizeBytes: 0 },
  }
  const network = { metered: 'unknown', line: { id: 'line-1', name } } as const
  const lines = [{ id: 'line-2', name, isMetered: true }]
  const { screen, emit } = await openPage({
    answers: {
      watching: () => success({ folders: [folder] }),
      conditions: () => success({ ...defaultConditions, network }),
      settings: () => success({ ...settings, pauseOnMetered: true, lines }),
    },
  })
  emit('command', 'show-settings')
  await expect.element(screen.getByRole('button', { name: `Remove the setting for ${shown}` })).toBeVisible()
  await expect.element(screen.getByRole('button', { name: `Stop watching ${shown}` })).toBeVisible()
  expect(texts()).not.toContain(reversing)
})
