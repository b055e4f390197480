import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure, success } from '../../../electron/contract/failures.ts'
import type { WaitingFilesView } from '../../../electron/contract/uploads.ts'
import { openPage } from '../support/open-page.ts'
import { account, otherTeam, signedIn, signedOut, team } from '../support/rows.ts'

const three: WaitingFilesView = {
  count: 3,
  names: ['a.safetensors', 'b.gguf', 'c.ckpt'],
  hasFolders: false,
  failure: null,
}
const signedOutWithFiles = { session: () => success(signedOut), waitingFiles: () => success(three) }
const severalTeams = {
  session: () => success(signedIn(account({ teams: [team, otherTeam] }))),
  waitingFiles: () => success(three),
}

function dropFile() {
  const data = new DataTransfer()
  data.items.add(new File(['x'], 'model.safetensors'))
  const event = new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data })
  window.dispatchEvent(event)
  return event
}

test('shows on the sign-in view how many files wait, discards them, and keeps them again on Undo', async () => {
  const { screen, asked } = await openPage({ answers: signedOutWithFiles })
  const banner = screen.getByRole('status').filter({ hasText: '3 files are waiting for sign-in.' })
  await expect.element(banner).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Discard' }))
  expect(asked.at(-1)?.name).toBe('discardWaitingFiles')
  await expect.element(banner).not.toBeInTheDocument()
  await expect.element(screen.getByText('3 files won’t be uploaded.', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  expect(asked.at(-1)?.name).toBe('undoDiscardWaitingFiles')
  await expect.element(banner).toBeVisible()
})

test('accepts a drop on the sign-in view and stays there', async () => {
  const { screen, asked } = await openPage({ answers: signedOutWithFiles })
  await expect.element(screen.getByLabelText('Password', { exact: true })).toBeVisible()
  expect(dropFile().defaultPrevented).toBe(true)
  await expect.poll(() => asked.map(({ name }) => name)).toContain('addFiles')
  await expect.element(screen.getByLabelText('Password', { exact: true })).toBeVisible()
})

test('offers every team for files that wait for one', async () => {
  const { screen, asked } = await openPage({ answers: severalTeams })
  await expect.element(screen.getByText('3 files are waiting for a team.', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Choose team' }))
  await userEvent.click(screen.getByRole('menuitem', { name: otherTeam.name }))
  expect(asked.at(-1)).toMatchObject({ name: 'chooseTeam', args: { teamId: otherTeam.id } })
})

test('counts folders as items and says why the files could not be added', async () => {
  const { screen, emit, asked } = await openPage({ answers: severalTeams })
  emit('waitingFiles', { ...three, hasFolders: true, failure: failure('journal-trouble') })
  const banner = screen.getByRole('status').filter({ hasText: '3 items are waiting for a team.' })
  await expect.element(banner).toBeVisible()
  await expect.element(banner).not.toHaveTextContent('Choose the team to upload to.')
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(asked.at(-1)?.name).toBe('retryWaitingFiles')
  emit('waitingFiles', { count: 0, names: [], hasFolders: false, failure: null })
  await expect.element(banner).not.toBeInTheDocument()
})
