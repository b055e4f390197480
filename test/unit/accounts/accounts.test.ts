import { expect, test } from 'vitest'
import { login } from '../../../electron/cloud/auth.ts'
import { createCloudClient } from '../../../electron/cloud/client.ts'
import { success } from '../../../electron/contract/failures.ts'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { neverAborted, refuseAccounts, setupAccounts } from '../../support/accounts.ts'
import { valueOf } from '../../support/engine.ts'

test('a device key that could not be stored as a sign-in is erased, also at the second attempt', async () => {
  const { accounts, cloud, database, secretStore, newDeviceKey } = await setupAccounts()
  refuseAccounts(database)
  for (const key of [await newDeviceKey(), await newDeviceKey()])
    expect((await accounts.signInWithKey(cloud.url, key)).ok).toBe(false)
  expect(secretStore.entries.size).toBe(0)
})

test('revokes a device key that was replaced although the sign-in could not be stored', async () => {
  const { accounts, cloud, database, newDeviceKey } = await setupAccounts()
  valueOf(await accounts.signInWithKey(cloud.url, await newDeviceKey()))
  refuseAccounts(database)
  expect((await accounts.signInWithKey(cloud.url, await newDeviceKey())).ok).toBe(false)
  expect(await cloud.ended('revokeOwnDevice')).toMatchObject([{ status: 200 }])
})

test.each([
  ['session', 'logout'],
  ['device', 'revokeOwnDevice'],
] as const)('erases and revokes the secret (%s) of a sign-out that was cut off', async (kind, operation) => {
  const { accounts, accountStore, cloud, secretStore, newDeviceKey, signIn, start } = await setupAccounts()
  const account =
    kind === 'session'
      ? await signIn()
      : valueOf(await accounts.signInWithKey(cloud.url, await newDeviceKey()))
  valueOf(accountStore.save({ ...account, state: 'signed-out', hasLeft: true }))
  const { revoked } = await start().eraseDepartedSecrets(() => true)
  expect(secretStore.entries.size).toBe(0)
  await revoked
  expect(cloud.operations.at(-1)).toMatchObject({ name: operation, status: 200 })
})

test('does not erase the secret of a sign-in that was made meanwhile, here or in another process', async () => {
  const { accountStore, cloud, secretStore, signIn, start } = await setupAccounts()
  const account = await signIn()
  for (const place of ['here', 'elsewhere'] as const) {
    valueOf(accountStore.save({ ...account, state: 'signed-out', hasLeft: true }))
    const next = start()
    const gate = Promise.withResolvers<void>()
    secretStore.beforeCall = (call) => (call.startsWith('get') ? gate.promise : undefined)
    const erased = next.eraseDepartedSecrets(() => true)
    const by = place === 'here' ? next : start()
    const signedIn = by.signIn(cloud.url, ALICE.email, ALICE.password)
    if (place === 'elsewhere') valueOf(await signedIn)
    gate.resolve()
    await erased
    expect(valueOf(await signedIn)).toEqual(account)
    expect([accountStore.list(), secretStore.entries.size]).toEqual([[account], 1])
  }
})

test('a sign-out that can’t be stored changes nothing, and can be repeated', async () => {
  const { accounts, database, signIn, states, secretStore } = await setupAccounts()
  const { id } = await signIn()
  const allow = refuseAccounts(database)
  let hasSignedOut = false
  const signOut = () => accounts.signOut(id, () => (hasSignedOut = true))
  expect(await signOut()).toMatchObject({ failure: { code: 'journal-trouble' } })
  expect([states(), secretStore.entries.size, hasSignedOut]).toEqual([['ready'], 1, false])
  allow()
  expect(await signOut()).toEqual(success(undefined))
  expect([states(), secretStore.entries.size, hasSignedOut]).toEqual([['signed-out'], 0, true])
})

test('signing out erases the secret at once, keeps the account, and notifies the server', async () => {
  const { accounts, signIn, secretStore, states, cloud } = await setupAccounts()
  const { id } = await signIn()
  const held = cloud.hold('logout')
  const gone = Promise.withResolvers<void>()
  const done = accounts.signOut(id, gone.resolve)
  await gone.promise
  expect([secretStore.entries.size, states()]).toEqual([0, ['signed-out']])
  expect(accounts.accessFor(id, ALICES_TEAM_ID)).toMatchObject({ failure: { code: 'signed-out' } })
  held.release()
  // The server must have received the sign-out before a command ends.
  expect([await done, cloud.operations.at(-1)?.name]).toEqual([success(undefined), 'logout'])
})

test('a missing secret signs out the account in this process only', async () => {
  const { signIn, start, secretStore, accounts, cloud } = await setupAccounts()
  const { id } = await signIn()
  const kept = [...secretStore.entries]
  secretStore.entries.clear()
  const next = start()
  // Any of the three can detect it first.
  await next.checkSecret(id)
  await next.refreshProfile(id, neverAborted)
  next.markSignedOut(id)
  expect([next.list(), accounts.list()]).toMatchObject([[{ state: 'signed-out' }], [{ state: 'ready' }]])
  for (const [name, secret] of kept) secretStore.entries.set(name, secret)
  expect([await next.reloadSecrets(), next.list()]).toMatchObject([true, [{ state: 'ready' }]])
  cloud.endSessions(ALICE.email)
  await accounts.reloadSecrets()
  accounts.markSignedOut(id)
  expect(start().list()).toMatchObject([{ state: 'signed-out' }])
})

test('does not sign out accounts when the keychain is locked at the start', async () => {
  const { signIn, start, secretStore } = await setupAccounts()
  const { id } = await signIn()
  secretStore.failWith('keychain-locked')
  const next = start()
  await next.checkSecret(id)
  expect(next.list()).toMatchObject([{ id, state: 'ready' }])
})

test('an external token signs in without using the keychain or the disk', async () => {
  const { accounts, start, cloud, secretStore, environment } = await setupAccounts()
  const pair = valueOf(await login(createCloudClient(cloud.url, environment), ALICE.email, ALICE.password))
  const account = valueOf(await accounts.useToken(cloud.url, pair.access_token))
  expect(accounts.list()).toEqual([account])
  expect(accounts.accessFor(account.id, ALICES_TEAM_ID)).toMatchObject({ value: { kind: 'session' } })
  expect([secretStore.calls, start().list()]).toEqual([[], []])
})

test('an external token replaces the stored sign-in of the same user', async () => {
  const { accounts, signIn, cloud, environment } = await setupAccounts()
  const stored = await signIn()
  const pair = valueOf(await login(createCloudClient(cloud.url, environment), ALICE.email, ALICE.password))
  const given = valueOf(await accounts.useToken(cloud.url, pair.access_token))
  expect([given.id, accounts.list()]).toEqual([stored.id, [given]])
})

test('a sign-out during the profile request stays effective', async () => {
  const { accounts, signIn, cloud, states } = await setupAccounts()
  const { id } = await signIn()
  const held = cloud.hold('getCurrentUser', 'answer')
  const refreshed = accounts.refreshProfile(id, neverAborted)
  await held.arrived
  await accounts.signOut(id)
  held.release()
  await refreshed
  expect([states(), accounts.list()[0]?.hasLeft]).toEqual([['signed-out'], true])
})

test('a late 401 for the session before a sign-out does not end the session of the next sign-in', async () => {
  const { accounts, signIn, cloud, states } = await setupAccounts()
  const { id } = await signIn()
  cloud.fail({ on: 'getCurrentUser', how: 401 })
  const held = cloud.hold('getCurrentUser', 'answer', { times: 1 })
  const refreshed = accounts.refreshProfile(id, neverAborted)
  await held.arrived
  await accounts.signOut(id)
  await signIn()
  held.release()
  await refreshed
  expect([states(), await accounts.isSignedOut(id)]).toEqual([['ready'], false])
})

test('a refresh that is refused after a new sign-in does not end the new session', async () => {
  const { accounts, signIn, start, cloud, states, clock } = await setupAccounts()
  const { id } = await signIn()
  cloud.endSessions(ALICE.email)
  clock.advance(3_600_000)
  const held = cloud.hold('refresh', 'answer')
  const refreshed = accounts.refreshProfile(id, neverAborted)
  await held.arrived
  await signIn()
  held.release()
  await refreshed
  expect([states(), await accounts.isSignedOut(id)]).toEqual([['ready'], false])
  // The new tokens are those in the keychain.
  const next = start()
  await next.refreshProfile(id, neverAborted)
  expect(next.list()).toMatchObject([{ state: 'ready' }])
})

test('a secret left in the keychain after a sign-out is not used', async () => {
  const { accounts, signIn, start, secretStore, states } = await setupAccounts()
  const { id } = await signIn()
  secretStore.beforeCall = (call) =>
    secretStore.failWith(call.startsWith('delete') ? 'keychain-locked' : null)
  await accounts.signOut(id)
  expect(secretStore.entries.size).toBe(1)
  expect([await accounts.reloadSecrets(), await start().reloadSecrets()]).toEqual([false, false])
  expect(states()).toEqual(['signed-out'])
})

test('an external token does not change the stored sign-in of the same user', async () => {
  const { accounts, signIn, start, cloud, environment, secretStore } = await setupAccounts()
  const stored = await signIn()
  const { access_token: token } = valueOf(
    await login(createCloudClient(cloud.url, environment), ALICE.email, ALICE.password),
  )
  const next = start()
  await next.useToken(cloud.url, token)
  const calls = secretStore.calls.length
  cloud.forgetOperations()
  await next.refreshProfile(stored.id, neverAborted)
  await next.checkSecret(stored.id)
  next.markSignedOut(stored.id)
  expect([secretStore.calls.length, cloud.operations, next.list()]).toEqual([calls, [], [stored]])
  expect(await next.signOut(stored.id)).toEqual(success(undefined))
  expect([next.list(), accounts.list(), cloud.operations]).toEqual([[stored], [stored], []])
})

test('a user has a stored sign-in until the sign-out, and none by a token from outside', async () => {
  const { accounts, cloud, signIn, start, newDeviceKey } = await setupAccounts()
  const other = start()
  const alice = { server: `${cloud.url}/`, personId: ALICE.id }
  valueOf(await other.useToken(cloud.url, await newDeviceKey()))
  expect(other.hasStoredSignIn(alice)).toBe(false)
  const { id } = await signIn()
  expect(other.hasStoredSignIn(alice)).toBe(true)
  expect(other.hasStoredSignIn({ ...alice, personId: BOB.id })).toBe(false)
  valueOf(await accounts.signOut(id))
  expect(other.hasStoredSignIn(alice)).toBe(false)
})

test('what happens to the uploads of a user is decided for all sign-ins that have ended', async () => {
  const { accounts, accountStore, cloud, newDeviceKey, signIn } = await setupAccounts()
  const bob = valueOf(await accounts.signIn(cloud.url, BOB.email, BOB.password))
  const devices = [await newDeviceKey(), await newDeviceKey(STUDIO_NORTH_ID)]
  const [device, expired] = [
    valueOf(await accounts.signInWithKey(cloud.url, devices[0] ?? '')),
    valueOf(await accounts.signInWithKey(cloud.url, devices[1] ?? '')),
  ]
  const session = await signIn()
  valueOf(accountStore.save({ ...expired, state: 'signed-out' }))
  valueOf(await accounts.signOut(bob.id, undefined, 'removed'))
  valueOf(await accounts.signOut(device.id, undefined, 'removed'))
  const decided = () => [bob, device, expired, session].map(({ id }) => dataOf(id))
  const dataOf = (id: string) => accounts.list().find((account) => account.id === id)?.data
  expect(decided()).toEqual(['removed', 'removed', undefined, undefined])
  valueOf(await accounts.signOut(session.id, undefined, 'kept'))
  expect(decided()).toEqual(['removed', 'kept', undefined, 'kept'])
  // Without a decision everything is encrypted.
  await signIn()
  valueOf(await accounts.signOut(session.id))
  expect(decided()).toEqual(['removed', undefined, undefined, undefined])
})

test('does not restore an account whose user signs out while the keychain is read', async () => {
  const { accounts, accountStore, cloud, secretStore, newDeviceKey, start } = await setupAccounts()
  const account = valueOf(await accounts.signInWithKey(cloud.url, await newDeviceKey()))
  const kept = [...secretStore.entries]
  secretStore.entries.clear()
  const next = start()
  await next.checkSecret(account.id)
  for (const [name, secret] of kept) secretStore.entries.set(name, secret)
  const departed = { ...account, state: 'signed-out', hasLeft: true } as const
  secretStore.beforeCall = () => void valueOf(accountStore.save(departed))
  expect(await next.reloadSecrets()).toBe(false)
  expect(next.list()).toEqual([departed])
})
