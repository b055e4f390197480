import { flushSync } from 'svelte'
import { expect, test } from 'vitest'
import { userEvent, type Locator } from 'vitest/browser'
import type { PageCommand } from '../../../electron/contract/events.ts'
import { success } from '../../../electron/contract/failures.ts'
import { openPage, type OpenPage } from '../support/open-page.ts'
import { openReview } from '../support/review.ts'
import { row, signedIn, team } from '../support/rows.ts'

test('a question mark lists the shortcuts, and Escape returns to the row', async () => {
  const { screen, rowOf } = await openPage({ rows: [row('Flux')] })
  await userEvent.click(rowOf('Flux'))
  await userEvent.keyboard('?')
  const dialog = screen.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await expect.element(dialog.getByText('Pause or resume')).toBeVisible()
  await userEvent.keyboard('{Escape}')
  await expect.element(dialog).not.toBeInTheDocument()
  await expect.poll(() => document.activeElement?.getAttribute('data-id')).toBe('Flux')
})

test('a question mark that is typed into a field is text', async () => {
  const { screen, emit } = await openPage({ rows: [row('Flux')] })
  emit('command', 'find')
  const field = screen.getByLabelText('Search uploads')
  await userEvent.type(field, 'what?')
  await expect.element(field).toHaveValue('what?')
  await expect.element(screen.getByRole('dialog')).not.toBeInTheDocument()
})

test.each([
  ['show-library', 'Library'],
  ['show-history', 'History'],
  ['show-uploads', 'Uploads'],
] as const satisfies readonly (readonly [PageCommand, string])[])(
  '%s opens its view',
  async (command, name) => {
    const { screen, emit } = await openPage({ rows: [row('Flux')] })
    emit('command', 'show-settings')
    emit('command', command)
    await expect
      .element(screen.getByRole('button', { name: new RegExp(`^${name}`) }))
      .toHaveAttribute('aria-current', 'page')
  },
)

function paste(files: readonly File[], target: EventTarget = document.body): boolean {
  const clipboardData = new DataTransfer()
  for (const file of files) clipboardData.items.add(file)
  return target.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
}

test('pasted files are added and the uploads are shown', async () => {
  const { screen, emit, asked } = await openPage({ rows: [row('Flux')] })
  emit('command', 'show-settings')
  const uploads = screen.getByRole('button', { name: /^Uploads/ })
  await expect.element(uploads).not.toHaveAttribute('aria-current')
  const file = new File(['x'], 'a.safetensors')
  paste([file])
  await expect.poll(() => asked).toEqual([{ name: 'addFiles', args: { files: [file] } }])
  await expect.element(uploads).toHaveAttribute('aria-current', 'page')
})

test('pasted text and files pasted into a field add nothing', async () => {
  const { screen, emit, asked } = await openPage({ rows: [row('Flux')] })
  emit('command', 'find')
  const field = screen.getByLabelText('Search uploads')
  await expect.element(field).toBeVisible()
  paste([])
  paste([new File(['x'], 'a.safetensors')], field.element())
  const file = new File(['x'], 'b.safetensors')
  paste([file])
  await expect.poll(() => asked).toEqual([{ name: 'addFiles', args: { files: [file] } }])
})

test('files pasted over the review are added to it', async () => {
  const { sheet, asked } = await openReview()
  await expect.element(sheet).toBeVisible()
  const file = new File(['x'], 'a.safetensors')
  paste([file])
  await expect.poll(() => asked.at(-1)).toEqual({ name: 'addFiles', args: { files: [file] } })
})

test('commands behind an open dialog wait for its end, and only the last one is run', async () => {
  const { screen, emit, asked } = await openPage({ rows: [row('Flux')] })
  const proxy = { proxy: 'http://proxy.example:8080', wasRefused: false }
  emit('session', { ...signedIn(), proxy })
  const dialog = screen.getByRole('dialog')
  await expect.element(dialog).toBeVisible()
  const commands = ['choose-files', 'show-shortcuts', 'check-connection', 'show-library'] as const
  for (const command of commands) emit('command', command)
  const library = screen.getByRole('button', { name: 'Library', exact: true })
  await expect.element(library).not.toHaveAttribute('aria-current')
  emit('session', signedIn())
  await expect.element(dialog).not.toBeInTheDocument()
  await expect.element(library).toHaveAttribute('aria-current', 'page')
  const calls = asked.map(({ name }) => name)
  expect(calls).not.toContain('chooseFiles')
  expect(calls).not.toContain('checkConnection')
})

const workflow = {
  ...{ id: 'w', fileName: 'w.json', team, isLooking: false, libraryFailure: null, libraryListedAtMs: null },
  ...{ unseen: [], isUsualSeen: true, needs: [] },
}
const nothingAdded = { added: 0, refused: 0, skipped: [] }

test.each<[string, (page: OpenPage) => void, (page: OpenPage) => Locator]>([
  [
    'a command',
    ({ emit }) => emit('command', 'show-settings'),
    ({ screen }) => screen.getByRole('heading', { name: 'Settings', level: 1 }),
  ],
  [
    'a notification',
    ({ emit }) => emit('reveal', { kind: 'uploads', ids: ['Flux'] }),
    ({ rowOf }) => rowOf('Flux'),
  ],
  [
    'a drop in which places with models were found',
    ({ emit }) => emit('added', { ...nothingAdded, hasFoundPlaces: true }),
    ({ screen }) => screen.getByRole('heading', { name: 'Find my models', level: 1 }),
  ],
  [
    'a dropped workflow',
    ({ emit }) => emit('added', { ...nothingAdded, workflow: workflow.id }),
    ({ screen }) => screen.getByRole('heading', { name: 'Models for w.json', level: 1 }),
  ],
])('%s opens its view once the dialog is closed', async (_, act, shownBy) => {
  const page = await openPage({ rows: [row('Flux')], answers: { workflow: () => success(workflow) } })
  const { screen, emit } = page
  emit('command', 'show-history')
  const history = screen.getByRole('button', { name: 'History', exact: true })
  await expect.element(history).toHaveAttribute('aria-current', 'page')
  await userEvent.keyboard('?')
  await expect.element(screen.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
  act(page)
  flushSync()
  await expect.element(history).toHaveAttribute('aria-current', 'page')
  await userEvent.keyboard('{Escape}')
  await expect.element(shownBy(page)).toBeVisible()
})
