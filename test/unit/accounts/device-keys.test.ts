import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { neverAborted, setupAccounts } from '../../support/accounts.ts'
import { valueOf } from '../../support/engine.ts'

async function setup() {
  const harness = await setupAccounts()
  const { accounts, cloud, newDeviceKey } = harness
  return {
    ...harness,
    pair: async () => valueOf(await accounts.acceptDeviceKey(cloud.url, await newDeviceKey())),
  }
}

test('a start keeps the team of a device key, which the profile does not name', async () => {
  const { pair, start } = await setup()
  const account = await pair()
  const next = start()
  await next.refreshProfile(account.id, neverAborted)
  expect(next.list()).toEqual([account])
  expect(account.teams.map(({ id }) => id)).toEqual([ALICES_TEAM_ID])
})

test('a refused device key stays signed out after the keychain was unlocked', async () => {
  const { pair, start, secretStore, cloud } = await setup()
  const { id } = await pair()
  const kept = [...secretStore.entries]
  secretStore.entries.clear()
  const next = start()
  await next.checkSecret(id)
  expect(next.list()).toMatchObject([{ id, state: 'signed-out' }])
  for (const [name, secret] of kept) secretStore.entries.set(name, secret)
  expect(await next.reloadSecrets()).toBe(true)
  cloud.revokeDevices(ALICE.email)
  await next.refreshProfile(id, neverAborted)
  expect(start().list()).toMatchObject([{ id, state: 'signed-out' }])
})

test('a missing device key is signed out until the next start only', async () => {
  const { pair, start, secretStore } = await setup()
  const { id } = await pair()
  secretStore.entries.clear()
  const next = start()
  await next.refreshProfile(id, neverAborted)
  expect([next.list(), start().list()]).toMatchObject([[{ state: 'signed-out' }], [{ id, state: 'ready' }]])
})

test('does not report the key as missing after a new sign-in', async () => {
  const { pair, start, secretStore, cloud, newDeviceKey } = await setup()
  const { id } = await pair()
  secretStore.entries.clear()
  const next = start()
  await next.checkSecret(id)
  valueOf(await next.signInWithKey(cloud.url, await newDeviceKey()))
  expect(next.list()).toMatchObject([{ id, state: 'ready' }])
  cloud.revokeDevices(ALICE.email)
  next.markSignedOut(id)
  expect(start().list()).toMatchObject([{ id, state: 'signed-out' }])
})

test('a device key that was replaced with another data folder is read again instead of signing out', async () => {
  const { pair, accounts, start, cloud, newDeviceKey, secretStore } = await setup()
  const { id } = await pair()
  const other = start()
  valueOf(await other.acceptDeviceKey(cloud.url, await newDeviceKey()))
  expect(await cloud.ended('revokeOwnDevice')).toMatchObject([{ status: 200 }])
  const reads = () => secretStore.calls.filter((call) => call.startsWith('get')).length
  await accounts.refreshProfile(id, neverAborted)
  expect(accounts.list()).toMatchObject([{ id, state: 'ready' }])
  const before = reads()
  await accounts.refreshProfile(id, neverAborted)
  expect([accounts.list(), reads()]).toMatchObject([[{ id, state: 'ready' }], before])
})

test('a key that was signed out is not used once another data folder has paired again', async () => {
  const { pair, accounts, start, cloud, newDeviceKey } = await setup()
  const { id } = await pair()
  valueOf(await accounts.signOut(id))
  valueOf(await start().acceptDeviceKey(cloud.url, await newDeviceKey()))
  cloud.forgetOperations()
  await accounts.refreshProfile(id, neverAborted)
  expect(cloud.operations.map(({ name, status }) => [name, status])).toEqual([['getCurrentUser', 200]])
})

test('a late 401 for the key before a sign-in does not sign out the new key', async () => {
  const { pair, accounts, cloud, newDeviceKey, secretStore } = await setup()
  const { id } = await pair()
  cloud.fail({ on: 'getCurrentUser', how: 401 })
  const held = cloud.hold('getCurrentUser', 'answer', { times: 1 })
  const refreshed = accounts.refreshProfile(id, neverAborted)
  await held.arrived
  valueOf(await accounts.signInWithKey(cloud.url, await newDeviceKey()))
  secretStore.failWith('keychain-locked')
  held.release()
  await refreshed
  expect(accounts.list()).toMatchObject([{ id, state: 'ready' }])
  expect(await accounts.isSignedOut(id)).toBe(false)
})

test('a rejected key is signed out until the user pairs again', async () => {
  const { pair, accounts, start, cloud, newDeviceKey } = await setup()
  const { id } = await pair()
  cloud.revokeDevices(ALICE.email)
  const { signer } = valueOf(accounts.accessFor(id, ALICES_TEAM_ID))
  const refused = valueOf(await signer.credential())
  expect(await accounts.isSignedOut(id)).toBe(false)
  expect(await signer.renew(refused)).toMatchObject({ failure: { code: 'signed-out' } })
  expect(await accounts.isSignedOut(id)).toBe(true)
  valueOf(await start().acceptDeviceKey(cloud.url, await newDeviceKey()))
  expect(await accounts.isSignedOut(id)).toBe(false)
})

test('a sign-in with a key that was refused before counts as signed in', async () => {
  const { accounts, cloud, newDeviceKey } = await setup()
  const key = await newDeviceKey()
  const { id } = valueOf(await accounts.signInWithKey(cloud.url, key))
  cloud.fail({ on: 'getCurrentUser', how: 401 })
  await accounts.refreshProfile(id, neverAborted)
  expect(await accounts.isSignedOut(id)).toBe(true)
  valueOf(await accounts.signInWithKey(cloud.url, key))
  expect(await accounts.isSignedOut(id)).toBe(false)
})

test('keeps a pending key for the next start when it can’t be stored', async () => {
  const { accounts, start, secretStore, cloud, newDeviceKey } = await setup()
  const key = await newDeviceKey()
  secretStore.beforeCall = (call) =>
    secretStore.failWith(/^set device (?!arrival)/.test(call) ? 'keychain-locked' : null)
  expect(await accounts.acceptDeviceKey(cloud.url, key)).toMatchObject({
    failure: { code: 'keychain-locked' },
  })
  expect([accounts.list(), [...secretStore.entries.values()]]).toEqual([[], [key]])
  secretStore.beforeCall = () => secretStore.failWith(null)
  expect(await start().finishPendingKey(cloud.url)).toMatchObject({ ok: true, value: { state: 'ready' } })
  expect([...secretStore.entries.keys()]).toEqual([expect.stringContaining(ALICE.id)])
})

test('a pairing does not revoke the key of an unfinished one, with which a sign-in may be running', async () => {
  const { accounts, secretStore, cloud, newDeviceKey } = await setup()
  const [earlier, later] = [await newDeviceKey(), await newDeviceKey()]
  secretStore.entries.set(`device arrival ${cloud.url}`, earlier)
  valueOf(await accounts.acceptDeviceKey(cloud.url, later))
  expect([...secretStore.entries.values()]).toEqual([later])
  expect(await accounts.signInWithKey(cloud.url, earlier)).toMatchObject({ ok: true })
})

test('finishing an earlier pairing keeps the unfinished key of a later one', async () => {
  const { accounts, secretStore, cloud, newDeviceKey } = await setup()
  const [earlier, later] = [await newDeviceKey(), await newDeviceKey()]
  const name = `device arrival ${cloud.url}`
  secretStore.entries.set(name, earlier)
  const held = cloud.hold('getCurrentUser')
  const finishing = accounts.finishPendingKey(cloud.url)
  await held.arrived
  secretStore.entries.set(name, later)
  held.release()
  expect(await finishing).toMatchObject({ ok: true })
  expect(secretStore.entries.get(name)).toBe(later)
})

test('signing in again with the same key does not revoke it', async () => {
  const { accounts, cloud, newDeviceKey } = await setup()
  const key = await newDeviceKey()
  valueOf(await accounts.signInWithKey(cloud.url, key))
  const { id } = valueOf(await accounts.signInWithKey(cloud.url, key))
  await accounts.refreshProfile(id, neverAborted)
  expect(cloud.operations.filter(({ name }) => name === 'revokeOwnDevice')).toEqual([])
  expect(accounts.list()).toMatchObject([{ state: 'ready' }])
})

test('revokes the key and reports a keychain that did not erase it', async () => {
  const { accounts, pair, secretStore, cloud } = await setup()
  const { id } = await pair()
  secretStore.beforeCall = (call) =>
    secretStore.failWith(call.startsWith('delete') ? 'keychain-locked' : null)
  expect(await accounts.signOut(id)).toMatchObject({ failure: { code: 'keychain-locked' } })
  expect(accounts.list()).toMatchObject([{ state: 'signed-out', hasLeft: true }])
  expect(cloud.operations.at(-1)).toMatchObject({ name: 'revokeOwnDevice', status: 200 })
})

test('does not send a stored key that is not one', async () => {
  const { pair, start, secretStore, cloud } = await setup()
  const { id } = await pair()
  const [[name = ''] = []] = [...secretStore.entries]
  secretStore.entries.set(name, 'dk-a\r\nX: y')
  cloud.forgetOperations()
  const next = start()
  await next.refreshProfile(id, neverAborted)
  expect(next.list()).toMatchObject([{ id, state: 'signed-out' }])
  expect(cloud.operations).toEqual([])
})

test('revokes the key of a declined pairing, but not a pasted one', async () => {
  const { accounts, cloud, answers, newDeviceKey, secretStore } = await setup()
  valueOf(await accounts.signIn(cloud.url, BOB.email, BOB.password))
  answers.isConfirmed = false
  const before = [...secretStore.entries]
  const declined = { ok: false, failure: { code: 'sign-in-declined', params: { account: ALICE.email } } }
  const revocations = () => cloud.operations.filter(({ name }) => name === 'revokeOwnDevice')
  expect(await accounts.signInWithKey(cloud.url, await newDeviceKey())).toMatchObject(declined)
  expect(revocations()).toEqual([])
  expect(await accounts.acceptDeviceKey(cloud.url, await newDeviceKey())).toMatchObject(declined)
  await expect.poll(revocations).toMatchObject([{ status: 200 }])
  expect([accounts.list().map(({ email }) => email), [...secretStore.entries]]).toEqual([[BOB.email], before])
  expect(await accounts.finishPendingKey(cloud.url)).toBeNull()
})

test('does not send a damaged key of an earlier pairing', async () => {
  const { accounts, cloud, secretStore } = await setup()
  secretStore.entries.set(`device arrival ${cloud.url}`, 'dk-a\r\nX: y')
  expect([await accounts.finishPendingKey(cloud.url), cloud.operations]).toEqual([null, []])
})

test('finishes an earlier pairing only once the keychain is unlocked', async () => {
  const { accounts, cloud, newDeviceKey, secretStore } = await setup()
  secretStore.entries.set(`device arrival ${cloud.url}`, await newDeviceKey())
  secretStore.failWith('keychain-locked')
  expect(await accounts.finishPendingKey(cloud.url)).toBeNull()
  secretStore.failWith(null)
  expect(await accounts.finishPendingKey(cloud.url)).toMatchObject({ ok: true, value: { state: 'ready' } })
})

test('a server that does not report a key’s team gives the key the only team of its user', async () => {
  const { accounts, cloud, newDeviceKey } = await setup()
  cloud.fail({ on: 'getCurrentTeam', how: 404, times: Infinity })
  const key = await newDeviceKey()
  cloud.removeMember(ALICE.email, STUDIO_NORTH_ID)
  expect(valueOf(await accounts.signInWithKey(cloud.url, key)).teams).toEqual([
    { id: ALICES_TEAM_ID, name: "Alice's Team" },
  ])
})

test('a check that is aborted while the keychain is read does not sign out the account', async () => {
  const { accounts, pair, cloud, secretStore } = await setup()
  const { id } = await pair()
  cloud.revokeDevices(ALICE.email)
  const closing = new AbortController()
  secretStore.beforeCall = () => closing.abort()
  await expect(accounts.refreshProfile(id, closing.signal)).rejects.toThrow('aborted')
  expect(accounts.list()).toMatchObject([{ id, state: 'ready' }])
})

test('tells a missing key from one that a locked keychain does not return', async () => {
  const { pair, start, secretStore } = await setup()
  const { id } = await pair()
  const next = start()
  secretStore.failWith('keychain-locked')
  expect(await next.isSignedOut(id)).toBe(false)
  await next.checkSecret(id)
  expect(next.list()).toMatchObject([{ id, state: 'ready' }])
  secretStore.failWith(null)
  secretStore.entries.clear()
  expect(await next.isSignedOut(id)).toBe(true)
  await next.checkSecret(id)
  expect(next.list()).toMatchObject([{ id, state: 'signed-out' }])
})
