import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { setup, usualSettings, valueOf } from '../../support/engine.ts'
import { advanceRetries } from '../../support/hand-clock.ts'

const hour = 3_600_000

test('refreshes the token once after a 401 during an upload', async () => {
  const { app, cloud, file, countOf } = await setup()
  const held = cloud.hold('put-object')
  const [id = ''] = await app.add(await file('a.safetensors'))
  await held.arrived
  cloud.fail({ on: 'registerModel', how: 401 })
  held.release()
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  expect([countOf('refresh'), countOf('registerModel'), countOf('put-object')]).toEqual([1, 2, 1])
})

test('registers an upload with a new token when the first one expired', async () => {
  const { app, cloud, file, clock, countOf } = await setup()
  const held = cloud.hold('put-object', 'answer')
  const [id = ''] = await app.add(await file('a.safetensors'))
  await held.arrived
  clock.advance(2 * hour)
  held.release()
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  expect([countOf('refresh'), cloud.operations.filter(({ status }) => status === 401)]).toEqual([1, []])
})

test('shares one refresh between several files with an expired token', async () => {
  const { app, cloud, file, countOf } = await setup({ settings: { atOnce: 4 } })
  const held = cloud.hold('presignModel')
  cloud.fail({ on: 'presignModel', how: 401, times: 4 })
  const paths = await Promise.all(['a', 'b', 'c', 'd'].map((name) => file(`${name}.safetensors`)))
  const ids = await app.add(paths)
  await app.until(() => countOf('presignModel') === 4)
  held.release()
  const rows = await Promise.all(ids.map((id) => app.settled(id)))
  expect(rows.map(({ phase }) => phase)).toEqual(rows.map(() => 'registered'))
  expect([countOf('refresh'), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([1, 4])
})

test('holds uploads after the session is refused, and continues after a sign-in', async () => {
  const { app, cloud, file, clock } = await setup()
  cloud.endSessions(ALICE.email)
  clock.advance(2 * hour)
  const ids = await app.add(await Promise.all(['a', 'b', 'c'].map((name) => file(`${name}.safetensors`))))
  const rows = await Promise.all(ids.map((id) => app.settled(id)))
  expect(rows.map(({ phase, failure }) => [phase, failure?.code])).toEqual(
    rows.map(() => ['failed', 'signed-out']),
  )
  expect(app.session().accounts).toMatchObject([{ email: ALICE.email, state: 'signed-out' }])
  expect(app.session().chosen).toBeNull()

  await app.signIn()
  await app.until(() => app.rows().every(({ phase }) => phase === 'registered'))
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(3)
})

test('a session that ended refuses uploads that wait for their turn without starting them', async () => {
  const { app, cloud, file, clock } = await setup()
  await app.calls.pauseAll(undefined)
  const names = Array.from({ length: 20 }, (_, index) => `${index}.safetensors`)
  const ids = await app.add(await Promise.all(names.map((name) => file(name))))
  cloud.endSessions(ALICE.email)
  clock.advance(2 * hour)
  let sessionCount = 0
  app.engine.subscribe({ session: () => void (sessionCount += 1) })
  await app.calls.resumeAll(undefined)
  await app.until(() => app.rows().every(({ failure }) => failure?.code === 'signed-out'))
  const logs = await Promise.all(ids.map((id) => app.calls.uploadLog({ id })))
  const started = logs.filter((log) => valueOf(log)?.events.some(({ event }) => event === 'checking'))
  expect([started.length, sessionCount]).toEqual([16, 1])
})

test('a session that ended is noticed when the library is shown', async () => {
  const { app, cloud, clock } = await setup()
  const [accountId = ''] = app.session().accounts.map(({ id }) => id)
  cloud.endSessions(ALICE.email)
  clock.advance(2 * hour)
  const choice = { accountId, teamId: ALICES_TEAM_ID }
  expect(await app.calls.library({ choice })).toMatchObject({
    failure: { code: 'signed-out' },
  })
  expect(app.session()).toMatchObject({ accounts: [{ state: 'signed-out' }], chosen: null })
  await app.signIn()
  expect((await app.calls.library({ choice })).ok).toBe(true)
})

test('registers a stored file after the next sign-in without sending it again', async () => {
  const { app, cloud, file, clock, countOf } = await setup()
  const held = cloud.hold('put-object', 'answer')
  const [id = ''] = await app.add(await file('a.safetensors'))
  await held.arrived
  cloud.endSessions(ALICE.email)
  clock.advance(2 * hour)
  held.release()
  expect(await app.settled(id)).toMatchObject({ phase: 'failed', failure: { code: 'signed-out' } })
  await app.signIn()
  await app.phase(id, 'registered')
  expect([countOf('put-object'), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([1, 1])
})

test.each([503, 'html', 'half-json', 'cut'] as const)(
  'checks the stored sign-in again when the first call after the start fails with %s',
  async (how) => {
    const { app, cloud, open, clock, countOf } = await setup()
    await app.stop()
    cloud.forgetOperations()
    cloud.fail({ on: 'getCurrentUser', how })
    const next = await open()
    await cloud.ended('getCurrentUser')
    await advanceRetries(
      clock,
      next.until(() => countOf('getCurrentUser') === 2),
    )
    expect(await cloud.ended('getCurrentUser', 2)).toMatchObject([{}, { status: 200 }])
    expect(next.session().accounts).toMatchObject([{ state: 'ready' }])
  },
)

test('signing out stops running uploads and erases the secret', async () => {
  const { app, cloud, file, secretStore } = await setup()
  const held = cloud.hold('put-object', 4_000_000)
  const [running = ''] = await app.add(await file('a.safetensors', { sizeBytes: 12_000_000 }))
  await held.arrived
  const [accountId = ''] = app.session().accounts.map(({ id }) => id)
  const session = valueOf(await app.calls.signOut({ accountId }))
  held.release()
  expect([...secretStore.entries.keys()].filter((name) => !name.startsWith('sealed '))).toEqual([])
  expect([session.chosen, session.accounts, app.rows()]).toEqual([null, [], []])
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
  await cloud.ended('logout')

  await app.signIn()
  await app.until(() => app.rows().some(({ id, phase }) => id === running && phase === 'registered'))
})

test('keeps a paused upload paused when its account signs in again', async () => {
  const { app, file } = await setup()
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(await file('a.safetensors'))
  await app.calls.pause({ ids: [id] })
  const [accountId = ''] = app.session().accounts.map((account) => account.id)
  await app.calls.signOut({ accountId })
  await app.signIn()
  await app.until(({ rows }) => rows.length === 1)
  expect(app.row(id)).toMatchObject({ phase: 'paused', failure: null })
})

test('hides uploads from other users, and shows them to their owner again', async () => {
  const { app, cloud, file } = await setup()
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(await file('a.safetensors'))
  const [accountId = ''] = app.session().accounts.map((account) => account.id)
  await app.calls.signOut({ accountId })
  await app.signIn(BOB)
  await app.calls.resumeAll(undefined)
  const [other = ''] = await app.add(await file('b.safetensors'))
  await app.settled(other)
  expect([app.rows().map((row) => row.id), app.session().accounts.map(({ email }) => email)]).toEqual([
    [other],
    [BOB.email],
  ])
  expect([cloud.modelsOf(ALICES_TEAM_ID), cloud.modelsOf(STUDIO_NORTH_ID)]).toEqual([[], []])
  await app.signIn()
  await app.phase(id, 'registered')
})

test('rejects a team that the user doesn’t belong to', async () => {
  const { app } = await setup()
  const [accountId = ''] = app.session().accounts.map(({ id }) => id)
  expect(await app.calls.chooseTeam({ accountId, teamId: 'team_of_others' })).toMatchObject({
    ok: false,
    failure: { code: 'no-team' },
  })
  expect(app.session().chosen).toEqual({ accountId, teamId: ALICES_TEAM_ID })
})

test('hides the accounts of the other server when the server changes', async () => {
  const { app, cloud } = await setup()
  app.engine.applySettings({ ...usualSettings, server: 'https://elsewhere.example/api/v1' })
  expect(app.session()).toMatchObject({ accounts: [], chosen: null })
  app.engine.applySettings({ ...usualSettings, server: `${cloud.url}/` })
  expect(app.session()).toMatchObject({ accounts: [{ email: ALICE.email }] })
})

test('reads the keychain at the start to report its state', async () => {
  const { secretStore, cloud } = await setup({ as: null })
  expect(secretStore.calls).toEqual([`get device arrival ${cloud.url}`])
})

test('does not show a user’s history to another user', async () => {
  const { app, file } = await setup()
  const [id = ''] = await app.add(await file('a.safetensors'))
  await app.settled(id)
  const seen = async () => {
    const page = valueOf(await app.calls.history({ beforeMs: null, search: '', limit: 10 }))
    return [app.rows().length, page.rows.length]
  }
  const [accountId = ''] = app.session().accounts.map((account) => account.id)
  await app.calls.signOut({ accountId })
  expect(await seen()).toEqual([0, 0])
  await app.signIn(BOB)
  expect(await seen()).toEqual([0, 0])
  await app.signIn()
  await app.until(({ rows }) => rows.length === 1)
  expect(await seen()).toEqual([1, 1])
})

test('still shows a rejected session while another user is signed in', async () => {
  const { app, cloud, file, clock } = await setup()
  await app.signIn(BOB)
  cloud.endSessions(ALICE.email)
  clock.advance(2 * hour)
  const [id = ''] = await app.add(await file('a.safetensors'))
  expect(await app.settled(id)).toMatchObject({ phase: 'failed', failure: { code: 'signed-out' } })
  expect(app.session().accounts.map(({ state }) => state)).toEqual(['signed-out', 'ready'])
})

test('restores a sign-in once the keychain is unlocked, and continues its uploads', async () => {
  const { app, secretStore, file, open } = await setup()
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(await file('a.safetensors'))
  await app.stop()
  const kept = [...secretStore.entries]
  secretStore.entries.clear()
  const next = await open()
  expect(next.session().accounts).toMatchObject([{ state: 'signed-out' }])
  await next.calls.resumeAll(undefined)
  await next.phase(id, 'failed')
  kept.forEach(([name, secret]) => secretStore.entries.set(name, secret))
  await next.engine.keychainChanged()
  expect(next.session().accounts).toMatchObject([{ state: 'ready' }])
  await next.phase(id, 'registered')
})

/** An app whose upload has failed because of its keychain. */
async function failByKeychain(code: 'keychain-locked' | 'keychain-slow') {
  const { app, secretStore, file, open } = await setup()
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(await file('a.safetensors'))
  await app.stop()
  secretStore.failWith(code)
  const next = await open()
  await next.calls.resumeAll(undefined)
  expect(await next.settled(id)).toMatchObject({ phase: 'failed', failure: { code } })
  return { app: next, id, secretStore, open }
}

test.each(['keychain-locked', 'keychain-slow'] as const)(
  'continues uploads that failed with %s once the keychain is unlocked',
  async (code) => {
    const { app, id, secretStore } = await failByKeychain(code)
    secretStore.failWith(null)
    await app.engine.keychainChanged()
    await app.phase(id, 'registered')
  },
)

test('continues uploads that a locked keychain stopped after a restart', async () => {
  const { app, id, secretStore, open } = await failByKeychain('keychain-locked')
  await app.stop()
  secretStore.failWith(null)
  const next = await open()
  await next.phase(id, 'registered')
})

test('a restart does not repeat an upload that failed because the server rejects its sign-in', async () => {
  const { app, cloud, file, clock, open, countOf } = await setup()
  clock.advance(2 * hour)
  cloud.fail({ on: 'refresh', how: 403, times: Infinity })
  const [id = ''] = await app.add(await file('a.safetensors'))
  const failed = { phase: 'failed', failure: { code: 'sign-in-forbidden' } }
  expect(await app.settled(id)).toMatchObject(failed)
  await app.stop()
  cloud.clearFailures()
  cloud.forgetOperations()
  const next = await open()
  expect(next.row(id)).toMatchObject(failed)
  await next.engine.confirmSignIns()
  expect(next.row(id)).toMatchObject(failed)
  expect(countOf('presignModel')).toBe(0)
})

test('keeps an account signed out when the keychain is read again', async () => {
  const { app } = await setup()
  const [accountId = ''] = app.session().accounts.map(({ id }) => id)
  await app.calls.signOut({ accountId })
  await app.engine.keychainChanged()
  expect(app.session().accounts).toEqual([])
})
