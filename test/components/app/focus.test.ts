import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import type { PageCommand } from '../../../electron/contract/events.ts'
import { success } from '../../../electron/contract/failures.ts'
import { listing, model } from '../support/library.ts'
import { openPage, type OpenPage } from '../support/open-page.ts'
import { openReview } from '../support/review.ts'
import { account, failedRow, patchOf, row, signedIn, signedOut } from '../support/rows.ts'

const focusedRow = () => document.activeElement?.getAttribute('data-id')
const focusedName = () =>
  document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent.trim()
const names = ['Aurora', 'Basalt', 'Cobalt']
const rows = names.map((name, position) => row(name, { position }))

test('the list has the focus at the start', async () => {
  await openPage({ rows })
  await expect.poll(focusedRow).toBe('Aurora')
})

test('an empty view has the focus until its first row is there', async () => {
  const { emit } = await openPage()
  await expect.poll(() => document.activeElement?.tagName).toBe('MAIN')
  emit('patch', patchOf(2, rows))
  await expect.poll(focusedRow).toBe('Aurora')
})

test('a row that appears later takes the focus from nothing else', async () => {
  const { screen, emit } = await openPage()
  screen.getByRole('button', { name: 'More', exact: true }).element().focus()
  emit('patch', patchOf(2, rows))
  await expect.element(screen.getByRole('row', { name: /^Aurora/ })).toBeVisible()
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
  expect(focusedName()).toBe('More')
})

test('signing in again starts at the password', async () => {
  const session = () => success({ ...signedIn(account({ state: 'signed-out' })) })
  const { screen } = await openPage({ answers: { session } })
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
  await expect.element(screen.getByLabelText('Password', { exact: true })).toHaveFocus()
})

test('the sign-in starts at its first field, and the list has the focus afterwards', async () => {
  const { screen, asked } = await openPage({ rows, answers: { session: () => success(signedOut) } })
  await expect.element(screen.getByLabelText('Email')).toHaveFocus()
  await userEvent.keyboard('mira@aurora.example{Tab}secret{Enter}')
  await expect.poll(focusedRow).toBe('Aurora')
  expect(asked[0]).toEqual({ name: 'signIn', args: { email: 'mira@aurora.example', password: 'secret' } })
})

const proxy = { proxy: 'http://proxy.example:8080', wasRefused: false }

type Close = () => unknown

/** Opens a dialog while a row has the focus; returns what closes it other than Escape. */
const dialogs: Readonly<Record<string, (page: OpenPage) => Promise<Close> | Close>> = {
  'the shortcuts': ({ emit, screen }) => {
    emit('command', 'show-shortcuts')
    return () => userEvent.click(screen.getByRole('dialog').getByRole('button', { name: 'Close' }))
  },
  'the proxy sign-in': ({ emit }) => {
    emit('session', { ...signedIn(), proxy })
    return () => emit('session', signedIn())
  },
  'the question about the keychain': ({ emit }) => {
    emit('session', { ...signedIn(), keychain: 'locked' })
    return () => emit('session', signedIn())
  },
  'the form for several uploads': async ({ screen }) => {
    await userEvent.keyboard('{Control>}a{/Control}')
    await userEvent.keyboard('{Shift>}{F10}{/Shift}')
    await userEvent.click(screen.getByRole('menuitem', { name: /^Edit type/ }))
    return () => userEvent.click(screen.getByRole('dialog').getByRole('button', { name: 'Cancel' }))
  },
}

test.each(Object.keys(dialogs))('%s returns the focus to the row, whatever closes it', async (name) => {
  const opened = await openPage({ rows })
  await expect.poll(focusedRow).toBe('Aurora')
  const close = await dialogs[name]?.(opened)
  const dialog = opened.screen.getByRole('dialog')
  await expect.element(dialog).toBeVisible()
  await expect.poll(() => document.querySelector('dialog')?.contains(document.activeElement)).toBe(true)
  await close?.()
  await expect.element(dialog).not.toBeInTheDocument()
  await expect.poll(focusedRow).toBe('Aurora')
})

test('the review returns the focus to the view when it is closed', async () => {
  const { sheet } = await openReview()
  await expect.poll(() => sheet.element().contains(document.activeElement)).toBe(true)
  await userEvent.keyboard('{Escape}')
  await expect.element(sheet).not.toBeInTheDocument()
  await expect.poll(() => document.activeElement?.closest('main')).not.toBe(null)
})

test.each([
  [/^Team/, 'menu'],
  ['Add', 'menu'],
  ['More', 'menu'],
  [/^Sort by/, 'menu'],
  [/^Speed limit/, 'dialog'],
] as const)('the popover of “%s” returns the focus to its button', async (name, role) => {
  const { screen } = await openPage({ rows })
  const button = screen.getByRole('button', typeof name === 'string' ? { name, exact: true } : { name })
  button.element().focus()
  await userEvent.keyboard('{Enter}')
  const popover = screen.getByRole(role)
  await expect.poll(() => popover.element().contains(document.activeElement)).toBe(true)
  await userEvent.keyboard('{Escape}')
  await expect.element(popover).not.toBeInTheDocument()
  await expect.element(button).toHaveFocus()
})

test('a context menu, and the commands in it, return the focus to the row', async () => {
  const { screen } = await openPage({ rows })
  await expect.poll(focusedRow).toBe('Aurora')
  await userEvent.keyboard('{Shift>}{F10}{/Shift}')
  await expect.element(screen.getByRole('menuitem', { name: 'Open details' })).toHaveFocus()
  await userEvent.keyboard('{Escape}')
  await expect.poll(focusedRow).toBe('Aurora')
  await userEvent.keyboard('{Shift>}{F10}{/Shift}')
  await expect.element(screen.getByRole('menuitem', { name: 'Open details' })).toHaveFocus()
  await userEvent.keyboard('{ArrowDown}{Enter}')
  await expect.poll(focusedRow).toBe('Aurora')
})

test('the next row has the focus after a removal, and the view after the last one', async () => {
  const { emit } = await openPage({ rows })
  await expect.poll(focusedRow).toBe('Aurora')
  await userEvent.keyboard('{ArrowDown}')
  await expect.poll(focusedRow).toBe('Basalt')
  emit('patch', patchOf(2, [], ['Basalt']))
  await expect.poll(focusedRow).toBe('Cobalt')
  emit('patch', patchOf(3, [], ['Aurora', 'Cobalt']))
  await expect.poll(() => document.activeElement?.tagName).toBe('MAIN')
})

test('a control of a row that is replaced leaves the focus on its row', async () => {
  const { screen, emit } = await openPage({ rows })
  screen.getByRole('button', { name: 'Pause: Basalt' }).element().focus()
  await userEvent.keyboard('{Enter}')
  emit('patch', patchOf(2, [row('Basalt', { position: 1, phase: 'failed' })]))
  await expect.element(screen.getByRole('button', { name: 'Pause: Basalt' })).not.toBeInTheDocument()
  await expect.poll(focusedRow).toBe('Basalt')
})

test('a button above rows that is gone leaves the list where it is, however far its current row is', async () => {
  const many = Array.from({ length: 200 }, (_, at) => row(`Row ${at}`, { position: at }))
  const { screen, emit } = await openPage({ rows: [failedRow('Broken'), ...many] })
  await userEvent.click(screen.getByRole('row', { name: /^Row 0,/ }))
  await userEvent.keyboard('{End}')
  await expect.poll(focusedRow).toBe('Row 199')
  const viewport = screen.container.querySelector('.viewport')
  viewport?.scrollTo(0, 0)
  const again = screen.getByRole('button', { name: 'Try again' })
  await userEvent.click(again)
  emit('patch', patchOf(2, [row('Broken', { position: 0 })]))
  await expect.element(again).not.toBeInTheDocument()
  await expect.poll(focusedRow).toBe('Row 199')
  expect(viewport?.scrollTop).toBe(0)
})

test('the list has the focus when a banner or a notice that had it is gone', async () => {
  const { screen, emit } = await openPage({ rows })
  const waiting = { count: 2, names: ['a', 'b'], hasFolders: false, failure: null }
  emit('waitingFiles', waiting)
  const discard = screen.getByRole('button', { name: 'Discard' })
  await expect.element(discard).toBeVisible()
  discard.element().focus()
  emit('waitingFiles', { ...waiting, count: 0, names: [] })
  await expect.element(discard).not.toBeInTheDocument()
  await expect.poll(focusedRow).toBe('Aurora')
  emit('added', { added: 0, refused: 0, skipped: [{ name: 'a.txt', reason: 'junk' }] })
  const close = screen.getByRole('button', { name: 'Close', exact: true })
  await expect.element(close).toBeVisible()
  close.element().focus()
  await userEvent.keyboard('{Enter}')
  await expect.element(close).not.toBeInTheDocument()
  await expect.poll(focusedRow).toBe('Aurora')
})

test.each([
  'show-library',
  'show-history',
  'show-places',
  'show-help',
  'show-settings',
  'show-uploads',
  'find',
] as const satisfies readonly PageCommand[])('%s leaves the focus inside the view', async (command) => {
  const { emit } = await openPage({ rows, answers: { library: () => success(listing([model('Wan')])) } })
  await expect.poll(focusedRow).toBe('Aurora')
  emit('command', command)
  await expect.poll(() => document.querySelector('main')?.contains(document.activeElement)).toBe(true)
  if (command === 'show-library') await expect.poll(focusedRow).toBe('Wan')
})

/** The library whose Refresh button was pressed by keyboard, until `complete`. */
async function refreshing() {
  const list = success(listing([model('Aurora'), model('Basalt')]))
  const refreshed = Promise.withResolvers<typeof list>()
  // An opened library is listed from the cache first.
  const answers = [list, list]
  const { emit, screen } = await openPage({
    answers: { library: () => answers.shift() ?? refreshed.promise },
  })
  emit('command', 'show-library')
  await expect.poll(focusedRow).toBe('Aurora')
  const refresh = screen.getByRole('button', { name: 'Refresh' })
  await expect.element(refresh).toBeEnabled()
  refresh.element().focus()
  await userEvent.keyboard('{Enter}')
  await expect.element(refresh).toBeDisabled()
  return { refresh, complete: () => refreshed.resolve(list) }
}

test('a button that disables itself leaves the focus to its view, and has it again once enabled', async () => {
  const { refresh, complete } = await refreshing()
  await expect.poll(focusedRow).toBe('Aurora')
  complete()
  await expect.element(refresh).toHaveFocus()
})

test('a button that is enabled again takes the focus from nothing that the user chose', async () => {
  const { refresh, complete } = await refreshing()
  await expect.poll(focusedRow).toBe('Aurora')
  await userEvent.keyboard('{ArrowDown}')
  await expect.poll(focusedRow).toBe('Basalt')
  complete()
  await expect.element(refresh).toBeEnabled()
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
  expect(focusedRow()).toBe('Basalt')
})

test('a second press of a button that disables itself activates no other one of its dialog', async () => {
  const { emit, screen, asked } = await openPage({
    answers: { recheckKeychain: () => new Promise<never>(() => {}) },
  })
  emit('session', { ...signedIn(), keychain: 'locked' })
  const again = screen.getByRole('button', { name: 'Check again' })
  await expect.element(again).toBeVisible()
  again.element().focus()
  await userEvent.keyboard('{Enter}')
  await expect.element(again).toBeDisabled()
  for (let frame = 0; frame < 4; frame += 1) await new Promise(requestAnimationFrame)
  await userEvent.keyboard('{Enter}')
  expect(asked.map(({ name }) => name)).not.toContain('quit')
})
