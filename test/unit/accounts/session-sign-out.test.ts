import { expect, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { neverAborted, setupAccounts } from '../../support/accounts.ts'
import { valueOf } from '../../support/engine.ts'
import { standingClock } from '../../support/hand-clock.ts'
import { setupSession } from '../../support/session.ts'

test('a request that is running at a sign-out does not use tokens that the keychain did not erase', async () => {
  const { accounts, secretStore, signIn } = await setupAccounts()
  const { id } = await signIn()
  const { signer } = valueOf(accounts.accessFor(id, ALICES_TEAM_ID))
  const credential = valueOf(await signer.credential())
  secretStore.beforeCall = (call) =>
    secretStore.failWith(call.startsWith('delete') ? 'keychain-locked' : null)
  await accounts.signOut(id)
  expect(secretStore.entries.size).toBe(1)
  const signedOut = { failure: { code: 'signed-out' } }
  expect([await signer.credential(), await signer.renew(credential)]).toMatchObject([signedOut, signedOut])
})

test('ends no session when a locked keychain looks empty', async () => {
  const { session, pair, secretStore } = await setupSession()
  secretStore.entries.clear()
  expect(await session.renew(pair.access_token)).toMatchObject({ ok: true })
  expect(session.isSecretMissing()).toBe(false)
})

/** A sign-out during a refresh whose answer is held. */
async function signOutDuringRefresh({ isRefused = false } = {}) {
  const harness = await setupAccounts({}, standingClock())
  const { accounts, cloud, clock, secretStore, signIn } = harness
  const { id } = await signIn()
  // The access token has less than a minute left.
  clock.advance(59.5 * 60_000)
  if (isRefused) cloud.endSessions(ALICE.email)
  const held = cloud.hold('refresh', 'answer')
  const refreshed = accounts.refreshProfile(id, neverAborted)
  await held.arrived
  const gone = Promise.withResolvers<void>()
  const signedOut = accounts.signOut(id, gone.resolve)
  await gone.promise
  expect(secretStore.entries.size).toBe(0)
  const logouts = () => cloud.operations.filter(({ name }) => name === 'logout').map(({ status }) => status)
  /** Resolves once the sign-out has waited long enough for the refresh, and no sooner. */
  async function outwait(): Promise<void> {
    await expect.poll(() => clock.waits()[0]).toBe(3_000)
    clock.advance(2_999)
    expect([clock.waits()[0], logouts()]).toEqual([1, []])
    clock.advance(1)
    expect(await signedOut).toEqual(success(undefined))
  }
  return { ...harness, held, refreshed, signedOut, logouts, outwait }
}

test('a sign-out does not wait for a running refresh, and revokes its pair', async () => {
  const { held, logouts, refreshed, secretStore, signedOut } = await signOutDuringRefresh()
  held.release()
  expect(await signedOut).toEqual(success(undefined))
  await refreshed
  expect([logouts(), secretStore.entries.size]).toEqual([[200], 0])
})

test('the pair of a refresh that is answered three seconds after a sign-out is revoked then', async () => {
  const { cloud, held, logouts, outwait, refreshed, secretStore } = await signOutDuringRefresh()
  await outwait()
  // The refresh has used up the token.
  expect(logouts()).toEqual([401])
  held.release()
  await refreshed
  await cloud.ended('logout', 2)
  expect([logouts(), secretStore.entries.size]).toEqual([[401, 200], 0])
})

test('nothing more is revoked when the refresh is refused after the sign-out', async () => {
  const { held, logouts, outwait, refreshed, signIn } = await signOutDuringRefresh({ isRefused: true })
  await outwait()
  held.release()
  await refreshed
  // The server answers these requests after one that a further sign-out would have sent.
  await signIn()
  expect(logouts()).toEqual([401])
})

test.each(['session', 'device'] as const)(
  'a sign-out of a %s without a secret in the keychain sends nothing to the server',
  async (kind) => {
    const { accounts, cloud, newDeviceKey, secretStore, signIn, start } = await setupAccounts()
    const { id } =
      kind === 'session'
        ? await signIn()
        : valueOf(await accounts.signInWithKey(cloud.url, await newDeviceKey()))
    secretStore.entries.clear()
    cloud.forgetOperations()
    const next = start()
    expect(await next.signOut(id)).toEqual(success(undefined))
    expect([next.list(), cloud.operations]).toMatchObject([[{ state: 'signed-out', hasLeft: true }], []])
  },
)
