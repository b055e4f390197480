import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure, success } from '../../../electron/contract/failures.ts'
import { openPage } from '../support/open-page.ts'
import { patchOf, row, snapshotOf } from '../support/rows.ts'

test('a banner reports a lost connection until it is back', async () => {
  const { screen, emit } = await openPage({ rows: [row('Flux'), row('Wan')] })
  emit('patch', { ...patchOf(2, []), line: 'offline' })
  const said = screen.getByText('No connection.', { exact: false })
  await expect.element(said).toBeVisible()
  expect(said.elements()).toHaveLength(1)
  emit('patch', patchOf(3, []))
  await expect.element(said).not.toBeInTheDocument()
})

test('the banner of a lost connection promises no automatic resuming while everything is paused', async () => {
  const { screen, emit } = await openPage({ rows: [row('Flux', { phase: 'waiting' })] })
  emit('patch', { ...patchOf(2, []), line: 'offline', allPaused: true })
  await expect.element(screen.getByText('Nothing is lost. Try again', { exact: false })).toBeVisible()
  expect(screen.container.textContent).not.toContain('resume automatically')
})

test('the banner of a lost connection opens a check of the connection', async () => {
  const { screen, emit, asked } = await openPage({
    rows: [row('Flux')],
    answers: { checkConnection: () => success({ host: 'h.example', isOver: true, results: [] }) },
  })
  emit('patch', { ...patchOf(2, []), line: 'offline' })
  await userEvent.click(screen.getByRole('button', { name: 'Check connection' }))
  await expect.element(screen.getByRole('heading', { name: 'Troubleshooting' })).toBeVisible()
  expect(asked.map(({ name }) => name)).toContain('checkConnection')
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
  await expect.element(screen.getByText('All listed files are in the library')).toBeVisible()
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
