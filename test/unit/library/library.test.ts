import { expect, test } from 'vitest'
import { failed, failure } from '../../../electron/contract/failures.ts'
import { ALICES_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { valueOf } from '../../support/engine.ts'
import { advanceRetries, standingClock } from '../../support/hand-clock.ts'
import { libraryModel } from '../../support/library-model.ts'
import { home, names, setupLibrary as setup } from './library-setup.ts'

const sha256 = 'ab'.repeat(32)

test('reports a refused sign-in, unless the response is about an earlier one', async () => {
  const { cloud, library, signedOut, state } = await setup()
  cloud.fail({ on: 'listAgents', how: 401, times: Infinity })
  state.isSignedOut = false
  expect(await library.agents(home)).toMatchObject({ failure: { code: 'signed-out' } })
  expect(signedOut).toEqual([])
  state.isSignedOut = true
  await library.agents(home)
  expect(signedOut).toEqual([home.accountId])
})

test('lists the agents of a team', async () => {
  const { cloud, library } = await setup()
  cloud.connectAgents(ALICES_TEAM_ID, [{ agent_id: 'gpu-1', agent_status: 'idle' }])
  cloud.connectAgents(STUDIO_NORTH_ID, [{ agent_id: 'gpu-2', agent_status: 'busy' }])
  expect(valueOf(await library.agents(home)).map(({ name }) => name)).toEqual(['gpu-1'])
})

test('lists every page of a team’s models with their details', async () => {
  const { cloud, library, lists, add, clock } = await setup()
  for (let count = 0; count < 230; count += 1) add(`lora-${count}`)
  const id = add('last', {
    display_name: 'The last',
    file_size: 6_800_000_000,
    file_hash: `sha256:${sha256.toUpperCase()}`,
    storage_key: 'models/k',
    created_at: '2026-01-02T03:04:05Z',
    model_status: 'disabled',
  })
  cloud.addModel(STUDIO_NORTH_ID, { model_path: 'models/vae/theirs.safetensors' })
  const listing = valueOf(await library.models(home))
  expect([listing.models.length, lists(), listing.failure]).toEqual([231, 3, null])
  expect(listing.listedAtMs).toBeLessThanOrEqual(clock.now())
  expect(listing.models.find((model) => model.id === id)).toEqual({
    id,
    displayName: 'The last',
    modelType: 'checkpoints',
    sizeBytes: 6_800_000_000,
    sha256,
    modelPath: 'models/loras/last.safetensors',
    status: 'disabled',
    storageKey: 'models/k',
    createdAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  })
})

test('keeps marks of direction in names, so that an edit saves them unchanged', async () => {
  const { library, add } = await setup()
  const name = '\u2067סטודיו\u2069 Flux \u2068نموذج\u2069'
  add('a', { display_name: name })
  expect(names(await library.models(home))).toEqual([name])
})

test('shares one request between concurrent callers and accounts of one user', async () => {
  const { library, lists, add } = await setup()
  add('a')
  const again = { ...home, accountId: 'alice again' }
  const listings = await Promise.all([library.models(home), library.models(home), library.models(again)])
  listings.push(await library.models(again))
  expect([listings.map(names), lists()]).toEqual([[['a'], ['a'], ['a'], ['a']], 1])
})

test('shares no listing between two users, and forgets that of one of them only', async () => {
  const { library, lists, alice } = await setup()
  const [bobs, unknown] = ['bob', 'unknown'].map((accountId) => ({ ...home, accountId }))
  if (!bobs || !unknown) return expect.unreachable()
  for (const choice of [home, bobs, unknown, home, bobs, unknown]) valueOf(await library.models(choice))
  expect(lists()).toBe(3)
  await library.forget(alice)
  expect([home, bobs, unknown].map((choice) => library.cachedModels(choice))).toEqual([null, [], []])
})

test('requests a listing again once it is too old for the caller', async () => {
  const { library, lists, add, clock } = await setup()
  await library.models(home)
  add('of somebody else')
  clock.advance(60_000)
  expect([names(await library.models(home)), lists()]).toEqual([[], 1])
  expect(names(await library.models(home, { maxAgeMs: 30_000 }))).toEqual(['of somebody else'])
  clock.advance(6 * 60_000)
  await library.models(home)
  expect(lists()).toBe(3)
})

test('updates the cached listing after our own changes without a request', async () => {
  const { cloud, library, lists, add } = await setup()
  const [kept, gone] = [add('kept'), add('gone')]
  const [first] = valueOf(await library.models(home)).models
  expect(first?.id).toBe(gone)
  expect(valueOf(await library.change(home, kept, { displayName: 'Renamed', status: 'disabled' }))).toBe(
    undefined,
  )
  await library.remove(home, gone)
  library.addRegistered(home, { ...(first as NonNullable<typeof first>), id: 'ours', displayName: 'ours' })
  expect([names(await library.models(home)), lists()]).toEqual([['Renamed', 'ours'], 1])
  expect(
    cloud.modelsOf(ALICES_TEAM_ID).map(({ display_name, model_status }) => [display_name, model_status]),
  ).toEqual([['Renamed', 'disabled']])
})

test('keeps a change that is made while pages are being requested', async () => {
  const { cloud, library, add } = await setup()
  const id = add('old name')
  const held = cloud.hold('listModels', 'answer')
  const listing = library.models(home)
  await held.arrived
  await library.change(home, id, { displayName: 'new name' })
  held.release()
  expect(names(await listing)).toEqual(['new name'])
})

test.each([
  ['404', { how: 404 }, 'not-found'],
  ['bare 404', { how: { status: 404, body: '' } }, 'not-the-api'],
  ['403', { how: 403 }, 'forbidden'],
  ['500', { how: 500 }, 'server-trouble'],
  ['a web page', { how: 'html', status: 200 }, 'not-the-api'],
  ['half of its JSON', { how: 'half-json' }, 'answer-garbled'],
  ['17 MB', { how: { status: 200, body: ' '.repeat(17 * 1024 * 1024) } }, 'response-too-long'],
] as const)('does not request a listing again right after a %s', async (_name, fault, code) => {
  const { cloud, library, lists, add, clock } = await setup()
  add('a')
  cloud.fail({ on: 'listModels', times: Infinity, ...fault })
  const first = await advanceRetries(clock, library.models(home))
  expect(first.ok ? first.value : first.failure.code).toBe(code)
  const before = lists()
  expect(await library.models(home)).toEqual(first)
  expect(lists()).toBe(before)
  cloud.clearFailures()
  clock.advance(10 * 60_000)
  expect(names(await library.models(home))).toEqual(['a'])
})

test.each([503, 'html', 'half-json', 'cut'] as const)(
  'requests a listing that fails with %s again before it reports a failure',
  async (how) => {
    const { cloud, library, lists, add, clock } = await setup()
    add('a')
    cloud.fail({ on: 'listModels', how })
    expect(names(await advanceRetries(clock, library.models(home)))).toEqual(['a'])
    expect(lists()).toBe(2)
  },
)

test.each([
  ['404', 404, 1],
  ['403', 403, 1],
  ['bare 404', { status: 404, body: '' }, 1],
  // Once at once, since the connection may have been an old one.
  ['lost connection', 'cut', 2],
] as const)('does not repeat a listing that fails with a %s after a delay', async (_name, how, count) => {
  const { cloud, library, lists } = await setup()
  cloud.fail({ on: 'listModels', how, times: Infinity })
  expect((await library.models(home)).ok).toBe(false)
  expect(lists()).toBe(count)
})

test('returns the old listing with its age and the failure when a refresh fails', async () => {
  const { cloud, library, add, clock } = await setup()
  add('a')
  const before = valueOf(await library.models(home))
  clock.advance(1_000)
  cloud.fail({ on: 'listModels', how: 500, times: Infinity })
  const after = valueOf(await advanceRetries(clock, library.models(home, { maxAgeMs: 0 })))
  expect([after.models, after.listedAtMs, after.failure?.code]).toEqual([
    ...[before.models, before.listedAtMs, 'server-trouble'],
  ])
})

test('does not return an incomplete listing', async () => {
  const { cloud, library, add } = await setup()
  for (let count = 0; count < 120; count += 1) add(`lora-${count}`)
  cloud.fail({ on: 'listModels', how: 403, skip: 1 })
  expect((await library.models(home)).ok).toBe(false)
  expect(valueOf(await library.models(home, { maxAgeMs: 0 })).models).toHaveLength(120)
})

test('stops at a repeated page', async () => {
  const { cloud, library, lists } = await setup()
  const page = { model_list: [{ id: 'a' }, { id: 'b', file_hash: 'md5:1' }, { name: 'no id' }] }
  cloud.fail({ on: 'listModels', how: { status: 200, body: JSON.stringify(page) }, times: Infinity })
  const { models } = valueOf(await library.models(home))
  expect([models.map(({ id, sha256: hash, status }) => [id, hash, status]), lists()]).toEqual([
    [
      ['a', null, 'active'],
      ['b', null, 'active'],
    ],
    2,
  ])
})

test.each([
  [404, 404, null],
  [404, 200, 'bad-request'],
  [405, 200, 'bad-request'],
  // A router without this call responds with its own text.
  [{ status: 404, body: '404 page not found' }, 200, 'bad-request'],
  [{ status: 405, body: '' }, 200, 'bad-request'],
  [404, 500, 'server-trouble'],
  [403, 200, 'forbidden'],
  [500, 200, 'server-trouble'],
] as const)('deleting with response %j and lookup %s results in %s', async (status, lookedUp, code) => {
  const { cloud, library, add } = await setup()
  const id = add('a')
  await library.models(home)
  cloud.fail({ on: 'deleteModel', how: status })
  if (lookedUp !== 200) cloud.fail({ on: 'getModel', how: lookedUp })
  const done = await library.remove(home, id)
  expect(done.ok ? null : done.failure.code).toBe(code)
  // A model that no longer exists counts as deleted; everything else stays listed.
  expect(names(await library.models(home))).toEqual(code === null ? [] : ['a'])
})

test('distinguishes an unsupported change from a missing model', async () => {
  const { cloud, library, add } = await setup()
  const id = add('a')
  cloud.fail({ on: 'updateModel', how: 405, times: Infinity })
  const change = () => library.change(home, id, { status: 'disabled' })
  expect(await change()).toMatchObject({ ok: false, failure: { code: 'bad-request' } })
  cloud.fail({ on: 'getModel', how: 404 })
  expect(await change()).toMatchObject({ ok: false, failure: { code: 'not-found' } })
})

test('returns the current model, and removes a missing one from the listing', async () => {
  const { cloud, library, add } = await setup()
  const id = add('a')
  await library.models(home)
  expect(valueOf(await library.model(home, id)).displayName).toBe('a')
  cloud.fail({ on: 'getModel', how: 404 })
  expect((await library.model(home, id)).ok).toBe(false)
  expect(names(await library.models(home))).toEqual([])
})

test('reports a model as deleted unless someone else has deleted it', async () => {
  const { cloud, library, add, deleteAsOther, deleted } = await setup()
  const [ours, theirs, lost, refused] = ['a', 'b', 'c', 'd'].map((name) => add(name))
  if (!ours || !theirs || !lost || !refused) return expect.unreachable()
  valueOf(await library.remove(home, ours))
  await deleteAsOther(theirs)
  valueOf(await library.remove(home, theirs))
  expect(deleted).toEqual([ours])
  cloud.fail({ on: 'deleteModel', how: 'lose-answer' })
  expect((await library.remove(home, lost)).ok).toBe(false)
  valueOf(await library.remove(home, lost))
  cloud.fail({ on: 'deleteModel', how: 403 })
  expect((await library.remove(home, refused)).ok).toBe(false)
  await deleteAsOther(refused)
  valueOf(await library.remove(home, refused))
  expect(deleted).toEqual([ours, lost])
})

test('keeps the listed status of a model whose record has none', async () => {
  const { cloud, library, add } = await setup()
  const id = add('a', { model_status: 'disabled' })
  await library.models(home)
  const record = cloud.modelsOf(ALICES_TEAM_ID).find((model) => model.id === id)
  const body = JSON.stringify({ ...record, model_status: undefined })
  cloud.fail({ on: 'getModel', how: { status: 200, body } })
  expect(valueOf(await library.model(home, id)).status).toBe('disabled')
  expect(library.cachedModels(home)?.map(({ status }) => status)).toEqual(['disabled'])
})

test('returns no cached listing without a sign-in', async () => {
  const { library, add, state } = await setup()
  add('a')
  await library.models(home)
  state.isHere = false
  expect(await library.models(home)).toEqual(failed(failure('signed-out')))
})

test('closing aborts the running request without notifying listeners', async () => {
  const { library, cloud, add } = await setup()
  add('a')
  const held = cloud.hold('listModels')
  let news = 0
  library.subscribe(() => (news += 1))
  const asked = library.models(home)
  await held.arrived
  void library.close()
  expect([await asked, news]).toMatchObject([{ failure: { code: 'connection-lost' } }, 0])
  held.release()
})

test('does not notify a listener after it unsubscribes', async () => {
  const { library } = await setup()
  let news = 0
  const unsubscribe = library.subscribe(() => (news += 1))
  await library.models(home)
  unsubscribe()
  await library.models(home, { maxAgeMs: 0 })
  expect(news).toBe(1)
})

test('reports our own changes and deletions of a team’s models, and none that failed', async () => {
  const { cloud, library, add } = await setup()
  const id = add('a')
  const news: unknown[] = []
  library.subscribe((update) => news.push(update))
  cloud.fail({ on: 'updateModel', how: 403 })
  cloud.fail({ on: 'deleteModel', how: 403 })
  expect((await library.change(home, id, { displayName: 'b' })).ok).toBe(false)
  expect((await library.remove(home, id)).ok).toBe(false)
  expect(news).toEqual([])
  valueOf(await library.change(home, id, { displayName: 'b' }))
  const changed = { teamId: home.teamId, failure: null }
  expect(news).toEqual([changed])
  valueOf(await library.remove(home, id))
  expect(news).toEqual([changed, changed])
})

test('reports the failure of a listing, with its time if there is an older one', async () => {
  const { cloud, library } = await setup()
  const news: unknown[] = []
  library.subscribe((update) => news.push(update))
  cloud.fail({ on: 'listModels', how: 403 })
  await library.models(home)
  const refused = { teamId: home.teamId, failure: expect.objectContaining({ code: 'forbidden' }) as unknown }
  expect(news).toEqual([refused])
  const { listedAtMs } = valueOf(await library.models(home, { maxAgeMs: 0 }))
  cloud.fail({ on: 'listModels', how: 403 })
  await library.models(home, { maxAgeMs: 0 })
  expect(news.slice(1)).toEqual([
    { teamId: home.teamId, failure: null, listedAtMs },
    { ...refused, listedAtMs },
  ])
})

test('a request that fails with an exception is no lost connection', async () => {
  const { cloud, library, state } = await setup()
  cloud.fail({ on: 'listAgents', how: 401, times: Infinity })
  state.error = new Error('a bug')
  await expect(library.agents(home)).rejects.toThrow('a bug')
})

test('requests a model once for several who look it up at the same time', async () => {
  const { cloud, library, add } = await setup()
  const id = add('a')
  const models = await Promise.all([library.recentModel(home, id), library.recentModel(home, id)])
  expect(models.map((model) => valueOf(model).id)).toEqual([id, id])
  expect(cloud.operations.filter(({ name }) => name === 'getModel')).toHaveLength(1)
})

test('reports a listing with its time, and our own change without one', async () => {
  const { library } = await setup()
  const news: unknown[] = []
  library.subscribe((update) => news.push(update))
  await library.models(home)
  await library.models(home)
  library.addRegistered(home, libraryModel('models/loras/a.safetensors'))
  const { teamId } = home
  expect(news).toEqual([
    { teamId, failure: null, listedAtMs: expect.any(Number) },
    { teamId, failure: null },
  ])
})

test('requests a listing again whose time is in the future, because the clock was set back', async () => {
  const { library, clock, add } = await setup()
  add('old')
  clock.advance(30 * 60_000)
  await library.models(home)
  clock.advance(-30 * 60_000)
  add('new')
  expect(names(await library.models(home))).toEqual(['new', 'old'])
  add('newer')
  expect(names(await library.models(home, { maxAgeMs: 0 }))).toEqual(['new', 'newer', 'old'])
})

test('requests a listing that fails again for exactly five seconds', async () => {
  for (const [laterMs, isRepeated] of [
    [0, true],
    [1, false],
  ] as const) {
    const { cloud, clock, library } = await setup(standingClock())
    // A quarter of a second is added to what the server asks for.
    cloud.fail({ on: 'listModels', how: 429, retryAfterSeconds: 4 })
    const held = cloud.hold('listModels', 'answer', { times: 1 })
    const listing = library.models(home)
    await held.arrived
    clock.advance(750 + laterMs)
    held.release()
    if (isRepeated) {
      await expect.poll(clock.waits).toEqual([4_250])
      clock.advance(4_250)
    }
    expect((await listing).ok).toBe(isRepeated)
  }
})
