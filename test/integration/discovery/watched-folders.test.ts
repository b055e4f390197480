import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { TeamChoice } from '../../../electron/contract/account.ts'
import type { AddReport } from '../../../electron/contract/uploads.ts'
import type { WatchedFoldersView } from '../../../electron/contract/watched-folders.ts'
import { WatchWorkerClient } from '../../../electron/discovery/watched-folders/watch-worker-client.ts'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { onnxOf } from '../../fixtures/onnx-files.ts'
import { setup, valueOf, type App, type EngineHarness } from '../../support/engine.ts'
import { runningClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { builtWorkers } from '../../support/runner/test-programs.ts'

const agree = async () => true

/** Fails the test if the user is asked about what is not possible. */
const refuseToAsk = () => Promise.reject(new Error('the user was asked'))

/** What the user confirms in the dialog about a folder's offered files. */
async function offeredBy(app: App, id: string) {
  const folder = valueOf(await app.calls.watching(undefined)).folders.find((one) => one.id === id)
  if (!folder) throw new Error('not watched')
  return { accountId: folder.accountId, teamId: folder.team.id, ...folder.offered }
}

/** Watches `files/inbox` for the selected team; resolves once the folder has been searched. */
async function watchInbox(harness: EngineHarness, app: App = harness.app): Promise<string> {
  mkdirSync(join(harness.folder, 'files/inbox'), { recursive: true })
  const choice = app.session().chosen as TeamChoice
  const view = valueOf(await app.engine.watchFolder(join(harness.folder, 'files/inbox'), choice, agree))
  const id = view.folders[0]?.id ?? ''
  await untilView(app, (now) => now.folders[0]?.state === 'watching')
  return id
}

/** Resolves with the first view that fulfils a condition. */
function untilView(
  app: App,
  isFulfilled: (view: WatchedFoldersView) => boolean,
): Promise<WatchedFoldersView> {
  return new Promise((resolve) => {
    const check = (view: WatchedFoldersView) => {
      if (!isFulfilled(view)) return
      unsubscribe()
      resolve(view)
    }
    const unsubscribe = app.engine.subscribe({ watching: check })
    void app.calls.watching(undefined).then((result) => check(valueOf(result)))
  })
}

/**
 * Waits for `found` and advances the clock, but not over the time limits of calls that the server works on. A
 * response may still be on its way to the app: the shortest limit, of the listing, is two steps.
 */
async function advanceWhile<T>({ clock, cloud }: EngineHarness, found: Promise<T>): Promise<T> {
  const ticking = setInterval(() => {
    if (cloud.operations.every(({ ended }) => ended)) clock.advance(1_000)
  }, 20)
  try {
    return await found
  } finally {
    clearInterval(ticking)
  }
}

/** Advances the clock until a new file is in the queue. */
async function untilQueued(harness: EngineHarness, app: App, fileName: string) {
  await untilView(app, ({ folders }) => (folders[0]?.settling ?? 0) > 0)
  return advanceWhile(
    harness,
    app.until(({ rows }) => rows.find((row) => row.fileName === fileName)),
  )
}

test('uploads new models of a watched folder and only offers existing ones', async () => {
  const harness = await setup()
  await harness.file('inbox/loras/old.safetensors')
  const id = await watchInbox(harness)
  expect(valueOf(await harness.app.calls.watching(undefined)).folders[0]?.offered).toEqual({
    count: 1,
    sizeBytes: 150_000,
  })
  await harness.file('inbox/loras/deep/new.safetensors')
  const row = await untilQueued(harness, harness.app, 'new.safetensors')
  const done = await harness.app.settled(row.id)
  expect([done.phase, done.target.modelPath]).toEqual(['registered', 'models/loras/deep/new.safetensors'])
  expect(harness.app.rows()).toHaveLength(1)
  expect(valueOf(await harness.app.engine.sendOffered(id, await offeredBy(harness.app, id)))).toMatchObject({
    added: 1,
  })
  expect(valueOf(await harness.app.calls.watching(undefined)).folders[0]?.offered.count).toBe(0)
})

test('reports a folder as ready again after a new folder was created in it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-watch-'))
  let readyCount = 0
  const client = new WatchWorkerClient({
    worker: builtWorkers().watch,
    environment: createTestEnvironment(runningClock()),
    onFileChanged: () => undefined,
    onReady: () => void (readyCount += 1),
    onLost: () => undefined,
  })
  onTestFinished(async () => {
    await client.close()
    rmSync(folder, { recursive: true })
  })
  client.start('one', folder)
  await expect.poll(() => readyCount).toBe(1)
  mkdirSync(join(folder, 'loras'))
  await expect.poll(() => readyCount).toBe(2)
})

test('sends no private file that an unpacked model links to, and reports the link', async () => {
  const harness = await setup()
  await watchInbox(harness)
  const secret = join(harness.folder, 'id_ed25519')
  writeFileSync(secret, 'secret')
  const reports: AddReport[] = []
  harness.app.engine.subscribe({ added: (report) => reports.push(report) })
  const model = join(harness.folder, 'files/inbox/diffusers/sdxl')
  mkdirSync(join(model, 'vae'), { recursive: true })
  symlinkSync(secret, join(model, 'vae/config.json'))
  writeFileSync(join(model, 'model_index.json'), '{}')
  await harness.file('inbox/diffusers/sdxl/vae/diffusion_pytorch_model.safetensors')
  const row = await untilQueued(harness, harness.app, 'diffusion_pytorch_model.safetensors')
  await harness.app.settled(row.id)
  await Promise.all(harness.app.rows().map(({ id }) => harness.app.settled(id)))
  expect(harness.cloud.modelsOf(ALICES_TEAM_ID).map((sent) => sent.model_path)).not.toContainEqual(
    expect.stringContaining('config.json'),
  )
  expect(reports.map(({ skipped }) => skipped)).toEqual([
    [{ name: 'sdxl/vae/config.json', reason: 'link-outside' }],
  ])
})

test('asks about a new model that a link out of the folder leads to', async () => {
  const harness = await setup()
  await watchInbox(harness)
  const path = await harness.file('private/mine.safetensors')
  symlinkSync(path, join(harness.folder, 'files/inbox/mine.safetensors'))
  const row = await untilQueued(harness, harness.app, 'mine.safetensors')
  expect((await harness.app.settled(row.id)).failure).toEqual({ code: 'file-outside', params: { path } })
  valueOf(harness.app.engine.allow([row.id]))
  expect((await harness.app.settled(row.id)).phase).toBe('registered')
})

test('applies the conflict setting to a new model', async () => {
  const harness = await setup({ settings: { onConflict: 'keep-both' } })
  const taken = 'models/loras/deep/new.safetensors'
  harness.cloud.addModel(ALICES_TEAM_ID, { model_path: taken })
  await watchInbox(harness)
  await harness.file('inbox/loras/deep/new.safetensors')
  const row = await untilQueued(harness, harness.app, 'new.safetensors')
  expect((await harness.app.settled(row.id)).phase).toBe('registered')
  expect(harness.cloud.modelsOf(ALICES_TEAM_ID).map((model) => model.model_path)).toEqual([
    taken,
    'models/loras/deep/new-2.safetensors',
  ])
})

test('uploads only models that arrived meanwhile after a restart', async () => {
  const harness = await setup()
  await harness.file('inbox/loras/old.safetensors')
  await watchInbox(harness)
  await harness.file('inbox/loras/first.safetensors')
  const first = await untilQueued(harness, harness.app, 'first.safetensors')
  await harness.app.settled(first.id)
  await harness.app.stop()
  await harness.file('inbox/loras/meanwhile.safetensors')
  const again = await harness.open()
  const row = await untilQueued(harness, again, 'meanwhile.safetensors')
  await again.settled(row.id)
  expect(
    again
      .rows()
      .map(({ fileName }) => fileName)
      .sort(),
  ).toEqual(['first.safetensors', 'meanwhile.safetensors'])
})

test('uploads new models after the next sign-in', async () => {
  const harness = await setup()
  await watchInbox(harness)
  const accountId = harness.app.session().chosen?.accountId ?? ''
  await harness.app.calls.signOut({ accountId })
  await harness.file('inbox/loras/waits.safetensors')
  await harness.app.signIn()
  const row = await untilQueued(harness, harness.app, 'waits.safetensors')
  expect((await harness.app.settled(row.id)).phase).toBe('registered')
})

test('uploads a sharded model with its index once the last shard arrives', async () => {
  const harness = await setup()
  await watchInbox(harness)
  const name = (part: number) => `inbox/text_encoders/big-0000${part}-of-00002.safetensors`
  await harness.file(name(1))
  await untilView(harness.app, ({ folders }) => folders[0]?.settling === 1)
  await advanceWhile(
    harness,
    untilView(harness.app, ({ folders }) => folders[0]?.incomplete === 1),
  )
  expect(harness.app.rows()).toEqual([])
  writeFileSync(join(harness.folder, 'files/inbox/text_encoders/big.safetensors.index.json'), '{}')
  await harness.file(name(2))
  await untilQueued(harness, harness.app, 'big-00002-of-00002.safetensors')
  await harness.app.until(({ rows }) => rows.length === 3)
  const done = await Promise.all(harness.app.rows().map(({ id }) => harness.app.settled(id)))
  expect(new Set(done.map(({ phase, recognition }) => [phase, recognition.group?.name].join()))).toEqual(
    new Set(['registered,big']),
  )
})

test('changes the team of a watched folder, but not to one that watches it already', async () => {
  const harness = await setup()
  await harness.file('inbox/loras/old.safetensors')
  const id = await watchInbox(harness)
  const { accountId = '', teamId = '' } = harness.app.session().chosen ?? {}
  const others = harness.app.session().accounts[0]?.teams.filter((team) => team.id !== teamId) ?? []
  const other = { accountId, teamId: others[0]?.id ?? '' }
  const given = valueOf(await harness.app.engine.giveWatched(id, other, agree))
  expect(given.folders.map(({ team, offered }) => [team.id, offered.count])).toEqual([[other.teamId, 1]])
  await harness.app.engine.watchFolder(join(harness.folder, 'files/inbox'), { accountId, teamId }, agree)
  const refused = await harness.app.engine.giveWatched(id, { accountId, teamId }, refuseToAsk)
  expect(refused).toMatchObject({ ok: false, failure: { code: 'already-watched' } })
  await harness.app.stop()
  const again = valueOf(await (await harness.open()).calls.watching(undefined))
  expect(again.folders.map(({ team }) => team.id).sort()).toEqual([other.teamId, teamId].sort())
})

test('enqueues an offered sharded model with its index', async () => {
  const harness = await setup()
  for (const part of [1, 2]) await harness.file(`inbox/text_encoders/old-0000${part}-of-00002.safetensors`)
  writeFileSync(join(harness.folder, 'files/inbox/text_encoders/old.safetensors.index.json'), '{}')
  const id = await watchInbox(harness)
  expect(valueOf(await harness.app.engine.sendOffered(id, await offeredBy(harness.app, id)))).toMatchObject({
    added: 3,
    refused: 0,
  })
  expect(new Set(harness.app.rows().map(({ recognition }) => recognition.group?.key)).size).toBe(1)
})

test('uploads a diffusers folder and a graph with external weights as one model each', async () => {
  const harness = await setup()
  await watchInbox(harness)
  const inbox = join(harness.folder, 'files/inbox')
  await harness.file('inbox/flux/vae/diffusion_pytorch_model.safetensors')
  writeFileSync(
    join(inbox, 'flux/model_index.json'),
    '{"_class_name": "FluxPipeline", "vae": ["diffusers", "AutoencoderKL"]}',
  )
  const weights = { location: 'net.onnx.data', length: 3_000 }
  writeFileSync(join(inbox, 'net.onnx.data'), Buffer.alloc(3_000, 7))
  writeFileSync(
    join(inbox, 'net.onnx'),
    onnxOf([
      { name: 'near', shape: [64, 16] },
      { name: 'far', shape: [8, 8], external: weights },
    ]),
  )
  await untilView(harness.app, ({ folders }) => (folders[0]?.settling ?? 0) > 0)
  const rows = await advanceWhile(
    harness,
    harness.app.until((now) => now.rows.length === 4 && now.rows),
  )
  const ends = await Promise.all(rows.map(({ id }) => harness.app.settled(id)))
  const outcomes = ends.map(({ phase, fileName, recognition: { group } }) => [fileName, phase, group?.kind])
  expect(outcomes.toSorted()).toEqual(
    [
      ['diffusion_pytorch_model.safetensors', 'registered', 'diffusers'],
      ['model_index.json', 'registered', 'diffusers'],
      ['net.onnx', 'registered', 'external'],
      ['net.onnx.data', 'registered', 'external'],
    ].toSorted(),
  )
})
