import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { Asked } from '../support/fake-bridge.ts'
import { openPage } from '../support/open-page.ts'
import { failedRow, patchOf, row, sendingRow } from '../support/rows.ts'

const rowCorner = { position: { x: 12, y: 12 } }
const rows = [sendingRow('Flux', { position: -1 }), row('Grain'), row('Ink', { position: 1 })]

async function opened(answers: NonNullable<Parameters<typeof openPage>[0]>['answers'] = {}) {
  const page = await openPage({ rows, answers: { editTargets: () => success(['Grain', 'Ink']), ...answers } })
  await userEvent.click(page.rowOf('Grain'), rowCorner)
  await userEvent.keyboard('{Control>}a{/Control}')
  await userEvent.click(page.screen.getByRole('button', { name: 'Edit type, path and names…' }))
  await expect.element(page.screen.getByRole('dialog')).toBeVisible()
  return page
}

const edits = (asked: readonly Asked[]) => asked.filter(({ name }) => name === 'editTargets')
const target = (name: string, modelType: string, modelPath: string) => ({
  displayName: name,
  modelType,
  modelPath,
})

test('applies a type and a path template to several rows after a preview', async () => {
  const { screen, asked } = await opened()
  await expect
    .element(screen.getByText('1 of the selected files is already uploading and can’t be changed.'))
    .toBeVisible()
  const apply = screen.getByRole('button', { name: /^Change \d files?$/ })
  await expect.element(apply).toBeDisabled()
  await userEvent.fill(screen.getByLabelText('Type', { exact: true }), 'vae')
  await userEvent.fill(screen.getByLabelText('Library folder'), 'models/{type}/{base}')
  await expect.element(screen.getByText('models/vae/SDXL/Grain.safetensors')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Change 2 files' }))
  await expect.poll(() => screen.getByRole('dialog').elements()).toEqual([])
  expect(edits(asked)).toEqual([
    {
      name: 'editTargets',
      args: {
        changes: [
          { id: 'Grain', target: target('Grain', 'vae', 'models/vae/SDXL/Grain.safetensors') },
          { id: 'Ink', target: target('Ink', 'vae', 'models/vae/SDXL/Ink.safetensors') },
        ],
      },
    },
  ])
})

test('undo restores the previous target of every row', async () => {
  const { screen, asked } = await opened()
  await userEvent.fill(screen.getByLabelText('Type', { exact: true }), 'vae')
  await userEvent.click(screen.getByRole('button', { name: 'Change 2 files' }))
  await expect.element(screen.getByText('2 files changed.', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  await expect.element(screen.getByText('Changes undone.')).toBeVisible()
  expect(edits(asked)[1]?.args).toEqual({
    changes: [
      { id: 'Grain', target: target('Grain', 'loras', 'models/loras/Grain.safetensors') },
      { id: 'Ink', target: target('Ink', 'loras', 'models/loras/Ink.safetensors') },
    ],
  })
})

test('undo keeps later edits and reports how many rows have started', async () => {
  const answers = [['Grain', 'Ink'], ['Grain']]
  const { screen, asked, emit } = await opened({ editTargets: () => success(answers.shift() ?? []) })
  await userEvent.fill(screen.getByLabelText('Type', { exact: true }), 'vae')
  await userEvent.click(screen.getByRole('button', { name: 'Change 2 files' }))
  const undo = screen.getByRole('button', { name: 'Undo' })
  await expect.element(undo).toBeVisible()
  const inVae = (name: string) => ({ modelType: 'vae', modelPath: `models/vae/${name}.safetensors` })
  emit(
    'patch',
    patchOf(2, [
      row('Grain', { target: { ...inVae('Grain'), displayName: 'Film grain' } }),
      sendingRow('Ink', { target: inVae('Ink') }),
    ]),
  )
  await userEvent.click(undo)
  await expect
    .element(screen.getByText('Changes undone, except for 1 file that is uploading or was removed.'))
    .toBeVisible()
  expect(edits(asked)[1]?.args).toMatchObject({
    changes: [
      { id: 'Grain', target: target('Film grain', 'loras', 'models/loras/Grain.safetensors') },
      { id: 'Ink' },
    ],
  })
})

test('rows with a path conflict can be changed', async () => {
  const taken = failedRow('Grain', failure('conflict'), { started: true })
  const page = await openPage({ rows: [taken, row('Ink', { position: 1 })] })
  await userEvent.click(page.rowOf('Grain'), rowCorner)
  await userEvent.keyboard('{Control>}a{/Control}')
  await userEvent.click(page.screen.getByRole('button', { name: 'Edit type, path and names…' }))
  await expect.element(page.screen.getByRole('dialog', { name: 'Edit 2 files' })).toBeVisible()
})

test('duplicate and invalid paths are listed and block saving', async () => {
  const { screen, asked } = await opened()
  const apply = screen.getByRole('button', { name: /^Change 2 files$/ })
  await userEvent.fill(screen.getByLabelText('File name'), 'same.{ext}')
  await expect.element(screen.getByText('Can’t be changed (2):')).toBeVisible()
  await expect.element(screen.getByText('This path is already used', { exact: false }).first()).toBeVisible()
  await expect.element(apply).toBeDisabled()
  await userEvent.fill(screen.getByLabelText('File name'), 'größe {name}.{ext}')
  await expect
    .element(screen.getByText('Only letters, digits, spaces', { exact: false }).first())
    .toBeVisible()
  await userEvent.fill(screen.getByLabelText('File name'), '{size}')
  await expect.element(screen.getByText('Unknown placeholder in braces').first()).toBeVisible()
  await expect.element(apply).toBeDisabled()
  expect(edits(asked)).toEqual([])
})

test('the dialog shows a refusal and keeps the input', async () => {
  const { screen } = await opened({ editTargets: () => failed(failure('journal-full')) })
  await userEvent.fill(screen.getByLabelText('Type', { exact: true }), 'vae')
  await userEvent.click(screen.getByRole('button', { name: 'Change 2 files' }))
  const dialog = screen.getByRole('dialog')
  await expect
    .element(dialog.getByRole('alert'))
    .toMatchTextContent('The disk that stores the upload queue is full')
  await expect.element(screen.getByLabelText('Type', { exact: true })).toHaveValue('vae')
})
