import { expect, test } from 'vitest'
import { ALICE, BOB } from '../../cloud/accounts.ts'
import { refuseAccounts, setupAccounts } from '../../support/accounts.ts'
import { valueOf } from '../../support/engine.ts'

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
