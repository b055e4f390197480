import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import type { PageCommand } from '../../../electron/contract/calls.ts'
import { openPage } from '../support/open-page.ts'
import { openReview } from '../support/review.ts'
import { row, signedIn } from '../support/rows.ts'

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

test('files pasted behind an open dialog are not added', async () => {
  const { screen, emit, asked } = await openPage({ rows: [row('Flux')] })
  emit('command', 'show-settings')
  const settings = screen.getByRole('heading', { name: 'Settings', level: 1 })
  await expect.element(settings).toBeVisible()
  await userEvent.keyboard('?')
  const dialog = screen.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await expect.element(dialog).toBeVisible()
  paste([new File(['x'], 'a.safetensors')])
  await userEvent.keyboard('{Escape}')
  await expect.element(dialog).not.toBeInTheDocument()
  await expect.element(settings).toBeVisible()
  const file = new File(['x'], 'b.safetensors')
  paste([file])
  const added = () => asked.filter(({ name }) => name === 'addFiles').map(({ args }) => args)
  await expect.poll(added).toEqual([{ files: [file] }])
})

test('files pasted over the review are added to it', async () => {
  const { sheet, asked } = await openReview()
  await expect.element(sheet).toBeVisible()
  const file = new File(['x'], 'a.safetensors')
  paste([file])
  await expect.poll(() => asked.at(-1)).toEqual({ name: 'addFiles', args: { files: [file] } })
})

test('commands from menus do nothing behind an open dialog', async () => {
  const { screen, emit, asked } = await openPage({ rows: [row('Flux')] })
  const proxy = { proxy: 'http://proxy.example:8080', wasRefused: false }
  emit('session', { ...signedIn(), proxy })
  const dialog = screen.getByRole('dialog')
  await expect.element(dialog).toBeVisible()
  const commands = ['choose-files', 'show-shortcuts', 'check-connection', 'show-library'] as const
  for (const command of commands) emit('command', command)
  emit('session', signedIn())
  await expect.element(dialog).not.toBeInTheDocument()
  const library = screen.getByRole('button', { name: 'Library', exact: true })
  await expect.element(library).not.toHaveAttribute('aria-current')
  expect(asked).toEqual([])
  emit('command', 'show-library')
  await expect.element(library).toHaveAttribute('aria-current', 'page')
})
