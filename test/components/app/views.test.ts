import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { selectOption } from '../support/select-option.ts'
import { openPage } from '../support/open-page.ts'
import {
  account,
  failedRow,
  otherTeam,
  registeredRow,
  row,
  sendingRow,
  settings,
  snapshotOf,
  signedIn,
  signedOut,
  team,
} from '../support/rows.ts'

const fillIn = async ({ screen }: Awaited<ReturnType<typeof openPage>>) => {
  await userEvent.fill(screen.getByLabelText('Email', { exact: true }), ' mira@aurora.example ')
  await userEvent.fill(screen.getByLabelText('Password', { exact: true }), 'secret')
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
}

test('without an account the sign-in is shown, and then the uploads', async () => {
  const opened = await openPage({ answers: { session: () => success(signedOut) } })
  await fillIn(opened)
  expect(opened.asked).toEqual([
    { name: 'signIn', args: { email: 'mira@aurora.example', password: 'secret' } },
  ])
  await expect
    .element(opened.screen.getByText('to upload them to Aurora Studio', { exact: false }))
    .toBeVisible()
})

test('explains each cause of a refused sign-in and clears the password', async () => {
  const answers = { session: () => success(signedOut), signIn: () => failed(failure('login-refused')) }
  const opened = await openPage({ answers })
  await fillIn(opened)
  await expect
    .element(
      opened.screen.getByRole('alert').getByText('the email address may not be verified', { exact: false }),
    )
    .toBeVisible()
  await expect.element(opened.screen.getByLabelText('Password', { exact: true })).toHaveValue('')
  await expect
    .element(opened.screen.getByLabelText('Email', { exact: true }))
    .toHaveValue('mira@aurora.example')
})

test('shows that the sign-in is not stored after continuing without a keychain', async () => {
  const { screen } = await openPage({
    answers: { session: () => success({ ...signedOut, keychain: 'absent' }) },
  })
  await userEvent.click(screen.getByRole('button', { name: 'Stay signed in until I quit' }))
  await expect.element(screen.getByText('ends when you quit.', { exact: false })).toBeVisible()
})

test('shows the uploads of a signed-out account and asks to sign in again', async () => {
  const away = signedIn(account({ state: 'signed-out' }))
  const { screen, rowOf } = await openPage({
    rows: [row('Grain')],
    answers: { session: () => success(away) },
  })
  await expect.element(rowOf('Grain')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
  await expect.element(screen.getByLabelText('Email', { exact: true })).toHaveValue('mira@aurora.example')
})

test('the team picker lists teams by account and switches to another account’s by keyboard', async () => {
  const second = account({ id: 'account-2', personId: 'person-2', teams: [otherTeam] })
  const { screen, asked } = await openPage({
    answers: { session: () => success(signedIn(account({ teams: [team] }), second)) },
  })
  await userEvent.click(screen.getByRole('button', { name: `Team: ${team.name}` }))
  await expect.element(screen.getByRole('menuitemradio', { name: new RegExp(`^${team.name}`) })).toBeChecked()
  await userEvent.keyboard('{ArrowDown}{Enter}')
  expect(asked.at(-1)).toEqual({ name: 'chooseTeam', args: { accountId: 'account-2', teamId: otherTeam.id } })
})

const queueStatus = ({ screen }: Awaited<ReturnType<typeof openPage>>) =>
  screen.getByRole('region', { name: 'Overview' })

test('every other view says how the uploads are doing, and leads back to them', async () => {
  const snapshot = snapshotOf([sendingRow('Flux'), row('Grain'), failedRow('Broken')])
  const totals = { ...snapshot.totals, bytesPerSecond: 42_000_000, secondsLeft: 700 }
  const opened = await openPage({ answers: { snapshot: () => success({ ...snapshot, totals }) } })
  const status = queueStatus(opened)
  for (const command of ['show-library', 'show-history', 'show-settings', 'show-places'] as const) {
    opened.emit('command', command)
    await expect
      .element(status)
      .toMatchTextContent(/Uploading · about 12 min left.*42\.0 MB\/s.*1 file needs attention/s)
  }
  await userEvent.click(status.getByRole('button', { name: 'Pause all' }))
  expect(opened.asked.at(-1)).toEqual({ name: 'pauseAll', args: undefined })
  await userEvent.click(status.getByRole('button', { name: '1 file needs attention' }))
  await expect.element(opened.rowOf('Broken')).toBeVisible()
})

test('other views show the files that wait for a team', async () => {
  const opened = await openPage({
    answers: {
      session: () => success({ ...signedIn(), chosen: null }),
      waitingFiles: () => success({ count: 3, names: [], hasFolders: false, failure: null }),
    },
  })
  opened.emit('command', 'show-settings')
  await expect
    .element(opened.screen.getByText('3 files are waiting for a team.', { exact: false }))
    .toBeVisible()
  await expect.element(opened.screen.getByRole('button', { name: 'Discard' })).toBeVisible()
})

test('the uploads can be paused while an account is added', async () => {
  const opened = await openPage({ rows: [sendingRow('Flux')] })
  await userEvent.click(opened.screen.getByRole('button', { name: `Team: ${team.name}` }))
  await userEvent.click(opened.screen.getByRole('menuitem', { name: 'Add account…' }))
  await expect.element(opened.screen.getByLabelText('Password', { exact: true })).toBeVisible()
  await userEvent.click(queueStatus(opened).getByRole('button', { name: 'Pause all' }))
  expect(opened.asked.at(-1)).toEqual({ name: 'pauseAll', args: undefined })
})

test('a setting that could not be changed shows its previous value again', async () => {
  const { screen, emit } = await openPage({
    answers: { changeSettings: () => failed(failure('unexpected')) },
  })
  emit('command', 'show-settings')
  const select = screen.getByLabelText('Files uploaded at the same time')
  await expect.element(select).toHaveTextContent(String(settings.atOnce))
  await selectOption(select, '4')
  await expect.element(select).toHaveTextContent(String(settings.atOnce))
})

test('changes settings by their controls and follows changes from elsewhere', async () => {
  const { screen, asked, emit } = await openPage()
  emit('command', 'show-settings')
  await selectOption(screen.getByLabelText('Files uploaded at the same time'), '4')
  await selectOption(screen.getByLabelText('When the window is closed'), 'Keep uploading')
  await userEvent.click(screen.getByText('Advanced').first())
  await userEvent.fill(screen.getByLabelText('Largest single upload to cloud.example'), '750')
  await userEvent.keyboard('{Tab}')
  await expect
    .poll(() => asked.flatMap(({ name, args }) => (name === 'changeSettings' ? [args] : [])))
    .toEqual([
      { atOnce: 4 },
      { onClose: 'keep-sending' },
      { servers: [{ address: settings.server, singlePutLimitBytes: 750_000_000 }] },
    ])
  emit('settings', { ...settings, theme: 'dark', dense: true })
  await expect.element(screen.getByLabelText('Theme')).toHaveTextContent('Dark')
  expect([document.documentElement.dataset['theme'], document.documentElement.dataset['density']]).toEqual([
    'dark',
    'dense',
  ])
})

test('the history loads page by page and copies ids', async () => {
  const pages = [
    { rows: [registeredRow('Depth')], nextBeforeMs: 5 },
    { rows: [registeredRow('Grain')], nextBeforeMs: null },
  ]
  const { screen, rowOf, asked } = await openPage({
    answers: {
      history: ({ beforeMs }) =>
        success(pages[beforeMs === null ? 0 : 1] ?? { rows: [], nextBeforeMs: null }),
    },
  })
  await userEvent.click(screen.getByRole('button', { name: 'History' }))
  await userEvent.click(screen.getByRole('button', { name: 'Show older uploads' }))
  await expect.element(rowOf('Grain')).toBeVisible()
  await userEvent.click(rowOf('Depth').getByRole('button', { name: 'Copy model ID: Depth' }))
  expect(asked).toEqual([
    { name: 'history', args: { beforeMs: null, search: '', limit: 100 } },
    { name: 'history', args: { beforeMs: 5, search: '', limit: 100 } },
    { name: 'copyText', args: { text: 'id-of-Depth' } },
  ])
})
