import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { SessionView } from '../../../electron/contract/account.ts'
import { openPage, type OpenPage } from '../support/open-page.ts'
import { account, registeredRow, sendingRow, signedIn, signedOut, snapshotOf, team } from '../support/rows.ts'

const me = account()
const name = 'mira@aurora.example'

async function askToSignOut({ screen }: OpenPage) {
  await userEvent.click(screen.getByRole('button', { name: `Team: ${team.name}` }))
  await userEvent.click(screen.getByRole('menuitem', { name: `Sign out ${name}` }))
}

test('says what a sign-out does and what happens to uploads, and does nothing on Cancel', async () => {
  const other = sendingRow('Other', { accountId: 'account-2', inFlightBytes: 7_000_000 })
  const opened = await openPage({ rows: [sendingRow('Flux'), other] })
  await askToSignOut(opened)
  const dialog = opened.screen.getByRole('dialog', { name: `Sign out ${name}?` })
  await expect
    .element(dialog)
    .toMatchTextContent('Uploads stop and continue when you sign in again (sending 50.0 MB again)')
  await userEvent.click(dialog.getByRole('button', { name: 'Cancel' }))
  await expect.element(dialog).not.toBeInTheDocument()
  expect(opened.asked.map(({ name }) => name)).not.toContain('signOut')
})

test('says which uploads another sign-in of the user sends, and doesn’t ask for the one that is signed out', async () => {
  const paired = account({ ...me, id: `${me.id} team-1`, kind: 'device' })
  const session: SessionView = { ...signedIn(me), accounts: [me, paired] }
  const { screen, emit } = await openPage({ answers: { session: () => success(session) } })
  const menu = screen.getByRole('button', { name: `Team: ${team.name}` })
  await userEvent.click(menu)
  await userEvent.click(screen.getByRole('menuitem', { name: /^Sign out.*paired/ }))
  await expect.element(screen.getByRole('dialog')).toMatchTextContent(`continues uploads to ${team.name}`)
  await userEvent.keyboard('{Escape}')
  emit('session', { ...session, accounts: [me, { ...paired, state: 'signed-out', hasLeft: true }] })
  await userEvent.click(menu)
  await expect.poll(() => screen.getByRole('menuitem', { name: /^Sign out/ }).elements()).toHaveLength(1)
  expect(screen.container.textContent).not.toContain('sign in again')
})

test.each([
  ['Remove and sign out', 'removed'],
  ['Leave readable and sign out', 'kept'],
])('without a keychain asks what happens to the uploads: %s', async (label, data) => {
  const opened = await openPage({
    answers: {
      signOut: (args) => (args.data ? success(signedIn(me)) : failed(failure('seal-unavailable'))),
    },
  })
  const { screen, asked } = opened
  await askToSignOut(opened)
  await userEvent.click(screen.getByRole('button', { name: 'Sign out', exact: true }))
  await expect.element(screen.getByText('Without a keychain', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: label }))
  const signOuts = asked.filter(({ name }) => name === 'signOut')
  expect(signOuts.map(({ args }) => args)).toEqual([{ accountId: me.id }, { accountId: me.id, data }])
})

test('starts again without anything of the account, also if a command signs it out', async () => {
  let session: SessionView = signedIn(me)
  let snapshot = snapshotOf([registeredRow('finished')])
  const { screen, emit } = await openPage({
    answers: { session: () => success(session), snapshot: () => success(snapshot) },
  })
  await expect.element(screen.getByText('finished').first()).toBeVisible()
  session = signedOut
  snapshot = snapshotOf([])
  emit('session', signedOut)
  await expect.element(screen.getByRole('heading', { name: 'Modelferry' })).toBeVisible()
  expect(screen.container.textContent).not.toContain('finished')
})

test('shows a failure of the sign-out on the page that has started again', async () => {
  let session: SessionView = signedIn(me)
  const opened = await openPage({
    answers: {
      session: () => success(session),
      signOut: () => {
        session = signedOut
        opened.emit('session', signedOut)
        return failed(failure('seal-pending'))
      },
    },
  })
  await askToSignOut(opened)
  await userEvent.click(opened.screen.getByRole('button', { name: 'Sign out', exact: true }))
  await expect.element(opened.screen.getByText('They aren’t encrypted yet', { exact: false })).toBeVisible()
})

test('offers to discard what can’t be opened, and asks first', async () => {
  const session: SessionView = { ...signedIn(me), sealed: failure('sealed-key-missing') }
  const { screen, asked } = await openPage({ answers: { session: () => success(session) } })
  await expect
    .element(screen.getByText('their key is no longer in the keychain', { exact: false }))
    .toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Discard…' }))
  expect(asked).toEqual([])
  await userEvent.click(screen.getByRole('button', { name: 'Discard', exact: true }))
  expect(asked).toEqual([{ name: 'discardSealed', args: undefined }])
  await expect.element(screen.getByText('can’t be opened', { exact: false })).not.toBeInTheDocument()
})
