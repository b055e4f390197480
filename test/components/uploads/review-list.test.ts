import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure } from '../../../electron/contract/failures.ts'
import type { ReviewGroup } from '../../../electron/contract/review.ts'
import { openReview } from '../support/review.ts'
import { reviewOf, reviewRow } from '../support/review-view.ts'
import { patchOf } from '../support/rows.ts'

const focusedName = () => document.activeElement?.getAttribute('aria-label')
/** Opens the review of LoRAs, on whose header the focus is. */
async function openFiles(...args: Parameters<typeof openReview>) {
  const opened = await openReview(...args)
  await expect.poll(focusedName).toBe('loras, 3 files, expanded')
  return opened
}
const rowCorner = { position: { x: 12, y: 12 } }
const names = ['Grain', 'Flux', 'Ink']
const files = names.map((name, position) => reviewRow(name, { position }))
const vae = reviewRow('Decoder', { position: 3, target: { modelType: 'vae' }, sizeBytes: 10 })
const pathField = { name: /^Library path/ }

test('leaves out the selected files only, though the header of their section is selected', async () => {
  const { sheet, asked } = await openFiles(files, reviewOf(files))
  await userEvent.keyboard('{Control>}a{/Control}')
  await userEvent.click(sheet.getByRole('row', { name: /^Flux/ }), {
    ...rowCorner,
    modifiers: ['Control'],
  })
  await userEvent.keyboard('{Delete}')
  expect(asked).toEqual([{ name: 'excludeFromReview', args: { ids: ['Grain', 'Ink'] } }])
})

test('a range across a header leaves out none of the files below the range', async () => {
  const both = [...files, vae, { ...vae, id: 'Other', position: 4 }]
  const { sheet, asked } = await openFiles(both, reviewOf(both))
  await userEvent.click(sheet.getByRole('row', { name: /^Ink/ }), rowCorner)
  await userEvent.click(sheet.getByRole('row', { name: /^Decoder/ }).first(), {
    ...rowCorner,
    modifiers: ['Shift'],
  })
  await userEvent.keyboard('{Delete}')
  expect(asked).toEqual([{ name: 'excludeFromReview', args: { ids: ['Ink', 'Decoder'] } }])
})

test('a selected header that is collapsed, or selected alone, stands for all files of its section', async () => {
  const both = [...files, vae]
  const { sheet, asked } = await openFiles(both, reviewOf(both))
  await userEvent.keyboard('{Delete}')
  await userEvent.keyboard(' {Control>}a{/Control}{Delete}')
  await expect.element(sheet).toBeVisible()
  expect(asked.map(({ args }) => args)).toEqual([{ ids: names }, { ids: [...names, 'Decoder'] }])
})

/** A review in which the path of Grain is being edited and invalid, and the focus is on another row. */
async function leaveInvalidPath() {
  const opened = await openFiles(files, reviewOf(files))
  const { sheet } = opened
  await userEvent.click(sheet.getByRole('row', { name: /^Grain/ }).getByRole('button', pathField))
  await userEvent.fill(sheet.getByRole('textbox', { name: 'Library path' }), '/grain')
  await userEvent.click(sheet.getByRole('row', { name: /^Ink/ }), rowCorner)
  await expect.element(sheet.getByRole('textbox')).toHaveValue('/grain')
  return opened
}

test('collapsing a section closes its invalid field, whose text is kept, and Ctrl+Enter works', async () => {
  const { sheet, asked } = await leaveInvalidPath()
  await userEvent.click(sheet.getByRole('button', { name: 'Show files: loras' }))
  await expect.poll(() => sheet.getByRole('textbox').elements()).toEqual([])
  await userEvent.click(sheet.getByRole('button', { name: 'Show files: loras' }))
  const grain = sheet.getByRole('row', { name: /^Grain/ })
  await userEvent.click(grain.getByRole('button', pathField))
  await expect.element(sheet.getByRole('textbox')).toHaveValue('/grain')
  await userEvent.keyboard('{Escape}')
  expect(asked).toEqual([])
  await userEvent.keyboard('{Control>}{Enter}{/Control}')
  await expect.poll(() => asked.map(({ name }) => name)).toEqual(['approveReview'])
})

const conflict = failure('path-taken', { name: 'Old', path: 'models/loras/Grain.safetensors', theirBytes: 5 })
const inConflict: readonly ReviewGroup[] = [
  { kind: 'path-conflict', files: [{ id: 'Grain', name: 'Old' }] },
  { kind: 'licence', files: [{ id: 'Grain', licence: 'llama3' }] },
]

test('a field stays open and keeps its text while its file changes its group', async () => {
  const taken = { ...reviewRow('Grain'), failure: conflict }
  const rows = [taken, ...files.slice(1)]
  const { sheet, emit, asked } = await openReview(rows, reviewOf(rows, { groups: inConflict }))
  await userEvent.click(sheet.getByRole('row', { name: /^Grain/ }), rowCorner)
  await userEvent.keyboard('{F2}{Tab}{Tab}')
  const field = sheet.getByRole('textbox', { name: 'Library path' })
  await userEvent.fill(field, 'models/loras/fine grain.safetensors')
  emit('patch', patchOf(2, [reviewRow('Grain', { sizeBytes: 2_000_000_000 })]))
  emit('reviews', [reviewOf(files, { groups: inConflict.slice(1) })])
  await expect.element(sheet).toMatchTextContent('2.0 GB')
  await expect.element(field).toHaveFocus()
  await expect.element(field).toHaveValue('models/loras/fine grain.safetensors')
  await userEvent.keyboard('{Enter}')
  await expect.poll(() => sheet.getByRole('row', { name: /^Path conflicts/ }).elements()).toEqual([])
  await expect.poll(focusedName).toMatch(/^Grain,/)
  expect(asked.map(({ name }) => name)).toEqual(['editTarget'])
})

test('the suggestion for an invalid path is applied with the keyboard, and the row keeps the focus', async () => {
  const { sheet, asked } = await openFiles(files, reviewOf(files))
  await userEvent.click(sheet.getByRole('row', { name: /^Grain/ }).getByRole('button', pathField))
  await userEvent.fill(sheet.getByRole('textbox', { name: 'Library path' }), '/grain.safetensors')
  await userEvent.keyboard('{Tab}')
  await expect.element(sheet.getByRole('button', { name: /^Use grain/ })).toHaveFocus()
  await userEvent.keyboard('{Enter}')
  await expect.poll(focusedName).toMatch(/^Grain,/)
  expect(asked.map(({ name }) => name)).toEqual(['editTarget'])
})

test('the shortcuts are shown over the review, which stays open', async () => {
  const { screen, emit } = await openReview(files, reviewOf(files))
  const shortcuts = screen.getByRole('dialog', { name: 'Keyboard shortcuts' })
  const sheet = screen.getByRole('dialog', { name: 'Upload 3 files to' })
  for (const isCommand of [false, true]) {
    await expect.element(sheet.getByRole('row', { name: /^loras/ })).toHaveFocus()
    if (isCommand) emit('command', 'show-shortcuts')
    else await userEvent.keyboard('?')
    await expect.element(shortcuts).toBeVisible()
    await userEvent.keyboard('{Escape}')
    await expect.poll(() => shortcuts.elements()).toEqual([])
  }
  await expect.element(sheet).toBeVisible()
})

const unsafe = (name: string, position: number) =>
  reviewRow(name, { position, failure: failure('file-dangerous', { imports: 'os.system' }) })

test('all unsafe files are accepted by one button of their group', async () => {
  const rows = [unsafe('Trap', 0), unsafe('Snare', 1), ...files]
  const found = ['Trap', 'Snare'].map((id) => ({ id, code: 'file-dangerous' }) as const)
  const groups: readonly ReviewGroup[] = [{ kind: 'unsafe', files: found }]
  const { sheet, asked, emit } = await openReview(rows, reviewOf(rows, { groups }))
  const accept = sheet.getByRole('button', { name: 'Upload anyway…: Files that can run code' })
  await userEvent.click(accept)
  expect(asked).toEqual([{ name: 'allow', args: { ids: ['Trap', 'Snare'] } }])
  // The question names the team.
  emit('reviews', [reviewOf(rows, { groups, team: null })])
  await expect.poll(() => accept.elements()).toEqual([])
})
