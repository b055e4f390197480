import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Account } from '../../../electron/contract/account.ts'
import type { LibraryChange, LibraryListing } from '../../../electron/contract/library.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { createCloudClient } from '../../../electron/cloud/client.ts'
import { login } from '../../../electron/cloud/auth.ts'
import { deleteModel, updateModel } from '../../../electron/cloud/models.ts'
import { fixedSigner } from '../../../electron/accounts/signers.ts'
import { createLibrary, type Library } from '../../../electron/library/library.ts'
import { ALICE, ALICES_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import { valueOf } from '../../support/engine.ts'
import { advanceRetries, runningClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { libraryModel } from '../../support/library-model.ts'

const home = { accountId: 'alice', teamId: ALICES_TEAM_ID }
const sha256 = 'ab'.repeat(32)

/** A library of Alice's teams on a cloud of its own. */
async function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-library-'))
  const clock = runningClock()
  const environment = createTestEnvironment(clock)
  const cloud = await startCloud({ now: clock.now })
  const client = createCloudClient(cloud.url, environment)
  const signIn = async () => valueOf(await login(client, ALICE.email, ALICE.password)).access_token
  const tokens = { current: await signIn() }
  const state = { isHere: true, hasStoredSignIn: true, isSignedOut: true }
  const accountOf = (id: string): Account => ({
    id,
    kind: 'session',
    server: cloud.url,
    personId: ALICE.id,
    name: '',
    email: '',
    teams: [],
    state: 'ready',
  })
  const deleted: string[] = []
  const signedOut: string[] = []
  const open = () =>
    createLibrary({
      folder: join(folder, 'libraries'),
      onDeleted: (id) => void deleted.push(id),
      onSignedOut: (id) => void signedOut.push(id),
      accounts: {
        list: () => [accountOf('alice'), accountOf('alice again')],
        hasStoredSignIn: () => state.hasStoredSignIn,
        isSignedOut: async () => state.isSignedOut,
        accessFor: (_accountId, teamId) =>
          state.isHere
            ? success({
                client,
                kind: 'session',
                signer: fixedSigner({ kind: 'session', token: tokens.current, teamId }),
              })
            : failed(failure('signed-out')),
      },
      environment,
    })
  const library = open()
  onTestFinished(async () => {
    await library.close()
    rmSync(folder, { recursive: true })
    await cloud.close()
  })
  const signer = fixedSigner({ kind: 'session', token: tokens.current, teamId: ALICES_TEAM_ID })
  const { signal } = new AbortController()
  const lists = () => cloud.operations.filter(({ name }) => name === 'listModels').length
  const add = (name: string, given = {}) =>
    cloud.addModel(ALICES_TEAM_ID, { model_path: `models/loras/${name}.safetensors`, ...given })
  const addMany = (count: number, prefix = 'lora') => {
    for (let index = 0; index < count; index += 1) add(`${prefix}-${index}`)
  }
  return {
    clock,
    cloud,
    library,
    alice: accountOf('alice'),
    lists,
    deleted,
    signedOut,
    add,
    addMany,
    state,
    reopen: open,
    /** Files of listings that are kept for the next start. */
    stored: () => readdirSync(join(folder, 'libraries')),
    signInAgain: async () => void (tokens.current = await signIn()),
    deleteAsOther: async (id: string) => valueOf(await deleteModel(client, signer, id, signal)),
    changeAsOther: async (id: string, change: LibraryChange) =>
      valueOf(await updateModel(client, signer, { id, change }, signal)),
  }
}

const names = (listing: Result<LibraryListing>) =>
  valueOf(listing)
    .models.map(({ displayName }) => displayName)
    .sort()

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

test.each([404, 403] as const)('does not repeat a listing that fails with %s', async (how) => {
  const { cloud, library, lists } = await setup()
  cloud.fail({ on: 'listModels', how, times: Infinity })
  expect((await library.models(home)).ok).toBe(false)
  expect(lists()).toBe(1)
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

const minuteMs = 60_000

/** Lists a library of 620 models and waits until the listing is too old. */
async function setupLarge() {
  const parts = await setup()
  parts.addMany(620)
  await parts.library.models(home)
  parts.clock.advance(6 * minuteMs)
  const before = parts.lists()
  const countOf = async () => valueOf(await parts.library.models(home)).models.length
  return { ...parts, newLists: () => parts.lists() - before, countOf }
}

test('requests only the first and last page of a large library while it is unchanged', async () => {
  const { countOf, newLists } = await setupLarge()
  expect([await countOf(), newLists()]).toEqual([620, 2])
})

test('requests as many pages of a large library as have new models', async () => {
  const { countOf, newLists, addMany } = await setupLarge()
  addMany(130, 'new')
  expect([await countOf(), newLists()]).toEqual([750, 3])
})

test('requests all pages of a large library in the background when a model was deleted', async () => {
  const { cloud, library, clock, countOf, newLists, lists, deleteAsOther } = await setupLarge()
  await deleteAsOther(cloud.modelsOf(ALICES_TEAM_ID)[300]?.id ?? '')
  const completed = completeListing(library)
  expect(await countOf()).toBe(620)
  await completed
  expect([await countOf(), newLists()]).toEqual([619, 9])
  const before = lists()
  clock.advance(6 * minuteMs)
  expect([await countOf(), lists() - before]).toEqual([619, 2])
})

test('finds changes to known models of a large library once an hour', async () => {
  const { cloud, library, clock, countOf, changeAsOther, signInAgain } = await setupLarge()
  const { id = '' } = cloud.modelsOf(ALICES_TEAM_ID)[300] ?? {}
  await changeAsOther(id, { displayName: 'renamed' })
  const nameOf = async () =>
    valueOf(await library.models(home)).models.find((one) => one.id === id)?.displayName
  expect(await nameOf()).not.toBe('renamed')
  clock.advance(60 * minuteMs)
  await signInAgain()
  const completed = completeListing(library)
  await countOf()
  await completed
  expect(await nameOf()).toBe('renamed')
})

test('requests all pages of a large library when the caller asks for the present state', async () => {
  const { library, newLists } = await setupLarge()
  await library.models(home, { maxAgeMs: 0 })
  expect(newLists()).toBe(7)
})

test('keeps the listing of a large library for the next process', async () => {
  const { library, reopen, add, lists } = await setupLarge()
  await library.close()
  add('new')
  const before = lists()
  const again = reopen()
  expect([valueOf(await again.models(home)).models.length, lists() - before]).toEqual([621, 2])
  await again.close()
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

test('stores no listing of a user who only has a token from outside', async () => {
  const { library, state, addMany, reopen, lists, stored } = await setup()
  state.hasStoredSignIn = false
  addMany(620)
  await library.models(home)
  await library.close()
  expect(stored).toThrow('ENOENT')
  const before = lists()
  const again = reopen()
  expect([valueOf(await again.models(home)).models.length, lists() - before]).toEqual([620, 7])
  await again.close()
})

test('forgets what is stored of an account, also if its listing is being requested', async () => {
  const { library, alice, cloud, lists, stored, countOf } = await setupLarge()
  await expect.poll(stored).toHaveLength(1)
  const held = cloud.hold('listModels')
  const asked = library.models(home)
  await held.arrived
  await library.forget(alice)
  held.release()
  await asked
  expect([stored(), library.cachedModels(home)]).toEqual([[], null])
  const before = lists()
  expect([await countOf(), lists() - before]).toEqual([620, 7])
})

test('continues in the next process a listing that closing has interrupted', async () => {
  const { cloud, library, reopen, addMany, lists } = await setup()
  addMany(1_200)
  const held = cloud.hold('listModels', 'arrival', { skip: 9 })
  const asked = library.models(home)
  await held.arrived
  await library.close()
  held.release()
  expect((await asked).ok).toBe(false)
  const before = lists()
  const again = reopen()
  expect(again.cachedModels(home)).toBeNull()
  expect(valueOf(await again.models(home)).models).toHaveLength(1_200)
  expect(lists() - before).toBeLessThan(8)
  await again.close()
})

/** Resolves when an update of a large library and the complete listing after it have been reported. */
function completeListing(library: Library): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let news = 0
  const unsubscribe = library.subscribe(() => {
    news += 1
    if (news < 2) return
    unsubscribe()
    resolve()
  })
  return promise
}
