import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { Asked } from '../support/fake-bridge.ts'
import { selectOption } from '../support/select-option.ts'
import { openPage } from '../support/open-page.ts'
import { account, serverCheck, settings, signedIn, signedOut } from '../support/rows.ts'

/** Calls about servers; the other settings cards make calls of their own. */
const aboutServers = (asked: readonly Asked[]) =>
  asked.filter(({ name }) => /server|changeSettings/i.test(name))

const aurora = 'https://models.aurora.example/api/v1'

test.each([
  ['http://cloud.example', 'This isn’t a valid server address.'],
  ['ftp://models.example', 'This isn’t a valid server address.'],
])('rejects %s without a request', async (typed, words) => {
  const { screen, asked, emit } = await openPage()
  emit('command', 'show-settings')
  await userEvent.fill(screen.getByLabelText('Server address', { exact: true }), typed)
  await userEvent.keyboard('{Enter}')
  await expect.element(screen.getByText(words, { exact: false })).toBeVisible()
  expect(aboutServers(asked)).toEqual([])
})

test.each([
  [serverCheck(), ['Cyberun server found'], true],
  [
    serverCheck({ clockAheadMs: -720_000 }),
    ['The clocks of this computer and the server are 12 minutes apart.'],
    true,
  ],
  [
    serverCheck({ proxy: 'http://proxy.example:3128' }),
    ['Cyberun server found, Uses proxy.example:3128'],
    true,
  ],
  [
    serverCheck({ failure: failure('not-the-api'), isApi: false }),
    ['Not saved.', 'The response didn’t come from Cyberun Cloud.'],
    false,
  ],
  [
    serverCheck({
      failure: failure('certificate-untrusted', { host: 'models.aurora.example' }),

      isApi: false,
      certificate: 'untrusted',
    }),
    ['Not saved.', 'isn’t trusted'],
    false,
  ],
  [
    serverCheck({
      failure: failure('name-not-found', { host: 'models.aurora.example' }),

      isApi: false,
      isReached: false,
      certificate: 'none',
    }),
    ['Not saved.', 'Can’t find models.aurora.example.'],
    false,
  ],
])('describes the result of a server check: %#', async (check, words, isKept) => {
  const { screen, asked, emit } = await openPage({ answers: { addServer: () => success(check) } })
  emit('command', 'show-settings')
  const field = screen.getByLabelText('Server address', { exact: true })
  await userEvent.fill(field, 'models.aurora.example/api/v1')
  await userEvent.keyboard('{Enter}')
  for (const said of words)
    await expect.element(screen.getByText(said, { exact: false }).first()).toBeVisible()
  expect(
    screen.getByText('Uploads resume automatically when the server', { exact: false }).elements(),
  ).toEqual([])
  expect(aboutServers(asked)).toEqual([{ name: 'addServer', args: { address: aurora } }])
  await expect.element(field).toHaveValue(isKept ? '' : 'models.aurora.example/api/v1')
})

const two = { ...settings, servers: [{ address: aurora, singlePutLimitBytes: 2_000_000_000 }] }

test('each server has a limit and can be checked, chosen and removed', async () => {
  const { screen, asked, emit } = await openPage({
    answers: {
      settings: () => success(two),
      removeServer: () => failed(failure('server-in-use', { host: 'models.aurora.example' })),
    },
  })
  emit('command', 'show-settings')
  await userEvent.click(screen.getByText('Advanced').first())
  await expect
    .element(screen.getByLabelText('Largest single upload to models.aurora.example'))
    .toHaveValue('2000')
  await expect.element(screen.getByLabelText('Largest single upload to cloud.example')).toHaveValue('500')
  await userEvent.click(screen.getByRole('button', { name: 'Check models.aurora.example' }))
  await expect.element(screen.getByText('Cyberun server found')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Remove models.aurora.example' }))
  await expect
    .element(screen.getByText('models.aurora.example can’t be removed', { exact: false }))
    .toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Use for new sign-ins: models.aurora.example' }))
  const here = { address: settings.server, singlePutLimitBytes: null }
  expect(aboutServers(asked).map(({ name, args }) => [name, args])).toEqual([
    ['checkServer', { address: aurora }],
    ['removeServer', { address: aurora }],
    ['changeSettings', { server: aurora, servers: [here, ...two.servers] }],
  ])
})

test('the sign-in offers a choice of several servers', async () => {
  const { screen, asked } = await openPage({
    answers: { settings: () => success(two), session: () => success(signedOut) },
  })
  await selectOption(screen.getByLabelText('Server', { exact: true }), 'models.aurora.example')
  await expect.poll(() => asked.map(({ name }) => name)).toEqual(['changeSettings'])
  await expect.element(screen.getByText('files up to 2.0 GB each', { exact: false })).toBeVisible()
})

test('accounts at two servers are distinguished, each with role and upload limit', async () => {
  const here = account({ teams: [{ id: 'team_aurora', name: 'Aurora Studio', role: 'admin' }] })
  const there = account({
    id: 'account-2',
    kind: 'device',
    server: aurora,
    teams: [{ id: 'team_lab', name: 'Lab', role: 'viewer' }],
  })
  const { screen } = await openPage({
    answers: { settings: () => success(two), session: () => success(signedIn(here, there)) },
  })
  await userEvent.click(screen.getByRole('button', { name: /^Team: / }))
  const menu = screen.getByRole('menu')
  await expect.element(menu).toMatchTextContent('mira@aurora.example · cloud.example')
  await expect.element(menu).toMatchTextContent('mira@aurora.example · models.aurora.example')
  await expect.element(menu).toMatchTextContent('Role: admin · files of any size (password)')
  await expect.element(menu).toMatchTextContent('Role: viewer · files up to 2.0 GB (paired)')
})

test('signing in again uses the account’s own server', async () => {
  const there = account({ id: 'account-2', server: aurora, email: 'old@aurora.example', state: 'signed-out' })
  const { screen, asked } = await openPage({
    answers: { settings: () => success(two), session: () => success(signedIn(account(), there)) },
  })
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
  await expect.element(screen.getByLabelText('Email', { exact: true })).toHaveValue('old@aurora.example')
  expect(asked).toMatchObject([{ name: 'changeSettings', args: { server: aurora } }])
})

const question = { proxy: 'http://proxy.example:3128', wasRefused: false }

test('the proxy dialog sends the credentials and clears the password', async () => {
  const { screen, asked } = await openPage({
    answers: { session: () => success({ ...signedIn(), proxy: question }) },
  })
  const dialog = screen.getByRole('dialog', { name: 'Sign in to the proxy proxy.example:3128' })
  await userEvent.fill(dialog.getByLabelText('Proxy user name'), 'mira')
  await userEvent.fill(dialog.getByLabelText('Proxy password'), 'p:w@')
  await userEvent.click(dialog.getByRole('button', { name: 'Sign in to proxy' }))
  await expect
    .poll(() => asked)
    .toEqual([{ name: 'signInToProxy', args: { proxy: question.proxy, name: 'mira', password: 'p:w@' } }])
  await expect.element(dialog).not.toBeInTheDocument()
})

test('Escape postpones the proxy sign-in, and the dialog says when it was refused', async () => {
  const { screen, asked } = await openPage({
    answers: { session: () => success({ ...signedIn(), proxy: { ...question, wasRefused: true } }) },
  })
  await expect.element(screen.getByText('The proxy rejected this user name or password.')).toBeVisible()
  await userEvent.keyboard('{Escape}')
  await expect.poll(() => asked.map(({ name }) => name)).toEqual(['leaveProxy'])
  await expect.element(screen.getByRole('dialog')).not.toBeInTheDocument()
})

test.each([
  ['absent', 'no keychain, so your sign-in can’t be saved'],
  ['locked', 'The keychain is locked'],
] as const)('offers this session only or quit when the keychain is %s', async (keychain, words) => {
  const { screen, asked } = await openPage({
    answers: { session: () => success({ ...signedIn(), keychain }) },
  })
  const dialog = screen.getByRole('dialog', { name: 'Your sign-in can’t be saved' })
  await expect.element(dialog).toMatchTextContent(words)
  await expect.element(dialog).toMatchTextContent('kept in memory only')
  await userEvent.click(dialog.getByRole('button', { name: 'Check again' }))
  await userEvent.click(dialog.getByRole('button', { name: 'Quit' }))
  expect(asked.map(({ name }) => name)).toEqual(['recheckKeychain', 'quit'])
  await userEvent.click(dialog.getByRole('button', { name: 'Stay signed in until I quit' }))
  await expect.element(dialog).not.toBeInTheDocument()
  // The choice stays visible and can be undone.
  await expect.element(screen.getByRole('button', { name: 'Check again' })).toBeVisible()
})
