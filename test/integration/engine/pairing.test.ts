import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, BOBS_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { setup as setupWorld, valueOf, type EngineOptions } from '../../support/engine.ts'

const seconds = 1_000

/** A world in which nobody is signed in, and what a person does with a code. */
async function setup(options: EngineOptions = {}) {
  const world = await setupWorld({ as: null, ...options })
  const { app, cloud, clock } = world
  const start = async () => {
    const { pairing } = valueOf(await app.calls.startPairing(undefined))
    if (!pairing) throw new Error('there is no pairing')
    return pairing
  }
  /** Lets the next poll go out and waits for its answer. */
  const poll = async () => {
    await expect.poll(() => clock.waits().length).toBe(1)
    const before = world.countOf('pollPairing')
    clock.advance(clock.waits()[0] ?? 0)
    await cloud.ended('pollPairing', before + 1)
  }
  return {
    ...{ ...world, start, poll },
    async pair(email = ALICE.email, teamId = ALICES_TEAM_ID) {
      cloud.confirmPairing((await start()).userCode, email, teamId)
      await poll()
      return app.until((_snapshot, session) =>
        session.accounts.find(
          ({ kind, state, teams }) => kind === 'device' && state === 'ready' && teams[0]?.id === teamId,
        ),
      )
    },
  }
}

test('a pairing shows its code and its page, and confirmed in the browser it is a sign-in for that team', async () => {
  const { app, cloud, start, poll, vault, clock } = await setup()
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
        ...{ kind: 'device', email: ALICE.email, state: 'ready' },
        teams: [{ id: STUDIO_NORTH_ID, name: 'Studio North' }],
      },
    ],
    chosen: { teamId: STUDIO_NORTH_ID },
    pairing: null,
  })
  // The agent's key that came with it is nowhere.
  expect([...vault.kept.values()]).toEqual([expect.stringMatching(/^dk-/)])
})

test('a file goes to the library by a device key, without the team’s header', async () => {
  const { app, cloud, pair, file } = await setup()
  await pair(ALICE.email, STUDIO_NORTH_ID)
  const [id = ''] = await app.add(await file('a.safetensors'))
  expect(await app.settled(id)).toMatchObject({ phase: 'registered', team: { id: STUDIO_NORTH_ID } })
  const register = cloud.operations.find(({ name }) => name === 'registerModel')
  expect(register?.headers).toMatchObject({ authorization: 'Bearer dk' })
  expect(Object.keys(register?.headers ?? {})).not.toContain('x-team-id')
  expect(cloud.modelsOf(STUDIO_NORTH_ID)).toHaveLength(1)
})

test('a code that has run out says so, and a new start brings a new one', async () => {
  const { app, start, clock } = await setup()
  const first = await start()
  clock.advance(301 * seconds)
  await app.until((_snapshot, { pairing }) => pairing?.state === 'over')
  expect(app.session().pairing?.failure?.code).toBe('pairing-over')
  const second = await start()
  expect([second.state, second.userCode === first.userCode]).toEqual(['waiting', false])
})

test('a pairing that somebody else has fetched is over', async () => {
  const { app, start, poll, cloud } = await setup()
  await start()
  cloud.fail({ on: 'pollPairing', how: 404 })
  await poll()
  await app.until((_snapshot, { pairing }) => pairing?.failure?.code === 'pairing-over')
})

test('a line that drops while waiting is told, and the code goes on being good', async () => {
  const { app, start, poll, cloud } = await setup()
  const { userCode } = await start()
  cloud.fail({ on: 'pollPairing', how: 'cut' })
  await poll()
  await app.until((_snapshot, { pairing }) => pairing?.failure?.code === 'connection-lost')
  expect(app.session().pairing?.state).toBe('waiting')
  cloud.confirmPairing(userCode, ALICE.email, ALICES_TEAM_ID)
  await poll()
  await app.until((_snapshot, { accounts, pairing }) => accounts.length === 1 && pairing === null)
})

test('a cancelled pairing is gone, and what is confirmed afterwards comes to nothing', async () => {
  const { app, start, cloud, vault, clock, countOf } = await setup()
  const { userCode } = await start()
  expect(valueOf(await app.calls.cancelPairing(undefined)).pairing).toBeNull()
  cloud.confirmPairing(userCode, ALICE.email, ALICES_TEAM_ID)
  clock.advance(10 * seconds)
  expect([countOf('pollPairing'), app.session().accounts, vault.kept.size]).toEqual([0, [], 0])
})

test('a key that arrives just after the cancel is revoked', async () => {
  const { app, start, cloud, vault, clock } = await setup()
  const { userCode } = await start()
  cloud.confirmPairing(userCode, ALICE.email, ALICES_TEAM_ID)
  const held = cloud.hold('pollPairing', 'answer')
  await expect.poll(() => clock.waits().length).toBe(1)
  clock.advance(2 * seconds)
  await held.arrived
  await app.calls.cancelPairing(undefined)
  held.release()
  expect(await cloud.ended('revokeOwnDevice')).toMatchObject([{ status: 200 }])
  expect([app.session().accounts, vault.kept.size]).toEqual([[], 0])
})

test('the key is stored before anything else, and the next start finishes what a lost line left', async () => {
  const { app, start, poll, cloud, vault, open } = await setup()
  cloud.confirmPairing((await start()).userCode, ALICE.email, ALICES_TEAM_ID)
  cloud.fail({ on: 'getCurrentUser', how: 'cut' })
  await poll()
  await app.until((_snapshot, { pairing }) => pairing?.state === 'over')
  expect(app.session()).toMatchObject({ accounts: [], pairing: { failure: { code: 'connection-lost' } } })
  expect([...vault.kept]).toEqual([[`device arrival ${cloud.url}`, expect.stringMatching(/^dk-/)]])
  await app.stop()
  const next = await open()
  await next.until((_snapshot, { accounts }) => accounts.length === 1)
  expect(next.session().accounts).toMatchObject([{ kind: 'device', state: 'ready' }])
  expect([...vault.kept.keys()]).toEqual([expect.stringMatching(/^device .* 019/)])
})

test('a second try finishes the sign-in that the first one was handed, without a new code', async () => {
  const { app, start, poll, cloud, countOf } = await setup()
  cloud.confirmPairing((await start()).userCode, ALICE.email, ALICES_TEAM_ID)
  cloud.fail({ on: 'getCurrentUser', how: 503 })
  await poll()
  await app.until((_snapshot, { pairing }) => pairing?.state === 'over')
  const session = valueOf(await app.calls.startPairing(undefined))
  expect([session.accounts.length, session.pairing, countOf('startPairing')]).toEqual([1, null, 1])
})

test('a keychain that takes nothing has the key revoked, since it would be lost', async () => {
  const { app, start, poll, cloud, vault } = await setup()
  cloud.confirmPairing((await start()).userCode, ALICE.email, ALICES_TEAM_ID)
  vault.breakWith('keychain-absent')
  await poll()
  await app.until((_snapshot, { pairing }) => pairing?.failure?.code === 'keychain-absent')
  expect(await cloud.ended('revokeOwnDevice')).toMatchObject([{ status: 200 }])
  expect(app.session().accounts).toEqual([])
})

test('a server that does not tell a key’s team still serves: the person’s only team, or a name of our own', async () => {
  const { app, pair, cloud, start, poll } = await setup()
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
  const { app, pair, cloud, vault } = await setup()
  const { id: accountId } = await pair()
  const session = valueOf(await app.calls.signOut({ accountId }))
  expect(session.accounts).toMatchObject([{ id: accountId, state: 'signed-out' }])
  expect(await cloud.ended('revokeOwnDevice')).toMatchObject([{ status: 200 }])
  expect(vault.kept.size).toBe(0)
})

test('a sign-out that the server does not hear says so; the key is gone from here all the same', async () => {
  const { app, pair, cloud, vault } = await setup()
  const { id: accountId } = await pair()
  cloud.fail({ on: 'revokeOwnDevice', how: 'cut' })
  expect(await app.calls.signOut({ accountId })).toMatchObject({
    failure: { code: 'device-not-revoked', params: { host: new URL(cloud.url).host } },
  })
  expect([vault.kept.size, app.session().accounts[0]?.state]).toEqual([0, 'signed-out'])
})

test('a key that was revoked elsewhere lets the rows wait until the same pairing is made again', async () => {
  const { app, pair, cloud, file } = await setup()
  const { id: accountId } = await pair()
  cloud.revokeDevices(ALICE.email)
  const [id = ''] = await app.add(await file('a.safetensors'))
  expect(await app.settled(id)).toMatchObject({ phase: 'failed', failure: { code: 'signed-out' } })
  expect(app.session().accounts).toMatchObject([{ id: accountId, state: 'signed-out' }])
  expect((await pair()).id).toBe(accountId)
  await app.phase(id, 'registered')
})

test('pairing for the same team again replaces the key, and the old one dies', async () => {
  const { pair, cloud, vault } = await setup()
  const first = await pair()
  const [before] = vault.kept.values()
  const second = await pair()
  expect(second.id).toBe(first.id)
  expect(await cloud.ended('revokeOwnDevice')).toMatchObject([{ status: 200 }])
  expect([vault.kept.size, [...vault.kept.values()][0] === before]).toEqual([1, false])
})

test('a start finds the paired device again and asks nobody', async () => {
  const { app, pair, open, countOf } = await setup()
  const account = await pair()
  await app.stop()
  const next = await open()
  expect(next.session().accounts).toMatchObject([{ ...account, state: 'ready' }])
  expect(countOf('startPairing')).toBe(1)
})

const large = { sizeBytes: 12_000_000 }
const smallLimit = { settings: { singlePutLimitBytes: 6_000_000 } }

test('a file over the limit is refused before a byte is hashed or sent, and goes on with the password', async () => {
  const { app, pair, file, countOf, cloud } = await setup(smallLimit)
  await pair()
  const [id = ''] = await app.add(await file('a.safetensors', large))
  expect(await app.settled(id)).toMatchObject({
    ...{ phase: 'failed', hashedBytes: 0 },
    failure: { code: 'too-large-for-device', params: { sizeBytes: 12_000_000, limitBytes: 6_000_000 } },
  })
  expect(countOf('presignModel')).toBe(0)
  await app.signIn()
  expect((await app.phase(id, 'registered')).accountId).toBe(`${new URL(cloud.url).host} ${ALICE.id}`)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('who is signed in by both sends large files by the session, whichever was chosen', async () => {
  const { app, pair, file } = await setup(smallLimit)
  const device = await pair()
  const session = (await app.signIn()).accounts.find(({ kind }) => kind === 'session')
  const team = { accountId: device.id, teamId: ALICES_TEAM_ID }
  valueOf(await app.calls.chooseTeam(team))
  const ids = await app.add([await file('a.safetensors', large), await file('b.safetensors')])
  const rows = await Promise.all(ids.map((id) => app.settled(id)))
  expect(rows.map(({ phase, accountId }) => [phase, accountId])).toEqual([
    ['registered', session?.id],
    ['registered', device.id],
  ])
})

test('another person’s password does not carry what a device could not', async () => {
  const { app, pair, file } = await setup(smallLimit)
  await pair(ALICE.email, STUDIO_NORTH_ID)
  const [id = ''] = await app.add(await file('a.safetensors', large))
  await app.settled(id)
  await app.signIn(BOB)
  expect(app.row(id)).toMatchObject({ phase: 'failed', failure: { code: 'too-large-for-device' } })
})

test('what waits for a session goes on with the same person’s device for that team', async () => {
  const { app, pair, file, cloud } = await setup({ as: ALICE })
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(await file('a.safetensors'))
  const [accountId = ''] = app.session().accounts.map((account) => account.id)
  await app.calls.signOut({ accountId })
  await app.calls.resumeAll(undefined)
  const device = await pair()
  expect((await app.phase(id, 'registered')).accountId).toBe(device.id)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test.each([
  ['sk-live-0001', 'key-of-api'],
  ['ak-0001', 'key-of-agent'],
  ['eyJhbGciOi.a.b', 'key-unknown'],
  ['dk-with spaces', 'key-unknown'],
])('the key “%s” is explained and never sent', async (key, code) => {
  const { app, cloud, vault } = await setup()
  expect(await app.calls.signInWithKey({ key })).toMatchObject({ failure: { code } })
  expect([cloud.operations, [...vault.kept.values()]]).toEqual([[], []])
})

test('a pasted device key is a sign-in once the server knows it, else nothing of it is kept', async () => {
  const { app, pair, vault, cloud } = await setup()
  await pair()
  const [key = ''] = vault.kept.values()
  const other = await setup()
  expect(await other.app.calls.signInWithKey({ key })).toMatchObject({ failure: { code: 'key-refused' } })
  expect([...other.vault.kept.keys()]).toEqual([])
  const session = valueOf(await app.calls.signInWithKey({ key: ` ${key}\n` }))
  expect(session.accounts).toHaveLength(1)
  expect(cloud.operations.filter(({ name }) => name === 'revokeOwnDevice')).toEqual([])
})
