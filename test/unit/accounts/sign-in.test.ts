import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { refuseAccounts, setupAccounts } from '../../support/accounts.ts'
import { advanceRetries, standingClock } from '../../support/hand-clock.ts'
import { valueOf } from '../../support/engine.ts'

test('a sign-in returns all teams, and stores its secret only in the keychain', async () => {
  const { accounts, signIn, secretStore, cloud } = await setupAccounts()
  const account = await signIn()
  expect(account).toEqual({
    id: `${new URL(cloud.url).host} ${ALICE.id}`,
    kind: 'session',
    server: cloud.url,
    state: 'ready',
    personId: ALICE.id,
    name: 'Alice Chen',
    email: ALICE.email,
    teams: [
      { id: ALICES_TEAM_ID, name: "Alice's Team" },
      { id: STUDIO_NORTH_ID, name: 'Studio North' },
    ],
  })
  expect(accounts.list()).toEqual([account])
  expect([...secretStore.entries.keys()]).toEqual([`session ${account.id}`])
})

test('refuses a wrong password, and stores nothing', async () => {
  const { accounts, cloud, secretStore } = await setupAccounts()
  expect(await accounts.signIn(cloud.url, ALICE.email, 'wrong')).toMatchObject({
    ok: false,
    failure: { code: 'login-refused' },
  })
  expect([accounts.list(), secretStore.entries.size]).toEqual([[], 0])
})

test.each(['login', 'getCurrentUser'])('signs in although %s fails once', async (on) => {
  const { accounts, cloud, clock } = await setupAccounts()
  cloud.fail({ on, how: 503 })
  const signedIn = accounts.signIn(cloud.url, ALICE.email, ALICE.password)
  expect(await advanceRetries(clock, signedIn)).toMatchObject({ ok: true, value: { state: 'ready' } })
  expect(cloud.operations.filter(({ name }) => name === on).map(({ status }) => status)).toEqual([503, 200])
})

test.each(['login', 'getCurrentUser'])(
  'repeats %s of a sign-in at a busy server for exactly ten seconds',
  async (on) => {
    for (const [laterMs, isRepeated] of [
      [0, true],
      [1, false],
    ] as const) {
      const { accounts, cloud, clock } = await setupAccounts({}, standingClock())
      // A quarter of a second is added to what the server asks for.
      cloud.fail({ on, how: 429, retryAfterSeconds: 9 })
      const held = cloud.hold(on, 'answer', { times: 1 })
      const signedIn = accounts.signIn(cloud.url, ALICE.email, ALICE.password)
      await held.arrived
      clock.advance(750 + laterMs)
      held.release()
      if (isRepeated) {
        await expect.poll(clock.waits).toEqual([9_250])
        clock.advance(9_250)
      }
      expect((await signedIn).ok).toBe(isRepeated)
    }
  },
)

test('asks before adding another person, not before the first sign-in or a later one of the same', async () => {
  const { accounts, signIn, cloud, asked, newDeviceKey } = await setupAccounts()
  const { id } = await signIn()
  valueOf(await accounts.acceptDeviceKey(cloud.url, await newDeviceKey()))
  valueOf(await accounts.signOut(id))
  await signIn()
  expect(asked).toEqual([])
  // Also when nobody is signed in, since uploads and watched folders of earlier accounts remain.
  for (const account of accounts.list()) valueOf(await accounts.signOut(account.id))
  valueOf(await accounts.signIn(cloud.url, BOB.email, BOB.password))
  expect(asked).toEqual([BOB.email])
})

test('stores nothing of a declined account and ends its session', async () => {
  const { accounts, signIn, cloud, answers, secretStore } = await setupAccounts()
  const { id } = await signIn()
  answers.isConfirmed = false
  const declined = await accounts.signIn(cloud.url, BOB.email, BOB.password)
  expect(declined).toMatchObject({
    ok: false,
    failure: { code: 'sign-in-declined', params: { account: BOB.email } },
  })
  expect([accounts.list().map((account) => account.id), [...secretStore.entries.keys()]]).toEqual([
    [id],
    [`session ${id}`],
  ])
  await expect.poll(() => cloud.operations.at(-1)).toMatchObject({ name: 'logout', status: 200 })
})

test('a sign-in shows at once that the server can’t be reached', async () => {
  const { accounts, cloud } = await setupAccounts()
  cloud.fail({ on: 'login', how: 'cut' })
  expect(await accounts.signIn(cloud.url, ALICE.email, ALICE.password)).toMatchObject({
    failure: { code: 'connection-lost' },
  })
  expect(cloud.operations.map(({ name }) => name)).toEqual(['login'])
})

test.each([500, 'cut'] as const)(
  'logs a declined sign-in whose session could not be ended (%s)',
  async (how) => {
    const { accounts, signIn, cloud, answers, environment } = await setupAccounts()
    await signIn()
    answers.isConfirmed = false
    expect((await accounts.signIn(cloud.url, BOB.email, BOB.password)).ok).toBe(false)
    expect(environment.lines).toEqual([])
    cloud.fail({ on: 'logout', how })
    expect((await accounts.signIn(cloud.url, BOB.email, BOB.password)).ok).toBe(false)
    expect(environment.lines.at(-1)).toMatchObject({
      level: 'warn',
      message: 'could not revoke a session at the server',
    })
  },
)

test('all requests to a server share one client, which knows the difference of its clock', async () => {
  const { accounts, cloud } = await setupAccounts()
  const client = accounts.clientFor(cloud.url)
  expect(accounts.clientFor(cloud.url)).toBe(client)
  expect(accounts.clientFor('https://other.example/api/v1')).not.toBe(client)
})

test('an account whose secret was missing is signed in again after a sign-in that could be stored', async () => {
  const { cloud, database, signIn, start, secretStore } = await setupAccounts()
  const { id } = await signIn()
  secretStore.entries.clear()
  const next = start()
  await next.checkSecret(id)
  const allow = refuseAccounts(database)
  expect((await next.signIn(cloud.url, ALICE.email, ALICE.password)).ok).toBe(false)
  expect(next.list()).toMatchObject([{ id, state: 'signed-out' }])
  allow()
  valueOf(await next.signIn(cloud.url, ALICE.email, ALICE.password))
  expect(next.list()).toMatchObject([{ id, state: 'ready' }])
})
