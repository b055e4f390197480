import { expect, test } from 'vitest'
import { createProxyLogins } from '../../../electron/accounts/proxy-logins.ts'
import { createSignIns } from '../../../electron/accounts/sign-ins.ts'
import type { SessionView } from '../../../electron/contract/account.ts'
import { failed, failure, success, type Failure } from '../../../electron/contract/failures.ts'
import { proxyCodes } from '../../../electron/platform/network/proxy-resolver.ts'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { setupAccounts } from '../../support/accounts.ts'
import { valueOf } from '../../support/engine.ts'

/** Sign-ins at a local cloud. `events` are the names of the callbacks in their order. */
async function setup(...options: Parameters<typeof setupAccounts>) {
  const harness = await setupAccounts(...options)
  const { cloud, environment, secretStore } = harness
  const events: string[] = []
  const sessions: SessionView[] = []
  const given: { restored: Promise<void>; sealed: Failure | null; refusesChoices: boolean } = {
    restored: Promise.resolve(),
    sealed: null,
    refusesChoices: false,
  }
  let restoreCount = 0
  const choices = new Map<string, string>()
  const proxies = createProxyLogins({ environment, secretStore, onChange: () => {} })
  const create = (accounts = harness.start()) =>
    createSignIns({
      accounts,
      environment,
      proxies,
      choices: {
        get: (name) => choices.get(name) ?? null,
        set(name, value) {
          if (given.refusesChoices) return failed(failure('journal-full'))
          choices.set(name, value)
          return success(undefined)
        },
      },
      settings: () => ({ server: cloud.url, servers: [] }),
      keychainState: () => 'ok',
      sealedProblem: () => given.sealed,
      onSignedIn() {
        restoreCount += 1
        return given.restored
      },
      onAccountsChanged: (lostId) => events.push(`accounts changed ${lostId}`),
      onProxyLogin: () => events.push('proxy login'),
      onVisibilityChanged: (ids) => events.push(`visible ${[...ids].join()}`),
      onSessionChanged(session) {
        events.push('session')
        sessions.push(session)
      },
    })
  const signIns = create(harness.accounts)
  return {
    ...harness,
    signIns,
    create,
    events,
    sessions,
    proxies,
    signInAs: async ({ email, password } = ALICE) => valueOf(await signIns.signIn(email, password)),
    asks: (name: string) => cloud.operations.filter((operation) => operation.name === name).length,
  }
}

test('a sign-in that the server refused is lost for the uploads of its account', async () => {
  const { signIns, signInAs, cloud, accounts, events } = await setup()
  const [{ id } = { id: '' }] = (await signInAs()).accounts
  cloud.endSessions(ALICE.email)
  const { signer } = valueOf(accounts.accessFor(id, ALICES_TEAM_ID))
  await signer.renew(valueOf(await signer.credential()))
  events.length = 0
  signIns.markSignedOut(id)
  expect(events).toEqual([`accounts changed ${id}`, 'session'])
  expect(signIns.view().accounts).toMatchObject([{ state: 'signed-out' }])
  signIns.markSignedOut(id)
  expect(events).toEqual([`accounts changed ${id}`, 'session'])
})

test('logs old sign-ins that could not be erased, and shows the others', async () => {
  const { accounts, create, environment, signInAs, sessions } = await setup()
  await signInAs()
  const signIns = create({
    ...accounts,
    eraseDepartedSecrets: () => Promise.reject(new Error('the journal is closed')),
  })
  await signIns.restore()
  expect(environment.lines).toMatchObject([
    {
      level: 'error',
      message: 'old sign-ins could not be erased',
      facts: { error: 'Error: the journal is closed' },
    },
  ])
  expect(sessions.at(-1)?.accounts).toMatchObject([{ email: ALICE.email, state: 'ready' }])
  await signIns.close()
})

test('a start shows the accounts only once their secrets were looked for', async () => {
  const { signInAs, create, secretStore, sessions } = await setup()
  await signInAs()
  secretStore.entries.clear()
  const read = Promise.withResolvers<void>()
  secretStore.beforeCall = (call) => (call.startsWith('get session') ? read.promise : undefined)
  const next = create()
  const restored = next.restore()
  await expect.poll(() => secretStore.calls.some((call) => call.startsWith('get session'))).toBe(true)
  read.resolve()
  await restored
  expect(sessions.at(-1)?.accounts).toMatchObject([{ state: 'signed-out' }])
  await next.close()
})

test('ends only after the server has revoked the key of a sign-out that was cut off', async () => {
  const { accountStore, create, cloud, signIns, newDeviceKey, secretStore } = await setup()
  const [account] = valueOf(await signIns.signInWithKey(await newDeviceKey())).accounts
  if (account) valueOf(accountStore.save({ ...account, state: 'signed-out', hasLeft: true }))
  const held = cloud.hold('revokeOwnDevice')
  const next = create()
  await next.restore()
  await held.arrived
  let hasEnded = false
  const ended = next.close().then(() => (hasEnded = true))
  expect([secretStore.entries.size, hasEnded]).toEqual([0, false])
  held.release()
  await ended
  expect(cloud.operations.at(-1)).toMatchObject({ name: 'revokeOwnDevice', status: 200 })
})

test('a check on request shows a team that the user has joined', async () => {
  const { signIns, signInAs, cloud, events, sessions } = await setup()
  await signInAs()
  const joined = { id: 'team-east', display_name: 'Studio East' }
  const body = JSON.stringify({
    ...{ id: ALICE.id, display_name: 'Alice Chen', email_address: ALICE.email },
    team_list: [joined],
  })
  cloud.fail({ on: 'getCurrentUser', how: { status: 200, body } })
  events.length = 0
  await signIns.confirm()
  expect(events).toEqual(['session'])
  expect(sessions.at(-1)?.accounts).toMatchObject([
    { state: 'ready', teams: [{ id: joined.id, name: joined.display_name }] },
  ])
})

test('a hint requests the teams at most once a minute, and only a change is announced', async () => {
  const { signIns, signInAs, cloud, clock, events, asks } = await setup()
  await signInAs()
  const [before, teamCount] = [asks('getCurrentUser'), () => signIns.view().accounts[0]?.teams.length]
  events.length = 0
  await signIns.refreshTeams()
  expect([asks('getCurrentUser') - before, events, teamCount()]).toEqual([1, [], 2])
  cloud.removeMember(ALICE.email, STUDIO_NORTH_ID)
  // The clock also runs by itself.
  clock.advance(50_000)
  await Promise.all([signIns.refreshTeams(), signIns.refreshTeams()])
  expect([asks('getCurrentUser') - before, events, teamCount()]).toEqual([1, [], 2])
  clock.advance(10_000)
  await expect.poll(() => events).toEqual(['session'])
  expect([asks('getCurrentUser') - before, teamCount()]).toEqual([2, 1])
  clock.advance(60_000)
  await signIns.refreshTeams()
  expect(asks('getCurrentUser') - before).toBe(3)
  await signIns.close()
  await signIns.refreshTeams()
  expect([asks('getCurrentUser') - before, clock.waits()]).toEqual([3, []])
})

test('only the login of the proxy that asks for one is used, stored or not', async () => {
  const { signIns, proxies, events, secretStore } = await setup()
  const proxy = 'http://proxy.example:3128'
  const login = { name: 'mira', password: 'secret' }
  expect(await signIns.signInToProxy(proxy, login)).toMatchObject({ failure: { code: 'bad-call' } })
  expect(events).toEqual([])

  await proxies.reportFailure(proxy, proxyCodes.signIn, 'https://cloud.example/api/v1')
  expect(signIns.view().proxy).toEqual({ proxy, wasRefused: false })
  expect(valueOf(await signIns.signInToProxy(proxy, login)).proxy).toBeNull()
  expect(events).toEqual(['proxy login', 'session'])

  events.length = 0
  secretStore.failWith('keychain-locked')
  await proxies.reportFailure(
    `http://mira:secret@proxy.example:3128`,
    proxyCodes.signIn,
    'https://cloud.example/api/v1',
  )
  expect(await signIns.signInToProxy(proxy, login)).toMatchObject({ failure: { code: 'keychain-locked' } })
  expect(events).toEqual(['proxy login'])

  await proxies.reportFailure(
    `http://mira:secret@proxy.example:3128`,
    proxyCodes.signIn,
    'https://cloud.example/api/v1',
  )
  expect(valueOf(signIns.leaveProxy()).proxy).toBeNull()
})

test('a sign-in does not sign out other users whose secrets are missing from a locked keychain', async () => {
  const { accounts, signIn, start, secretStore, cloud } = await setupAccounts()
  const { id } = await signIn()
  const other = valueOf(await accounts.signIn(cloud.url, BOB.email, BOB.password))
  secretStore.entries.clear()
  const next = start()
  for (const one of [id, other.id]) await next.checkSecret(one)
  valueOf(await next.signIn(cloud.url, ALICE.email, ALICE.password))
  expect(
    start()
      .list()
      .map(({ state, hasLeft }) => [state, hasLeft]),
  ).toEqual([
    ['ready', undefined],
    ['ready', undefined],
  ])
})
