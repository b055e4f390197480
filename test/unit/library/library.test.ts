import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { valueOf } from '../../support/engine.ts'
import { home, names, setupLibrary as setup } from './library-setup.ts'

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
