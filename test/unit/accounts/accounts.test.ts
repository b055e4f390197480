import { expect, test } from 'vitest'
import { login } from '../../../electron/cloud/auth.ts'
import { createCloudClient } from '../../../electron/cloud/client.ts'
import { success } from '../../../electron/contract/failures.ts'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { neverAborted, refuseAccounts, setupAccounts } from '../../support/accounts.ts'
import { valueOf } from '../../support/engine.ts'

test('a sign-in that can’t be stored leaves no secret, and its session has ended', async () => {
  const { accounts, cloud, database, secretStore, newDeviceKey, signIn } = await setupAccounts()
  const allow = refuseAccounts(database)
  const failed = { failure: { code: 'journal-trouble' } }
  expect(await accounts.signIn(cloud.url, ALICE.email, ALICE.password)).toMatchObject(failed)
  await cloud.ended('logout')
  expect(await accounts.signInWithKey(cloud.url, await newDeviceKey())).toMatchObject(failed)
  expect([accounts.list(), secretStore.entries.size]).toEqual([[], 0])
  allow()
  expect(await signIn()).toMatchObject({ state: 'ready' })
})

test('a sign-in after a sign-out that can’t be stored leaves no secret', async () => {
  const { accounts, cloud, database, secretStore, signIn } = await setupAccounts()
  await accounts.signOut((await signIn()).id)
  refuseAccounts(database)
  expect(await accounts.signIn(cloud.url, ALICE.email, ALICE.password)).toMatchObject({
    failure: { code: 'journal-trouble' },
  })
  expect(secretStore.entries.size).toBe(0)
})

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

test('a user of the same host whose email and server address have changed is signed in again', async () => {
  const { accountStore, signIn, accounts } = await setupAccounts()
  const account = await signIn()
  // The account has the same id, but another server address.
  const server = account.server.replace('http:', 'https:')
  const former = { ...account, server, email: 'alice@former.example' }
  valueOf(accountStore.save({ ...former, state: 'signed-out' }))
  await signIn()
  expect(accounts.list()).toEqual([account])
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

test.each([
  ['session', 'logout', 'could not revoke a session at the server'],
  ['device', 'revokeOwnDevice', 'could not revoke a device key at the server'],
] as const)('logs a failed revocation (%s)', async (kind, operation, message) => {
  const { accounts, cloud, environment, newDeviceKey, signIn } = await setupAccounts()
  const { id } =
    kind === 'session'
      ? await signIn()
      : valueOf(await accounts.signInWithKey(cloud.url, await newDeviceKey()))
  cloud.fail({ on: operation, how: 500 })
  await accounts.signOut(id)
  expect(environment.lines).toContainEqual(expect.objectContaining({ level: 'warn', message }))
})

test('does not erase the secret of a sign-in that was made meanwhile', async () => {
  const { accountStore, cloud, secretStore, signIn, start } = await setupAccounts()
  const account = await signIn()
  valueOf(accountStore.save({ ...account, state: 'signed-out', hasLeft: true }))
  const next = start()
  const gate = Promise.withResolvers<void>()
  secretStore.beforeCall = (call) => (call.startsWith('get') ? gate.promise : undefined)
  const erased = next.eraseDepartedSecrets(() => true)
  const signedIn = next.signIn(cloud.url, ALICE.email, ALICE.password)
  gate.resolve()
  await erased
  expect(valueOf(await signedIn)).toEqual(account)
  expect([accountStore.list(), secretStore.entries.size]).toEqual([[account], 1])
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

test('a sign-out of which only the last write fails keeps the secret', async () => {
  const { accounts, database, signIn, states, secretStore } = await setupAccounts()
  const { id } = await signIn()
  database.exec(
    `CREATE TRIGGER no_room BEFORE UPDATE ON accounts WHEN new.account LIKE '%signed-out%'
     BEGIN SELECT RAISE(ABORT, 'no room'); END`,
  )
  expect(await accounts.signOut(id)).toMatchObject({ failure: { code: 'journal-trouble' } })
  expect([states(), secretStore.entries.size]).toEqual([['ready'], 1])
})

test('the next start is signed in and shows the server’s current names', async () => {
  const { signIn, start, cloud } = await setupAccounts()
  const account = await signIn()
  const next = start()
  await next.checkSecret(account.id)
  await next.refreshProfile(account.id, neverAborted)
  expect(next.list()).toEqual([account])
  expect(cloud.operations.at(-1)).toMatchObject({ name: 'getCurrentUser', status: 200 })
})

test('shows an account without a secret as signed out at the start', async () => {
  const { signIn, start, secretStore } = await setupAccounts()
  const { id } = await signIn()
  secretStore.entries.clear()
  const next = start()
  await next.checkSecret(id)
  expect(next.list()).toMatchObject([{ id, state: 'signed-out' }])
})

test('an account of an http server on another computer is signed out', async () => {
  const { signIn, start, accountStore, secretStore } = await setupAccounts()
  const account = await signIn()
  accountStore.save({ ...account, server: 'http://core.example/api/v1' })
  const accounts = start()
  expect(accounts.list()).toMatchObject([{ id: account.id, state: 'signed-out' }])
  expect(accounts.accessFor(account.id, ALICES_TEAM_ID)).toMatchObject({ failure: { code: 'signed-out' } })
  expect(await accounts.reloadSecrets()).toBe(false)
  // Its secret is still there, for signing out.
  expect(secretStore.entries.size).toBe(1)
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

test('does not hide an expired sign-in of a user who is still signed in', async () => {
  const { accounts, signIn, cloud } = await setupAccounts()
  const { id } = valueOf(await accounts.signIn(cloud.url, BOB.email, BOB.password))
  await signIn()
  accounts.markSignedOut(id)
  await signIn()
  expect(accounts.list().map(({ hasLeft }) => hasLeft)).toEqual([undefined, undefined])
  // While no account is signed in, the next user may be another one.
  accounts.markSignedOut(accounts.list()[1]?.id ?? '')
  await signIn()
  expect(accounts.list().map(({ hasLeft }) => hasLeft)).toEqual([true, undefined])
})

test('keeps accounts when the server fails, and marks a refused session', async () => {
  const { accounts, signIn, cloud, states, clock } = await setupAccounts()
  const { id } = await signIn()
  cloud.fail({ on: 'getCurrentUser', how: 500 })
  await accounts.refreshProfile(id, neverAborted)
  expect(states()).toEqual(['ready'])
  cloud.endSessions(ALICE.email)
  clock.advance(2 * 3_600_000)
  await accounts.refreshProfile(id, neverAborted)
  expect(states()).toEqual(['signed-out'])
})

test('does not refresh an expired external token', async () => {
  const { accounts, cloud } = await setupAccounts()
  expect(await accounts.useToken(cloud.url, 'a.b.c')).toMatchObject({ failure: { code: 'signed-out' } })
  expect(cloud.operations.map(({ name }) => name)).toEqual(['getCurrentUser'])
})

test('does not send keys of other kinds, even with surrounding spaces', async () => {
  const { accounts, cloud } = await setupAccounts()
  expect(await accounts.useToken(cloud.url, ' sk-live-1\n')).toMatchObject({
    failure: { code: 'key-of-api' },
  })
  expect(cloud.operations).toEqual([])
})

test('an external token replaces the stored sign-in of the same user', async () => {
  const { accounts, signIn, cloud, environment } = await setupAccounts()
  const stored = await signIn()
  const pair = valueOf(await login(createCloudClient(cloud.url, environment), ALICE.email, ALICE.password))
  const given = valueOf(await accounts.useToken(cloud.url, pair.access_token))
  expect([given.id, accounts.list()]).toEqual([stored.id, [given]])
})

test('signs out and reports a keychain that did not erase the secret', async () => {
  const { accounts, signIn, secretStore, states, cloud } = await setupAccounts()
  const { id } = await signIn()
  secretStore.beforeCall = (call) =>
    secretStore.failWith(call.startsWith('delete') ? 'keychain-locked' : null)
  expect(await accounts.signOut(id)).toMatchObject({ ok: false, failure: { code: 'keychain-locked' } })
  expect(states()).toEqual(['signed-out'])
  expect(await cloud.ended('logout')).toMatchObject([{ status: 200 }])
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

test('a new sign-in after a sign-out has a working session', async () => {
  const { accounts, signIn, states, cloud } = await setupAccounts()
  const { id } = await signIn()
  await accounts.signOut(id)
  await signIn()
  cloud.forgetOperations()
  await accounts.refreshProfile(id, neverAborted)
  expect([states(), cloud.operations.map(({ status }) => status)]).toEqual([['ready'], [200]])
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

test('a refused session is signed out, unless the keychain has a newer one of another data folder', async () => {
  const { accounts, signIn, start, cloud } = await setupAccounts()
  const { id } = await signIn()
  const signer = () => valueOf(accounts.accessFor(id, ALICES_TEAM_ID)).signer
  const refused = valueOf(await signer().credential())
  cloud.endSessions(ALICE.email)
  expect(await accounts.isSignedOut(id)).toBe(false)
  expect(await signer().renew(refused)).toMatchObject({ failure: { code: 'signed-out' } })
  expect(await accounts.isSignedOut(id)).toBe(true)
  valueOf(await start().signIn(cloud.url, ALICE.email, ALICE.password))
  expect(await accounts.isSignedOut(id)).toBe(false)
  expect(valueOf(await signer().credential()).token).not.toBe(refused.token)
})

test('a missing account, an expired token from outside and a signed-out account are signed out', async () => {
  const { accounts, signIn, cloud, environment } = await setupAccounts()
  const { id } = await signIn()
  await accounts.signOut(id)
  expect([await accounts.isSignedOut('nobody'), await accounts.isSignedOut(id)]).toEqual([true, true])
  const pair = valueOf(await login(createCloudClient(cloud.url, environment), BOB.email, BOB.password))
  const given = valueOf(await accounts.useToken(cloud.url, pair.access_token))
  expect(await accounts.isSignedOut(given.id)).toBe(true)
})

test('a refused sign-in and one whose token is from outside are signed out, although they have a secret', async () => {
  const { accounts, signIn, start, cloud, environment } = await setupAccounts()
  const { id } = await signIn()
  const pair = valueOf(await login(createCloudClient(cloud.url, environment), ALICE.email, ALICE.password))
  const other = start()
  expect(await other.isSignedOut(id)).toBe(false)
  valueOf(await other.useToken(cloud.url, pair.access_token))
  expect(await other.isSignedOut(id)).toBe(true)
  accounts.markSignedOut(id)
  expect(await start().isSignedOut(id)).toBe(true)
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

test('erases the secret of an http server on another computer without a request to it', async () => {
  const { accountStore, environment, secretStore, signIn, start } = await setupAccounts()
  const account = await signIn()
  const server = 'http://core.example/api/v1'
  valueOf(accountStore.save({ ...account, server, state: 'signed-out', hasLeft: true }))
  const { revoked } = await start().eraseDepartedSecrets(() => true)
  expect([await revoked, secretStore.entries.size, environment.lines]).toEqual([[], 0, []])
})

test('erases the secret of a server that is not known without a request to it', async () => {
  const { accountStore, cloud, secretStore, signIn, start } = await setupAccounts()
  const account = await signIn()
  valueOf(accountStore.save({ ...account, state: 'signed-out', hasLeft: true }))
  cloud.forgetOperations()
  const { revoked } = await start().eraseDepartedSecrets((server) => server !== cloud.url)
  expect([await revoked, secretStore.entries.size, cloud.operations]).toEqual([[], 0, []])
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

test('reports a profile that can’t be stored', async () => {
  const { accounts, database, signIn } = await setupAccounts()
  const { id } = await signIn()
  refuseAccounts(database)
  expect(await accounts.refreshProfile(id, neverAborted)).toMatchObject({
    failure: { code: 'journal-trouble' },
  })
})
