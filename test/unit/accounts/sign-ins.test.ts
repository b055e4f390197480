import { expect, test } from 'vitest'
import { createProxyLogins } from '../../../electron/accounts/proxy-logins.ts'
import { createSignIns } from '../../../electron/accounts/sign-ins.ts'
import type { SessionView } from '../../../electron/contract/account.ts'
import { failed, failure, success, type Failure } from '../../../electron/contract/failures.ts'
import { proxyCodes } from '../../../electron/platform/network/proxy-resolver.ts'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { setupAccounts } from '../../support/accounts.ts'
import { valueOf } from '../../support/engine.ts'
import { advanceRetries, standingClock } from '../../support/hand-clock.ts'

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
    given,
    proxies,
    /** How often encrypted data has begun to be restored. */
    restoreCount: () => restoreCount,
    signInAs: async ({ email, password } = ALICE) => valueOf(await signIns.signIn(email, password)),
    asks: (name: string) => cloud.operations.filter((operation) => operation.name === name).length,
  }
}

test('uploads continue after a sign-in once its encrypted data is restored', async () => {
  const { signIns, given, events, cloud } = await setup()
  const restored = Promise.withResolvers<void>()
  given.restored = restored.promise
  const signedIn = signIns.signIn(ALICE.email, ALICE.password)
  await expect.poll(() => signIns.view().accounts).toHaveLength(1)
  expect(events).toEqual([])
  restored.resolve()
  const view = valueOf(await signedIn)
  expect([view, events]).toEqual([signIns.view(), ['accounts changed null', 'session']])
  expect(view).toMatchObject({ server: cloud.url, accounts: [{ email: ALICE.email }], chosen: null })
})

test('a refused sign-in changes nothing', async () => {
  const { signIns, events, newDeviceKey, cloud } = await setup()
  const key = await newDeviceKey()
  cloud.revokeDevices(ALICE.email)
  expect(await signIns.signIn(ALICE.email, 'wrong')).toMatchObject({ failure: { code: 'login-refused' } })
  expect(await signIns.signInWithKey(key)).toMatchObject({ failure: { code: 'key-refused' } })
  expect(await signIns.useToken('a.b.c')).toMatchObject({ failure: { code: 'signed-out' } })
  expect([events, signIns.view().accounts]).toEqual([[], []])
})

test('a device key brings its team, which is used without a choice', async () => {
  const { signIns, newDeviceKey, events } = await setup()
  const { chosen } = valueOf(await signIns.signInWithKey(await newDeviceKey()))
  expect([chosen?.teamId, events]).toEqual([ALICES_TEAM_ID, ['accounts changed null', 'session']])
  expect([signIns.decidedTeam(), signIns.hasTeamChoice()]).toEqual([chosen, false])
})

test('a token from outside is shown without a new sign-in', async () => {
  const { signIns, newDeviceKey, events } = await setup()
  valueOf(await signIns.useToken(await newDeviceKey()))
  expect([events, signIns.view().accounts]).toMatchObject([['session'], [{ email: ALICE.email }]])
})

test('chooses a team of the user that can be stored', async () => {
  const { signIns, signInAs, given, events } = await setup()
  const [account] = (await signInAs()).accounts
  const choice = { accountId: account?.id ?? '', teamId: STUDIO_NORTH_ID }
  events.length = 0
  expect(signIns.choose({ ...choice, teamId: 'team_of_others' })).toMatchObject({
    failure: { code: 'no-team' },
  })
  given.refusesChoices = true
  expect(signIns.choose(choice)).toMatchObject({ failure: { code: 'journal-full' } })
  expect([events, signIns.view().chosen]).toEqual([[], null])
  given.refusesChoices = false
  expect(valueOf(signIns.choose(choice)).chosen).toEqual(choice)
  expect([events, signIns.resolve(null)?.team.name]).toEqual([['session'], 'Studio North'])
})

test('shows why something that was encrypted can’t be decrypted', async () => {
  const { signIns, given } = await setup()
  expect(signIns.view()).not.toHaveProperty('sealed')
  given.sealed = failure('sealed-key-missing')
  expect(signIns.view().sealed).toEqual(given.sealed)
})

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

test('a sign-out hides the account until its user signs in again', async () => {
  const { signIns, signInAs, events, secretStore } = await setup()
  const [{ id } = { id: '' }] = (await signInAs()).accounts
  events.length = 0
  let isGone = false
  expect(valueOf(await signIns.signOut(id, undefined, () => (isGone = true))).accounts).toEqual([])
  expect([isGone, [...signIns.hidden()], events]).toEqual([
    true,
    [id],
    ['accounts changed null', `visible ${id}`, 'session'],
  ])
  events.length = 0
  signIns.announce()
  expect(events).toEqual(['session'])
  await signInAs(BOB)
  expect(events).not.toContain(`visible ${id}`)
  await signInAs()
  expect([events.includes(`visible ${id}`), [...signIns.hidden()]]).toEqual([true, []])

  secretStore.beforeCall = (call) =>
    secretStore.failWith(call.startsWith('delete') ? 'keychain-locked' : null)
  expect(await signIns.signOut(id, undefined, () => {})).toMatchObject({
    failure: { code: 'keychain-locked' },
  })
  expect(signIns.view().accounts).toMatchObject([{ email: BOB.email }])
})

test('uploads continue only if the unlocked keychain has a missing secret', async () => {
  const { signInAs, create, secretStore, events } = await setup()
  await signInAs()
  const kept = [...secretStore.entries]
  secretStore.entries.clear()
  const next = create()
  events.length = 0
  await next.restore()
  // One of them is about the keychain, which the search for a pairing has read.
  await expect.poll(() => events).toEqual(['session', 'session'])
  expect(next.view().accounts).toMatchObject([{ state: 'signed-out' }])
  events.length = 0
  await next.keychainChanged()
  expect(events).toEqual(['session'])
  for (const [name, secret] of kept) secretStore.entries.set(name, secret)
  events.length = 0
  await next.keychainChanged()
  expect([events, next.view().accounts]).toMatchObject([
    ['accounts changed null', 'session'],
    [{ state: 'ready' }],
  ])
  await next.close()
})

test('checks stored sign-ins at the server at the start', async () => {
  const { signInAs, create, cloud, clock, sessions } = await setup()
  await signInAs()
  cloud.endSessions(ALICE.email)
  clock.advance(2 * 3_600_000)
  const next = create()
  await next.restore()
  await expect.poll(() => sessions.at(-1)?.accounts).toMatchObject([{ state: 'signed-out' }])
  await next.close()
})

test('a start finishes a pairing, and shows once that the server fails', async () => {
  const { accounts, create, cloud, clock, events, newDeviceKey, secretStore, asks } = await setup()
  const key = await newDeviceKey()
  cloud.fail({ on: 'getCurrentUser', how: 503, times: 4 })
  expect((await accounts.acceptDeviceKey(cloud.url, key)).ok).toBe(false)
  expect([...secretStore.entries.values()]).toEqual([key])
  const next = create()
  await next.restore()
  events.length = 0
  const finished = expect.poll(() => events).toContain('accounts changed null')
  await advanceRetries(clock, finished)
  expect([events, asks('getCurrentUser')]).toEqual([['session', 'accounts changed null', 'session'], 5])
  expect(next.view().accounts).toMatchObject([{ kind: 'device', state: 'ready' }])
  await next.close()
})

test('logs a pairing that can’t be finished because of an exception, except at the end', async () => {
  const { accounts, create, environment } = await setup()
  const startWith = async (finishPendingKey: typeof accounts.finishPendingKey) => {
    const signIns = create({ ...accounts, finishPendingKey })
    await signIns.restore()
    return signIns
  }
  const late = Promise.withResolvers<null>()
  await (await startWith(() => late.promise)).close()
  late.reject(new Error('the journal is closed'))
  const failing = await startWith(() => Promise.reject(new Error('a bug')))
  const logged = () => environment.lines.filter(({ level }) => level === 'error')
  await expect.poll(logged).toMatchObject([{ facts: { error: 'Error: a bug' } }])
  await failing.close()
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

test('a sign-in whose encrypted data is restored only after the end changes nothing', async () => {
  const { accounts, create, cloud, events, given, newDeviceKey, restoreCount } = await setup()
  const account = valueOf(await accounts.signInWithKey(cloud.url, await newDeviceKey()))
  const restored = Promise.withResolvers<void>()
  given.restored = restored.promise
  const signIns = create({ ...accounts, finishPendingKey: async () => success(account) })
  await signIns.restore()
  await expect.poll(restoreCount).toBe(1)
  await signIns.close()
  events.length = 0
  restored.resolve()
  await new Promise(setImmediate)
  expect(events).toEqual([])
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

test('closing ends the repetition of a check, and hides a pairing', async () => {
  const { signInAs, create, cloud, clock } = await setup()
  await signInAs()
  cloud.fail({ on: 'getCurrentUser', how: 503, times: Infinity })
  const next = create()
  await next.restore()
  valueOf(await next.startPairing())
  expect(next.view().pairing?.state).toBe('waiting')
  await cloud.ended('getCurrentUser', 2)
  await next.close()
  expect([next.view().pairing, clock.waits()]).toEqual([null, []])
})

test('starts a pairing that can be cancelled, or returns why there is none', async () => {
  const { signIns, cloud } = await setup()
  cloud.fail({ on: 'startPairing', how: 503 })
  expect(await signIns.startPairing()).toMatchObject({ failure: { code: 'server-trouble' } })
  expect(valueOf(await signIns.startPairing()).pairing).toMatchObject({ state: 'waiting' })
  expect(valueOf(signIns.cancelPairing()).pairing).toBeNull()
})

test('a check on request marks a refused sign-in, and no other one', async () => {
  const { signIns, signInAs, cloud, clock, events } = await setup()
  await signInAs()
  await signInAs(BOB)
  cloud.endSessions(ALICE.email)
  clock.advance(2 * 3_600_000)
  cloud.fail({ on: 'getCurrentUser', how: 503 })
  events.length = 0
  await signIns.confirm()
  expect(events).toEqual(['accounts changed null', 'session'])
  expect(signIns.view().accounts.map(({ email, state }) => [email, state])).toEqual([
    [ALICE.email, 'signed-out'],
    [BOB.email, 'ready'],
  ])
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
  clock.advance(-3_600_000)
  await signIns.refreshTeams()
  expect(asks('getCurrentUser') - before).toBe(3)
  await signIns.close()
  await signIns.refreshTeams()
  expect([asks('getCurrentUser') - before, clock.waits()]).toEqual([3, []])
})

test('a hint is followed exactly a minute after the last one, or at once if the clock was set back', async () => {
  const { signIns, signInAs, cloud, clock, asks } = await setup({}, standingClock())
  await signInAs()
  const before = asks('getCurrentUser')
  const asked = () => asks('getCurrentUser') - before
  await signIns.refreshTeams()
  expect([asked(), clock.waits()]).toEqual([1, []])
  await signIns.refreshTeams()
  await signIns.refreshTeams()
  expect([asked(), clock.waits()]).toEqual([1, [60_000]])
  clock.advance(60_000)
  await cloud.ended('getCurrentUser', before + 2)
  // The time limit of the request has ended.
  await expect.poll(clock.waits).toEqual([])
  clock.advance(59_999)
  await signIns.refreshTeams()
  expect([asked(), clock.waits()]).toEqual([2, [1]])
  clock.advance(1)
  await cloud.ended('getCurrentUser', before + 3)
  await expect.poll(clock.waits).toEqual([])
  clock.advance(60_000)
  await signIns.refreshTeams()
  expect([asked(), clock.waits()]).toEqual([4, []])
  clock.advance(-1)
  await signIns.refreshTeams()
  expect([asked(), clock.waits()]).toEqual([5, []])
})

test('closing ends the wait of a hint', async () => {
  const { signIns, signInAs, clock } = await setup({}, standingClock())
  await signInAs()
  await signIns.refreshTeams()
  await signIns.refreshTeams()
  expect(clock.waits()).toEqual([60_000])
  await signIns.close()
  expect(clock.waits()).toEqual([])
})

test('a hint that could not be followed does not keep the next one waiting', async () => {
  const { signIns, signInAs, cloud, asks } = await setup()
  await signInAs()
  const before = asks('getCurrentUser')
  cloud.fail({ on: 'getCurrentUser', how: 503, times: 2 })
  await signIns.refreshTeams()
  await signIns.refreshTeams()
  await signIns.refreshTeams()
  expect(asks('getCurrentUser') - before).toBe(3)
})

test('the end waits until new tokens are stored, of which the old ones are invalid', async () => {
  const { signIns, signInAs, cloud, clock, secretStore } = await setup()
  await signInAs()
  clock.advance(2 * 3_600_000)
  const [before] = secretStore.entries.values()
  const held = cloud.hold('refresh', 'answer')
  void signIns.refreshTeams()
  await held.arrived
  const stored = signIns.close().then(() => [...secretStore.entries.values()])
  held.release()
  expect(await stored).not.toEqual([before])
})

test('a hint marks a sign-in that the server refuses', async () => {
  const { signIns, signInAs, cloud, clock, events } = await setup()
  await signInAs()
  cloud.endSessions(ALICE.email)
  clock.advance(2 * 3_600_000)
  events.length = 0
  await signIns.refreshTeams()
  expect(events).toEqual(['accounts changed null', 'session'])
  expect(signIns.view().accounts).toMatchObject([{ state: 'signed-out' }])
})

test('a check that ends after the app changes nothing', async () => {
  const { signIns, signInAs, cloud, events } = await setup()
  await signInAs()
  const held = cloud.hold('getCurrentUser')
  const confirmed = signIns.confirm()
  await held.arrived
  await signIns.close()
  events.length = 0
  held.release()
  await confirmed
  expect(events).toEqual([])
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
