import { expect, test } from 'vitest'
import { fixedSigner } from '../../../electron/accounts/signers.ts'
import { login } from '../../../electron/cloud/auth.ts'
import { createCloudClient } from '../../../electron/cloud/client.ts'
import { revokeDevice } from '../../../electron/cloud/pairing.ts'
import { success } from '../../../electron/contract/failures.ts'
import { ALICE } from '../../cloud/accounts.ts'
import { neverAborted, setupAccounts } from '../../support/accounts.ts'
import { valueOf } from '../../support/engine.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { accountId, setupSession } from '../../support/session.ts'

test('does not overwrite a newer pair of another data folder', async () => {
  const { session, pair, anotherSession, storedPair, clock } = await setupSession()
  const older = valueOf(await session.renew(pair.access_token))
  const newer = valueOf(await anotherSession().renew(older))
  clock.advance(61_000)
  expect(valueOf(await session.token())).toBe(older)
  expect(storedPair()['accessToken']).toBe(newer)
})

test('drops an unstored pair once the user signs in again', async () => {
  const { session, pair, secretStore, cloud, storedPair, clock } = await setupSession()
  secretStore.failWith('keychain-locked')
  await session.renew(pair.access_token)
  secretStore.failWith(null)
  const client = createCloudClient(cloud.url, createTestEnvironment(clock))
  const next = valueOf(await login(client, ALICE.email, ALICE.password))
  valueOf(await session.replaceTokens(next))
  clock.advance(61_000)
  expect(valueOf(await session.token())).toBe(next.access_token)
  expect(storedPair()['accessToken']).toBe(next.access_token)
})

test('tries to store a pair in a locked keychain once a minute', async () => {
  const { session, pair, secretStore, clock } = await setupSession(standingClock())
  secretStore.failWith('keychain-locked')
  await session.renew(pair.access_token)
  const writes = () => secretStore.calls.filter((call) => call.startsWith('set')).length
  const before = writes()
  for (const count of [1, 2]) {
    clock.advance(60_000)
    await session.token()
    expect(writes() - before).toBe(count - 1)
    clock.advance(1)
    await Promise.all([session.token(), session.token()])
    expect(writes() - before).toBe(count)
  }
})

test('stores a pair later that was refused while an older one was being stored', async () => {
  const { session, pair, secretStore, storedPair, clock, cloud } = await setupSession()
  secretStore.failWith('keychain-locked')
  const older = valueOf(await session.renew(pair.access_token))
  secretStore.failWith(null)
  const storing = Promise.withResolvers<void>()
  let writes = 0
  secretStore.beforeCall = (call) => {
    if (!call.startsWith('set')) return
    writes += 1
    if (writes === 1) return storing.promise
    secretStore.failWith('keychain-locked')
  }
  clock.advance(61_000)
  const again = session.token()
  await expect.poll(() => writes).toBe(1)
  const renewed = session.renew(older)
  await cloud.ended('refresh', 2)
  // The time limit of the request has ended, so the new pair waits for the older one.
  await expect.poll(() => clock.waits()).toEqual([])
  storing.resolve()
  await again
  const newer = valueOf(await renewed)
  expect([storedPair()['accessToken'], await session.token()]).toEqual([older, success(newer)])
  secretStore.beforeCall = () => {}
  secretStore.failWith(null)
  clock.advance(61_000)
  await session.token()
  expect(storedPair()['accessToken']).toBe(newer)
})

test('a refused pair that the keychain did not accept is not replaced by the older stored one', async () => {
  const { session, pair, secretStore, refreshes } = await setupSession()
  secretStore.beforeCall = (call) => secretStore.failWith(call.startsWith('set') ? 'keychain-locked' : null)
  const token = valueOf(await session.renew(pair.access_token))
  expect(await session.replacementFor(token)).toMatchObject({ failure: { code: 'signed-out' } })
  expect([await session.isRefused(), refreshes()]).toEqual([true, [200]])
})

test.each(['keychain-locked', 'keychain-absent'] as const)(
  'logs a pair that could not be stored (%s)',
  async (code) => {
    const { session, pair, secretStore, environment } = await setupSession()
    secretStore.failWith(code)
    valueOf(await session.renew(pair.access_token))
    expect(environment.lines).toMatchObject([
      { level: 'warn', message: 'could not store a session in the keychain', facts: { accountId, code } },
    ])
  },
)

test('stays signed out although the keychain still has the secret', async () => {
  const { session, pair, secretStore, refreshes } = await setupSession()
  secretStore.beforeCall = (call) =>
    secretStore.failWith(call.startsWith('delete') ? 'keychain-locked' : null)
  await session.end()
  expect(await session.token()).toMatchObject({ failure: { code: 'signed-out' } })
  expect(await session.renew(pair.access_token)).toMatchObject({ failure: { code: 'signed-out' } })
  expect(await session.replacementFor('another token')).toMatchObject({ failure: { code: 'signed-out' } })
  expect([await session.isRefused(), valueOf(await session.end()).secret]).toEqual([true, null])
  expect([secretStore.entries.size, refreshes()]).toEqual([1, []])
})

test('a refresh that ends while a sign-in is being stored does not replace its tokens', async () => {
  const { session, pair, secretStore, storedPair, clock, cloud, signInAgain } = await setupSession()
  const held = cloud.hold('refresh', 'answer')
  const renewed = session.renew(pair.access_token)
  await held.arrived
  const [storing, stored] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  secretStore.beforeCall = (call) => {
    if (!call.startsWith('set')) return
    storing.resolve()
    return stored.promise
  }
  const signedIn = signInAgain()
  await storing.promise
  held.release()
  await cloud.ended('refresh')
  // The time limit of the request has ended, so the older pair waits for the tokens of the sign-in.
  await expect.poll(() => clock.waits()).toEqual([])
  stored.resolve()
  const { access_token: token } = await signedIn
  expect([await renewed, await session.token()]).toEqual([success(token), success(token)])
  expect(storedPair()['accessToken']).toBe(token)
})

test('does not report the secret as missing after a new sign-in', async () => {
  const { anotherSession, pair, secretStore } = await setupSession()
  secretStore.entries.clear()
  const session = anotherSession()
  await session.checkSecret()
  expect(session.isSecretMissing()).toBe(true)
  valueOf(await session.replaceTokens(pair))
  expect(session.isSecretMissing()).toBe(false)
})

test.each(['keychain-absent', 'keychain-slow'] as const)(
  'does not sign in when the keychain refuses the secret (%s), and ends the session',
  async (code) => {
    const { accounts, cloud, secretStore } = await setupAccounts()
    secretStore.failWith(code)
    expect(await accounts.signIn(cloud.url, ALICE.email, ALICE.password)).toMatchObject({ failure: { code } })
    expect(accounts.list()).toEqual([])
    // The server must have received it before a command ends.
    expect(cloud.operations.at(-1)).toMatchObject({ name: 'logout', status: 200 })
  },
)

test('does not end a session that a slow keychain may still store for a known sign-in', async () => {
  const { accounts, cloud, secretStore, signIn } = await setupAccounts()
  await signIn()
  secretStore.failWith('keychain-slow')
  expect((await accounts.signIn(cloud.url, ALICE.email, ALICE.password)).ok).toBe(false)
  expect(cloud.operations.map(({ name }) => name)).not.toContain('logout')
})

test.each(['session', 'device'] as const)(
  'a %s that the server refused stays signed out when the keychain is read again',
  async (kind) => {
    const { accounts, cloud, clock, newDeviceKey, signIn, start, states } = await setupAccounts()
    const key = await newDeviceKey()
    const { id } = kind === 'session' ? await signIn() : valueOf(await accounts.signInWithKey(cloud.url, key))
    if (kind === 'session') cloud.endSessions(ALICE.email)
    else
      valueOf(
        await revokeDevice(accounts.clientFor(cloud.url), fixedSigner({ kind, token: key }), neverAborted),
      )
    clock.advance(2 * 3_600_000)
    await accounts.refreshProfile(id, neverAborted)
    expect(states()).toEqual(['signed-out'])
    expect([await accounts.reloadSecrets(), await start().reloadSecrets()]).toEqual([false, false])
    expect(states()).toEqual(['signed-out'])
  },
)
