import { expect, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import { neverAborted, setupAccounts } from '../../support/accounts.ts'
import { valueOf } from '../../support/engine.ts'
import { setupSession } from '../../support/session.ts'

test('does not refresh a session that another process has ended', async () => {
  const { pair, anotherSession, secretStore, refreshes } = await setupSession()
  let hasLeft = false
  const session = anotherSession(undefined, () => hasLeft)
  valueOf(await session.token())
  hasLeft = true
  secretStore.entries.clear()
  expect(await session.renew(pair.access_token)).toMatchObject({ failure: { code: 'signed-out' } })
  expect([secretStore.entries.size, refreshes()]).toEqual([0, []])
})

test('ends no session when a locked keychain looks empty', async () => {
  const { session, pair, secretStore } = await setupSession()
  secretStore.entries.clear()
  expect(await session.renew(pair.access_token)).toMatchObject({ ok: true })
})

test('stores nothing if another process ends the session during a refresh', async () => {
  const { pair, anotherSession, secretStore, cloud } = await setupSession()
  let hasLeft = false
  const session = anotherSession(undefined, () => hasLeft)
  const held = cloud.hold('refresh', 'answer')
  const renewed = session.renew(pair.access_token)
  await held.arrived
  hasLeft = true
  secretStore.entries.clear()
  held.release()
  expect(await renewed).toMatchObject({ failure: { code: 'signed-out' } })
  expect([secretStore.entries.size, await session.token()]).toMatchObject([
    0,
    { failure: { code: 'signed-out' } },
  ])
})

/** A sign-out during a refresh whose answer is held. */
async function signOutDuringRefresh() {
  const harness = await setupAccounts()
  const { accounts, cloud, clock, secretStore, signIn } = harness
  const { id } = await signIn()
  // The access token has less than a minute left.
  clock.advance(59.5 * 60_000)
  const held = cloud.hold('refresh', 'answer')
  const refreshed = accounts.refreshProfile(id, neverAborted)
  await held.arrived
  const gone = Promise.withResolvers<void>()
  const signedOut = accounts.signOut(id, gone.resolve)
  await gone.promise
  expect(secretStore.entries.size).toBe(0)
  return { ...harness, held, refreshed, signedOut }
}

test('a sign-out does not wait for a running refresh, and revokes its pair', async () => {
  const { cloud, held, refreshed, secretStore, signedOut } = await signOutDuringRefresh()
  held.release()
  expect(await signedOut).toEqual(success(undefined))
  await refreshed
  expect(await cloud.ended('logout')).toMatchObject([{ status: 200 }])
  expect(secretStore.entries.size).toBe(0)
})

test('the pair of a refresh that is answered seconds after a sign-out is revoked then', async () => {
  const { clock, cloud, held, refreshed, secretStore, signedOut } = await signOutDuringRefresh()
  await expect.poll(clock.waits).not.toEqual([])
  clock.advance(3_000)
  // The refresh has used up the token.
  expect([await signedOut, await cloud.ended('logout')]).toMatchObject([{ ok: true }, [{ status: 401 }]])
  held.release()
  await refreshed
  expect(await cloud.ended('logout', 2)).toMatchObject([{ status: 401 }, { status: 200 }])
  expect(secretStore.entries.size).toBe(0)
})
