import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { SessionView } from '../../../electron/contract/account.ts'
import { openPage } from '../support/open-page.ts'
import { account, otherTeam, row, signedIn, signedOut, team } from '../support/rows.ts'

const waiting: SessionView = {
  ...signedOut,
  pairing: {
    userCode: 'AB7K-PNQ3',
    address: 'https://app.cyberun.example/desktop/pair?user_code=AB7K-PNQ3',
    expiresAtMs: Date.now() + 272_000,
    state: 'waiting',
    failure: null,
  },
}
const over = (code: 'pairing-over' | 'connection-lost'): SessionView => ({
  ...waiting,
  pairing: waiting.pairing && { ...waiting.pairing, state: 'over', failure: failure(code) },
})
const paired = account({ id: 'cloud person team-2', kind: 'device', teams: [otherTeam] })
const signedOutAnswers = { session: () => success(signedOut), startPairing: () => success(waiting) }

test('pairing shows the code, opens the browser and then shows the uploads', async () => {
  const { screen, asked, emit } = await openPage({ answers: signedOutAnswers })
  await userEvent.click(screen.getByRole('button', { name: 'Continue in the browser' }))
  await expect.element(screen.getByLabelText('Code', { exact: true })).toHaveTextContent('AB7K-PNQ3')
  await expect.element(screen.getByText(/^Code expires in 4:\d\d$/)).toBeVisible()
  await expect
    .poll(() => asked.map(({ name, args }) => [name, args]))
    .toEqual([
      ['startPairing', undefined],
      ['openPage', { page: 'pairing' }],
    ])
  await userEvent.click(screen.getByRole('button', { name: 'Copy code' }))
  expect(asked.at(-1)).toEqual({ name: 'copyText', args: { text: 'AB7K-PNQ3' } })
  emit('session', { ...waiting, pairing: waiting.pairing && { ...waiting.pairing, state: 'storing' } })
  await expect.element(screen.getByText('Confirmed. Signing in…')).toBeVisible()
  emit('session', signedIn(paired))
  await expect.element(screen.getByRole('button', { name: `Team: ${otherTeam.name}` })).toBeVisible()
})

test('an expired pairing can be restarted; a cancelled one returns to the other forms', async () => {
  const { screen, emit } = await openPage({
    answers: { ...signedOutAnswers, cancelPairing: () => success(signedOut) },
  })
  emit('session', over('pairing-over'))
  await expect.element(screen.getByText('This code has expired', { exact: false })).toBeVisible()
  expect(screen.container.textContent).not.toContain('pairing-over')
  await userEvent.click(screen.getByRole('button', { name: 'Get a new code' }))
  await expect.element(screen.getByLabelText('Code', { exact: true })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Cancel' }))
  await expect.element(screen.getByLabelText('Password', { exact: true })).toBeVisible()
})

test('says why a pairing is retried, and nothing about uploads', async () => {
  const { screen, emit } = await openPage({ answers: signedOutAnswers })
  const problem = failure('proxy-unreachable', { host: 'proxy.aurora.example' })
  emit('session', { ...waiting, pairing: waiting.pairing && { ...waiting.pairing, failure: problem } })
  const sentences =
    'The proxy proxy.aurora.example isn’t responding. Nothing is lost. Modelferry keeps trying until the code expires.'
  await expect.element(screen.getByText(sentences)).toBeVisible()
})

test.each([/^Forgot your password/, /^Create one/])('%s opens the web app', async (name) => {
  const { screen, asked } = await openPage({ answers: signedOutAnswers })
  await userEvent.click(screen.getByRole('button', { name }))
  expect(asked).toEqual([{ name: 'openPage', args: { page: 'web-app' } }])
})

test('explains a wrong kind of device key and clears it', async () => {
  const { screen, asked } = await openPage({
    answers: { ...signedOutAnswers, signInWithKey: () => failed(failure('key-of-api')) },
  })
  await userEvent.click(screen.getByRole('button', { name: 'Use a device key instead' }))
  await userEvent.fill(screen.getByLabelText(/^Device key/), 'sk-0001')
  await userEvent.keyboard('{Enter}')
  await expect.element(screen.getByText('This is an API key', { exact: false })).toBeVisible()
  expect(asked).toEqual([{ name: 'signInWithKey', args: { key: 'sk-0001' } }])
  await expect.element(screen.getByLabelText(/^Device key/)).toHaveValue('')
})

test('a file too large for a device key asks for that account’s password', async () => {
  const large = failure('too-large-for-device', { sizeBytes: 6_800_000_000, limitBytes: 500_000_000 })
  const { screen } = await openPage({
    rows: [row('Flux', { phase: 'failed', failure: large, accountId: paired.id })],
    answers: { session: () => success(signedIn(paired)) },
  })
  await userEvent.click(screen.getByRole('grid').getByRole('button', { name: 'Sign in' }))
  await expect.element(screen.getByText(/files up to 500 MB\. Sign in with your password/)).toBeVisible()
  await expect.element(screen.getByLabelText('Email', { exact: true })).toHaveValue(paired.email)
  await expect
    .element(screen.getByRole('button', { name: 'Continue in the browser' }))
    .not.toBeInTheDocument()
})

test('the team picker shows what each account can upload and adds another account', async () => {
  const { screen } = await openPage({
    answers: { session: () => success(signedIn(account({ teams: [team] }), paired)) },
  })
  await userEvent.click(screen.getByRole('button', { name: /^Team: / }))
  await expect
    .element(screen.getByRole('menuitemradio', { name: `${otherTeam.name} files up to 500 MB (paired)` }))
    .toBeVisible()
  await expect.element(screen.getByRole('menuitemradio', { name: /files of any size/ }).first()).toBeVisible()
  await userEvent.click(screen.getByRole('menuitem', { name: 'Add account…' }))
  await expect.element(screen.getByRole('heading', { name: 'Modelferry' })).toBeVisible()
})

test('the settings list every account with its sign-out', async () => {
  const gone = account({ id: 'account-9', email: 'old@aurora.example', state: 'signed-out' })
  const { screen, asked, emit } = await openPage({
    answers: {
      session: () => success(signedIn(account(), gone)),
      signOut: () => success(signedIn(account(), gone)),
    },
  })
  emit('command', 'show-settings')
  await userEvent.click(screen.getByRole('button', { name: 'Sign out mira@aurora.example' }))
  await userEvent.click(screen.getByRole('dialog').getByRole('button', { name: 'Sign out' }))
  expect(asked).toContainEqual({ name: 'signOut', args: { accountId: 'account-1' } })
  await userEvent.click(screen.getByRole('button', { name: 'Sign in again: old@aurora.example' }))
  await expect.element(screen.getByRole('heading', { name: 'Modelferry' })).toBeVisible()
})
