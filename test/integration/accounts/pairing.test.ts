import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, BOBS_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { valueOf } from '../../support/engine.ts'
import { setupPairing } from '../../support/pairing.ts'

const seconds = 1_000

test('shows a code and a page, and signs in once confirmed in the browser', async () => {
  const { app, cloud, start, poll, secretStore, clock } = await setupPairing()
  const pairing = await start()
  expect(pairing).toEqual({
    userCode: expect.stringMatching(/^[A-Z2-9]{4}-[A-Z2-9]{4}$/),
    address: `${cloud.origin}/desktop/pair?user_code=${pairing.userCode}`,
    expiresAtMs: expect.closeTo(clock.now() + 300 * seconds, -4),
    state: 'waiting',
    failure: null,
  })
  await poll()
  expect(app.session()).toMatchObject({ accounts: [], pairing: { state: 'waiting' } })
  cloud.confirmPairing(pairing.userCode, ALICE.email, STUDIO_NORTH_ID)
  await poll()
  const session = await app.until((_snapshot, now) => now.accounts.length > 0 && now)
  expect(session).toMatchObject({
    accounts: [
      {
        id: `${new URL(cloud.url).host} ${ALICE.id} ${STUDIO_NORTH_ID}`,
        kind: 'device',
        email: ALICE.email,
        state: 'ready',
        teams: [{ id: STUDIO_NORTH_ID, name: 'Studio North' }],
      },
    ],
    chosen: { teamId: STUDIO_NORTH_ID },
    pairing: null,
  })
  // The agent key of the response is stored nowhere.
  expect([...secretStore.entries.values()]).toEqual([expect.stringMatching(/^dk-/)])
})

test('registers a file with a device key, without the team header', async () => {
  const { app, cloud, pair, file } = await setupPairing()
  await pair(ALICE.email, STUDIO_NORTH_ID)
  const [id = ''] = await app.add(await file('a.safetensors'))
  expect(await app.settled(id)).toMatchObject({ phase: 'registered', team: { id: STUDIO_NORTH_ID } })
  const register = cloud.operations.find(({ name }) => name === 'registerModel')
  expect(register?.headers).toMatchObject({ authorization: 'Bearer dk' })
  expect(Object.keys(register?.headers ?? {})).not.toContain('x-team-id')
  expect(cloud.modelsOf(STUDIO_NORTH_ID)).toHaveLength(1)
})

test('polls once more after a code has expired, and a new start shows a new code', async () => {
  const { app, start, clock, countOf } = await setupPairing()
  const first = await start()
  clock.advance(301 * seconds)
  await app.until((_snapshot, { pairing }) => pairing?.state === 'over')
  expect([app.session().pairing?.failure?.code, countOf('pollPairing')]).toEqual(['pairing-over', 1])
  const second = await start()
  expect([second.state, second.userCode === first.userCode]).toEqual(['waiting', false])
})

test('ends a pairing whose key was already fetched', async () => {
  const { app, start, poll, cloud } = await setupPairing()
  await start()
  cloud.fail({ on: 'pollPairing', how: 404 })
  await poll()
  await app.until((_snapshot, { pairing }) => pairing?.failure?.code === 'pairing-over')
})

test('shows a lost connection while waiting, and keeps the code valid', async () => {
  const { app, start, poll, cloud } = await setupPairing()
  const { userCode } = await start()
  cloud.fail({ on: 'pollPairing', how: 'cut' })
  await poll()
  await app.until((_snapshot, { pairing }) => pairing?.failure?.code === 'connection-lost')
  expect(app.session().pairing?.state).toBe('waiting')
  cloud.confirmPairing(userCode, ALICE.email, ALICES_TEAM_ID)
  await poll()
  await app.until((_snapshot, { accounts, pairing }) => accounts.length === 1 && pairing === null)
})

test('does not sign in when a cancelled pairing is confirmed', async () => {
  const { app, start, cloud, secretStore, clock, countOf } = await setupPairing()
  const { userCode } = await start()
  expect(valueOf(await app.calls.cancelPairing(undefined)).pairing).toBeNull()
  cloud.confirmPairing(userCode, ALICE.email, ALICES_TEAM_ID)
  clock.advance(10 * seconds)
  expect([countOf('pollPairing'), app.session().accounts, secretStore.entries.size]).toEqual([0, [], 0])
})

test('revokes a key that arrives just after the cancellation', async () => {
  const { app, start, untilPollIsDue, cloud, secretStore, clock } = await setupPairing()
  const { userCode } = await start()
  cloud.confirmPairing(userCode, ALICE.email, ALICES_TEAM_ID)
  const held = cloud.hold('pollPairing', 'answer')
  await untilPollIsDue()
  clock.advance(2 * seconds)
  await held.arrived
  await app.calls.cancelPairing(undefined)
  held.release()
  expect(await cloud.ended('revokeOwnDevice')).toMatchObject([{ status: 200 }])
  expect([app.session().accounts, secretStore.entries.size]).toEqual([[], 0])
})

test('stores the key first, so that the next start can finish the sign-in', async () => {
  const { app, start, poll, cloud, secretStore, open } = await setupPairing()
  cloud.confirmPairing((await start()).userCode, ALICE.email, ALICES_TEAM_ID)
  cloud.fail({ on: 'getCurrentUser', how: 'cut' })
  await poll()
  await app.until((_snapshot, { pairing }) => pairing?.state === 'over')
  expect(app.session()).toMatchObject({ accounts: [], pairing: { failure: { code: 'connection-lost' } } })
  expect([...secretStore.entries]).toEqual([[`device arrival ${cloud.url}`, expect.stringMatching(/^dk-/)]])
  await app.stop()
  const next = await open()
  await next.until((_snapshot, { accounts }) => accounts.length === 1)
  expect(next.session().accounts).toMatchObject([{ kind: 'device', state: 'ready' }])
  expect([...secretStore.entries.keys()]).toEqual([expect.stringMatching(/^device .* 019/)])
})

test('a second attempt finishes the first sign-in without a new code', async () => {
  const { app, start, poll, cloud, countOf } = await setupPairing()
  cloud.confirmPairing((await start()).userCode, ALICE.email, ALICES_TEAM_ID)
  cloud.fail({ on: 'getCurrentUser', how: 503 })
  await poll()
  await app.until((_snapshot, { pairing }) => pairing?.state === 'over')
  const session = valueOf(await app.calls.startPairing(undefined))
  expect([session.accounts.length, session.pairing, countOf('startPairing')]).toEqual([1, null, 1])
})

test('revokes the key when the keychain does not accept it', async () => {
  const { app, start, poll, cloud, secretStore } = await setupPairing()
  cloud.confirmPairing((await start()).userCode, ALICE.email, ALICES_TEAM_ID)
  secretStore.failWith('keychain-absent')
  await poll()
  await app.until((_snapshot, { pairing }) => pairing?.failure?.code === 'keychain-absent')
  expect(await cloud.ended('revokeOwnDevice')).toMatchObject([{ status: 200 }])
  expect(app.session().accounts).toEqual([])
})

test('works with a server that does not report a key’s team', async () => {
  const { app, pair, cloud, start, poll } = await setupPairing()
  cloud.fail({ on: 'getCurrentTeam', how: 404, times: Infinity })
  cloud.confirmPairing((await start()).userCode, ALICE.email, ALICES_TEAM_ID)
  await poll()
  await app.until((_snapshot, { accounts }) => accounts.length === 1)
  expect(app.session().accounts[0]?.teams).toEqual([
    { id: expect.stringMatching(/^key-[0-9a-f]{12}$/), name: 'Alice Chen' },
  ])
  cloud.clearFailures()
  await pair(BOB.email, BOBS_TEAM_ID)
})

test('signing out erases the key and revokes it', async () => {
  const { app, pair, cloud, secretStore } = await setupPairing()
  const { id: accountId } = await pair()
  const session = valueOf(await app.calls.signOut({ accountId }))
  expect(session.accounts).toEqual([])
  expect(await cloud.ended('revokeOwnDevice')).toMatchObject([{ status: 200 }])
  expect([...secretStore.entries.keys()].filter((name) => !name.startsWith('sealed '))).toEqual([])
})

test('reports a sign-out that did not reach the server, and erases the key', async () => {
  const { app, pair, cloud, secretStore } = await setupPairing()
  const { id: accountId } = await pair()
  cloud.fail({ on: 'revokeOwnDevice', how: 'cut' })
  expect(await app.calls.signOut({ accountId })).toMatchObject({
    failure: { code: 'device-not-revoked', params: { host: new URL(cloud.url).host } },
  })
  expect([...secretStore.entries.keys()].filter((name) => !name.startsWith('sealed '))).toEqual([])
  expect(app.session().accounts).toEqual([])
})

test('waits after the key was revoked until the device is paired again', async () => {
  const { app, pair, cloud, file } = await setupPairing()
  const { id: accountId } = await pair()
  cloud.revokeDevices(ALICE.email)
  const [id = ''] = await app.add(await file('a.safetensors'))
  expect(await app.settled(id)).toMatchObject({ phase: 'failed', failure: { code: 'signed-out' } })
  expect(app.session().accounts).toMatchObject([{ id: accountId, state: 'signed-out' }])
  expect((await pair()).id).toBe(accountId)
  await app.phase(id, 'registered')
})

test('pairing for the same team again replaces and revokes the old key', async () => {
  const { pair, cloud, secretStore } = await setupPairing()
  const first = await pair()
  const [before] = secretStore.entries.values()
  const second = await pair()
  expect(second.id).toBe(first.id)
  expect(await cloud.ended('revokeOwnDevice')).toMatchObject([{ status: 200 }])
  expect([secretStore.entries.size, [...secretStore.entries.values()][0] === before]).toEqual([1, false])
})

test('restores the paired device at the start without asking', async () => {
  const { app, pair, open, countOf } = await setupPairing()
  const account = await pair()
  await app.stop()
  const next = await open()
  expect(next.session().accounts).toMatchObject([{ ...account, state: 'ready' }])
  expect(countOf('startPairing')).toBe(1)
})
