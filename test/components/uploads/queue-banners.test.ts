import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure, success } from '../../../electron/contract/failures.ts'
import { openPage } from '../support/open-page.ts'
import { account, patchOf, row, signedIn, snapshotOf } from '../support/rows.ts'
import { everyMessage } from '../support/states/upload-states.ts'

test('the heading says that the connection is lost until it is back, and offers to check it', async () => {
  const { screen, emit, asked } = await openPage({
    rows: [row('Flux'), row('Wan')],
    answers: { checkConnection: () => success({ host: 'h.example', isOver: true, results: [] }) },
  })
  const heading = screen.getByRole('heading', { level: 1 })
  emit('patch', { ...patchOf(2, [row('Flux'), row('Wan')]), line: 'offline' })
  await expect.element(heading).toMatchTextContent('Offline · 2 files resume automatically')
  emit('patch', { ...patchOf(3, [row('Flux'), row('Wan')]), line: 'offline', allPaused: true })
  await expect.element(heading).toMatchTextContent('Offline · 2 files paused')
  emit('patch', patchOf(4, [row('Flux'), row('Wan')]))
  await expect.element(heading).toMatchTextContent('Waiting · 2 files')
  emit('patch', { ...patchOf(5, [row('Flux'), row('Wan')]), line: 'offline' })
  await userEvent.click(screen.getByRole('button', { name: 'Check connection' }))
  await expect.element(screen.getByRole('heading', { name: 'Troubleshooting' })).toBeVisible()
  expect(asked.map(({ name }) => name)).toContain('checkConnection')
})

test('one message is shown at a time, the most important one first', async () => {
  let waiting = { count: 3, names: [], hasFolders: true, failure: null }
  const { screen, emit } = await openPage({
    answers: { ...everyMessage, waitingFiles: () => success(waiting) },
  })
  const shown = () => screen.container.querySelector('.bar')?.textContent
  await expect.poll(shown).toContain('3 items')
  waiting = { ...waiting, count: 0 }
  emit('waitingFiles', waiting)
  await expect.poll(shown).toContain('is signed out')
  const both = signedIn(account(), account({ id: 'account-2' }))
  emit('session', { ...both, sealed: failure('sealed-key-missing') })
  await expect.poll(shown).toContain('can’t be opened')
  emit('session', both)
  await expect.poll(shown).toContain('queue.db.old')
  await userEvent.click(screen.getByRole('button', { name: 'Close' }))
  await expect.poll(shown).toContain('“vae”')
  emit('patch', patchOf(2, [], ['Offered']))
  await expect.poll(shown).toContain('1.1.0 is ready')
  await userEvent.click(screen.getByRole('button', { name: 'Later' }))
  await expect.poll(shown).not.toContain('1.1.0')
})

test('a banner names the file of a damaged queue until it is closed', async () => {
  const { screen } = await openPage({
    answers: {
      snapshot: () => success({ ...snapshotOf([row('Flux')]), journalSetAside: 'journal.damaged' }),
    },
  })
  const said = screen.getByText('journal.damaged', { exact: false })
  await expect.element(said).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Close' }))
  await expect.element(said).not.toBeInTheDocument()
})

test('a banner reports uploads that could not be read until it is closed', async () => {
  const { screen, emit } = await openPage({ rows: [row('Flux')] })
  const said = screen.getByText('Some uploads couldn’t be read', { exact: false })
  await expect.element(said).not.toBeInTheDocument()
  emit('patch', { ...patchOf(2, []), isIncomplete: true })
  await expect.element(said).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Close' }))
  emit('patch', { ...patchOf(3, []), isIncomplete: true })
  await expect.element(said).not.toBeInTheDocument()
})

test('a row does not repeat the lost connection that the banner reports', async () => {
  const waiting = row('Flux', { phase: 'retrying', failure: failure('connection-lost', { host: 'storage' }) })
  const unplugged = row('Wan', { phase: 'retrying', failure: failure('disk-missing', { folder: '/disk' }) })
  const { rowOf, emit } = await openPage({ rows: [waiting, unplugged] })
  const rowMessage = rowOf('Flux').getByText('Waiting for connection')
  await expect.element(rowMessage).toBeVisible()
  emit('patch', { ...patchOf(2, []), line: 'offline' })
  await expect.element(rowMessage).not.toBeInTheDocument()
  await expect.element(rowOf('Wan').getByText('Waiting for disk')).toBeVisible()
  emit('patch', patchOf(3, []))
  await expect.element(rowMessage).toBeVisible()
})
