import axe from 'axe-core'
import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import type { ConnectionCheck } from '../../../electron/contract/diagnostics.ts'
import { failure, success } from '../../../electron/contract/failures.ts'
import { openPage, type OpenPage } from '../support/open-page.ts'
import { account, signedIn } from '../support/rows.ts'

const good = (step: 'name' | 'connect' | 'certificate' | 'api' | 'clock') =>
  ({
    step,
    outcome: 'good',
    params: { host: 'h.example', address: '192.0.2.1', port: 443, ms: 12, minutes: 0 },
    failure: null,
  }) as const
const check: ConnectionCheck = {
  host: 'h.example',
  isOver: true,
  results: [good('name'), { step: 'proxy', outcome: 'skipped', params: {}, failure: null }, good('connect')],
}

async function openHelp(
  answers: NonNullable<Parameters<typeof openPage>[0]>['answers'] = {},
): Promise<OpenPage> {
  const opened = await openPage({ answers })
  opened.emit('command', 'show-help')
  return opened
}

test('shows each connection step as it completes and a summary at the end', async () => {
  const { screen, emit } = await openHelp({ checkConnection: () => new Promise(() => undefined) })
  await userEvent.click(screen.getByRole('button', { name: 'Check now' }))
  emit('connection', { ...check, results: check.results.slice(0, 1), isOver: false })
  await expect.element(screen.getByText('h.example resolves to 192.0.2.1.')).toBeVisible()
  await expect.element(screen.getByText('Checking…')).toBeVisible()
  await expect.element(screen.getByRole('button', { name: 'Check now' })).toBeDisabled()
  emit('connection', check)
  await expect.element(screen.getByText('Port 443 responds in 12 ms.')).toBeVisible()
  await expect.element(screen.getByText('All checks passed.')).toBeVisible()
  expect((await axe.run(screen.container)).violations).toEqual([])
})

test('shows the remedy of a failed step and copies the whole result', async () => {
  const bad = { step: 'clock', outcome: 'bad', params: { minutes: 20 }, failure: null } as const
  const untrusted = {
    step: 'certificate',
    outcome: 'bad',
    params: {},
    failure: failure('certificate-expired', { host: 'h.example' }),
  } as const
  const { screen, asked } = await openHelp({
    checkConnection: () => success({ ...check, results: [untrusted, bad] }),
  })
  await userEvent.click(screen.getByRole('button', { name: 'Check now' }))
  await expect.element(screen.getByText('20 minutes apart', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Copy', exact: true }))
  const copied = asked.find(({ name }) => name === 'copyText')?.args as { readonly text: string }
  expect(copied.text.split('\n')).toHaveLength(4)
  expect(copied.text).toContain('Certificate: Not trusted.')
})

test('the support report is shown before saving and excludes file names by default', async () => {
  const pieces = [
    { name: 'versions', text: 'electron 45' },
    { name: 'names', text: 'secret-project.safetensors' },
    { name: 'log', text: '{"level":"info"}' },
  ] as const
  const { screen, asked } = await openHelp({
    supportPieces: () => success(pieces),
    saveSupportBundle: () => success(true),
  })
  await userEvent.click(screen.getByRole('button', { name: 'Create report' }))
  await expect.element(screen.getByRole('textbox', { name: 'Versions' })).toHaveValue('electron 45')
  await expect.element(screen.getByRole('checkbox', { name: 'File names in the queue' })).not.toBeChecked()
  expect((await axe.run(screen.container)).violations).toEqual([])
  await userEvent.click(screen.getByRole('checkbox', { name: 'Log' }))
  await userEvent.click(screen.getByRole('button', { name: 'Save…' }))
  expect(asked.at(-1)).toEqual({ name: 'saveSupportBundle', args: { pieces: ['versions'] } })
  await expect.element(screen.getByText('Report saved.')).toBeVisible()
})

test('the storage test sends 8 MB only after a confirmation', async () => {
  const { screen, asked, emit } = await openHelp({ testStorage: () => new Promise(() => undefined) })
  await userEvent.click(screen.getByRole('button', { name: 'Test storage…' }))
  await expect
    .element(
      screen.getByText('uploads 8 MB of test data to your team’s storage and then deletes it', {
        exact: false,
      }),
    )
    .toBeVisible()
  await expect.element(screen.getByRole('button', { name: 'Cancel' })).toHaveFocus()
  await userEvent.keyboard('{Escape}')
  expect(asked.map(({ name }) => name)).not.toContain('testStorage')
  await userEvent.click(screen.getByRole('button', { name: 'Test storage…' }))
  await userEvent.click(screen.getByRole('button', { name: 'Upload 8 MB' }))
  expect(asked.at(-1)?.name).toBe('testStorage')
  emit('storageTest', { state: 'running', sentBytes: 4_000_000, tookMs: 500, failure: null, isLeft: false })
  const progress = screen.getByText('Uploading… 50%')
  await expect.element(progress).toBeVisible()
  // The progress bar tells it to a screen reader.
  await expect.element(progress).toHaveAttribute('aria-live', 'off')
  expect((await axe.run(screen.container)).violations).toEqual([])
  await userEvent.click(screen.getByRole('button', { name: 'Stop', exact: true }))
  expect(asked.at(-1)?.name).toBe('cancelStorageTest')
})

test('the storage test shows the result as text', async () => {
  const bad = {
    state: 'bad',
    sentBytes: 0,
    tookMs: 0,
    failure: failure('storage-refused'),
    isLeft: true,
  } as const
  const { screen } = await openHelp({ testStorage: () => success(bad) })
  await userEvent.click(screen.getByRole('button', { name: 'Test storage…' }))
  await userEvent.click(screen.getByRole('button', { name: 'Upload 8 MB' }))
  await expect.element(screen.getByText('rejected the data', { exact: false })).toBeVisible()
  await expect.element(screen.getByText('It will be deleted automatically', { exact: false })).toBeVisible()
  expect((await axe.run(screen.container)).violations).toEqual([])
})

test('the storage test explains why a paired device cannot run it', async () => {
  const { screen } = await openHelp({ session: () => success(signedIn(account({ kind: 'device' }))) })
  await expect.element(screen.getByText('can’t run this test', { exact: false })).toBeVisible()
  expect(screen.getByRole('button', { name: 'Test storage…' }).elements()).toEqual([])
})

test('“Check connection” in the settings checks it, and the menu leads to Troubleshooting', async () => {
  const { screen, emit, asked } = await openPage({ answers: { checkConnection: () => success(check) } })
  const checks = () => asked.filter(({ name }) => name === 'checkConnection').length
  await userEvent.click(screen.getByRole('button', { name: 'More' }))
  await userEvent.click(screen.getByRole('menuitem', { name: 'Troubleshooting' }))
  await expect.element(screen.getByRole('button', { name: 'Check now' })).toBeVisible()
  expect(checks()).toBe(0)
  emit('command', 'show-settings')
  await userEvent.click(screen.getByRole('button', { name: 'Check connection' }))
  await expect.element(screen.getByText('All checks passed.')).toBeVisible()
  expect(checks()).toBe(1)
})
