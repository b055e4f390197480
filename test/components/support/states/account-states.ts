import { expect } from 'vitest'
import { userEvent } from 'vitest/browser'
import type { Pairing, SessionView } from '../../../../electron/contract/account.ts'
import { failed, failure, success } from '../../../../electron/contract/failures.ts'
import type { OpenPage } from '../open-page.ts'
import { account, row, signedIn, signedOut, team } from '../rows.ts'
import { opened, untilShown, type States } from './state.ts'

function pairing(change: Partial<Pairing>): SessionView {
  return {
    ...signedOut,
    pairing: {
      userCode: 'AB7K-PNQ3',
      address: 'https://app.cyberun.example/desktop/pair',
      expiresAtMs: Date.now() + 200_000,
      state: 'waiting',
      failure: null,
      ...change,
    },
  }
}

const withSession = (session: SessionView) => ({ answers: { session: () => success(session) } })

async function fillIn({ screen }: OpenPage): Promise<void> {
  await userEvent.fill(screen.getByLabelText('Email', { exact: true }), 'a@b.example')
  await userEvent.fill(screen.getByLabelText('Password', { exact: true }), 'x')
  await userEvent.keyboard('{Enter}')
}

async function askToSignOut({ screen }: OpenPage): Promise<void> {
  await userEvent.click(screen.getByRole('button', { name: /^Team:/ }))
  await userEvent.click(screen.getByRole('menuitem', { name: 'Sign out mira@aurora.example' }))
  await expect.element(screen.getByRole('dialog')).toBeVisible()
}

const onDevice = account({ id: 'cloud person team-1', kind: 'device', teams: [team] })

/** Signing in and out, the keychain and the proxy. */
export const accountStates: States = {
  'signed out': opened(withSession(signedOut), async ({ screen }) => {
    await expect.element(screen.getByLabelText('Email', { exact: true })).toBeVisible()
  }),
  'signed out, with waiting files': opened(
    {
      answers: {
        session: () => success(signedOut),
        waitingFiles: () =>
          success({ count: 3, names: ['a.gguf', 'b.gguf'], hasFolders: true, failure: null }),
      },
    },
    untilShown('3 items'),
  ),
  'sign-in, refused': opened(
    {
      answers: {
        session: () => success(signedOut),
        signIn: () => failed(failure('login-refused', {}, { serverMessage: 'no' })),
      },
    },
    async (page) => {
      await fillIn(page)
      const message = page.screen.getByRole('alert').getByText('Couldn’t sign in', { exact: false })
      await expect.element(message).toBeVisible()
    },
  ),
  'a pairing in progress': opened(withSession(pairing({})), async ({ screen }) => {
    await expect.element(screen.getByLabelText('Code', { exact: true })).toBeVisible()
  }),
  'an expired pairing': opened(
    withSession(pairing({ state: 'over', failure: failure('pairing-over') })),
    async ({ screen }) =>
      expect.element(screen.getByRole('button', { name: 'Get a new code' })).toBeVisible(),
  ),
  'a pairing without a connection': opened(
    withSession(pairing({ failure: failure('connection-lost', { host: 'cloud.example' }) })),
    async ({ screen }) => expect.element(screen.getByText('Connection lost', { exact: false })).toBeVisible(),
  ),
  'a wrong device key': opened(
    {
      answers: { session: () => success(signedOut), signInWithKey: () => failed(failure('key-of-api')) },
    },
    async ({ screen }) => {
      await userEvent.click(screen.getByRole('button', { name: 'Use a device key instead' }))
      await userEvent.fill(screen.getByLabelText(/^Device key/), 'sk-0001')
      await userEvent.keyboard('{Enter}')
      await expect.element(screen.getByText('This is an API key', { exact: false })).toBeVisible()
    },
  ),
  'the password for large files': opened(
    {
      rows: [
        row('Flux', {
          phase: 'failed',
          failure: failure('too-large-for-device', { sizeBytes: 6.8e9, limitBytes: 500e6 }),
          accountId: onDevice.id,
        }),
      ],
      ...withSession(signedIn(onDevice)),
    },
    async ({ screen }) => {
      await userEvent.click(screen.getByRole('grid').getByRole('button', { name: 'Sign in' }))
      await expect.element(screen.getByLabelText('Email', { exact: true })).toHaveValue(onDevice.email)
    },
  ),
  'the question about the keychain': opened(
    withSession({ ...signedIn(), keychain: 'locked' }),
    async ({ screen }) => expect.element(screen.getByRole('dialog')).toBeVisible(),
  ),
  'the proxy sign-in': opened(
    withSession({ ...signedIn(), proxy: { proxy: 'http://proxy.example:8080', wasRefused: true } }),
    async ({ screen }) => expect.element(screen.getByRole('dialog')).toBeVisible(),
  ),
  'the question before signing out': opened({}, askToSignOut),
  'a sign-out that can’t encrypt': opened(
    { answers: { signOut: () => failed(failure('seal-unavailable')) } },
    async (page) => {
      await askToSignOut(page)
      await userEvent.click(page.screen.getByRole('dialog').getByRole('button', { name: 'Sign out' }))
      await expect.element(page.screen.getByRole('button', { name: 'Remove and sign out' })).toBeVisible()
    },
  ),
}
