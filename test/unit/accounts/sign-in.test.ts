import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { refuseAccounts, setupAccounts } from '../../support/accounts.ts'
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
