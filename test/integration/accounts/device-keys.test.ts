import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { sha256Of, valueOf } from '../../support/engine.ts'
import { setupPairing } from '../../support/pairing.ts'

const large = { sizeBytes: 12_000_000 }
const smallLimit = { settings: { singlePutLimitBytes: 6_000_000 } }

test('refuses a file over the limit with a device key, and uploads it with a session', async () => {
  const { app, pair, file, countOf, cloud } = await setupPairing(smallLimit)
  await pair()
  const [id = ''] = await app.add(await file('a.safetensors', large))
  expect(await app.settled(id)).toMatchObject({
    phase: 'failed',
    hashedBytes: 0,
    failure: { code: 'too-large-for-device', params: { sizeBytes: 12_000_000, limitBytes: 6_000_000 } },
  })
  expect(countOf('presignModel')).toBe(0)
  await app.signIn()
  expect((await app.phase(id, 'registered')).accountId).toBe(`${new URL(cloud.url).host} ${ALICE.id}`)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('does not read a file over the limit to look for it in the library', async () => {
  const { app, pair, file, cloud } = await setupPairing(smallLimit)
  await pair()
  const path = await file('a.safetensors', large)
  const sha256 = sha256Of(path)
  const theirs = { model_path: 'models/loras/theirs.safetensors', file_size: large.sizeBytes }
  cloud.addModel(ALICES_TEAM_ID, { ...theirs, file_hash: `sha256:${sha256}` })
  const [id = ''] = await app.add(path)
  expect((await app.settled(id)).failure?.code).toBe('too-large-for-device')
  // A file that was hashed on this computer can be found by its hash.
  expect(valueOf(await app.calls.hasLocalFile({ sha256 }))).toBe(false)
})

test('sends large files with the session of a user who also has a device key', async () => {
  const { app, pair, file } = await setupPairing(smallLimit)
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

test.each(['device', 'session'] as const)(
  'resumes a file that is added again by the user’s other sign-in (chosen: %s)',
  async (kind) => {
    const { app, pair, file, cloud, countOf } = await setupPairing(smallLimit)
    const device = await pair()
    const path = await file('a.safetensors', large)
    await app.calls.chooseTeam({ accountId: device.id, teamId: ALICES_TEAM_ID })
    const session = (await app.signIn()).accounts.find((account) => account.kind === 'session')
    const held = cloud.hold('put-part')
    const [id = ''] = await app.add(path)
    await held.arrived
    await app.pauseNow(id)
    held.release()
    const accountId = (kind === 'device' ? device : session)?.id ?? ''
    expect(await app.add(path, { team: { accountId, teamId: ALICES_TEAM_ID } })).toEqual([])
    await app.phase(id, 'registered')
    expect([countOf('initiateMultipart'), app.rows().length]).toEqual([1, 1])
  },
)

test('does not use another user’s session for what a device key can’t upload', async () => {
  const { app, pair, file } = await setupPairing(smallLimit)
  await pair(ALICE.email, STUDIO_NORTH_ID)
  const [id = ''] = await app.add(await file('a.safetensors', large))
  await app.settled(id)
  await app.signIn(BOB)
  expect(app.row(id)).toMatchObject({ phase: 'failed', failure: { code: 'too-large-for-device' } })
})

test('continues an upload of a signed-out session with the user’s device key', async () => {
  const { app, pair, file, cloud } = await setupPairing({ as: ALICE })
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
])('explains the key “%s” and never sends it', async (key, code) => {
  const { app, cloud, secretStore } = await setupPairing()
  expect(await app.calls.signInWithKey({ key })).toMatchObject({ failure: { code } })
  expect([cloud.operations, [...secretStore.entries.values()]]).toEqual([[], []])
})

test('signs in with a pasted device key only if the server accepts it', async () => {
  const { app, pair, secretStore, cloud } = await setupPairing()
  await pair()
  const [key = ''] = secretStore.entries.values()
  const other = await setupPairing()
  expect(await other.app.calls.signInWithKey({ key })).toMatchObject({ failure: { code: 'key-refused' } })
  expect([...other.secretStore.entries.keys()]).toEqual([])
  const session = valueOf(await app.calls.signInWithKey({ key: ` ${key}\n` }))
  expect(session.accounts).toHaveLength(1)
  expect(cloud.operations.filter(({ name }) => name === 'revokeOwnDevice')).toEqual([])
})
