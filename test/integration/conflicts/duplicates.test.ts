import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { unheldQueue, uploadStatusOf } from '../../../electron/contract/upload-status.ts'
import { advanceRetries } from '../../support/hand-clock.ts'
import { setup, sha256Of, valueOf, type EngineHarness } from '../../support/engine.ts'

/** Adds a model with the file's bytes to the team's library. */
function addColleagueModel(cloud: EngineHarness['cloud'], path: string, given: object = {}): string {
  return cloud.addModel(ALICES_TEAM_ID, {
    display_name: 'Theirs',
    model_path: 'models/loras/theirs.safetensors',
    file_size: statSync(path).size,
    file_hash: `sha256:${sha256Of(path)}`,
    ...given,
  })
}

const storageCalls = ({ cloud }: EngineHarness) =>
  cloud.operations.filter(({ kind }) => kind === 'storage').length

test('a file that the team already has is not sent and names the model', async () => {
  const context = await setup()
  const { app, cloud, file, countOf } = context
  const path = await file('mine.safetensors')
  const modelId = addColleagueModel(cloud, path)
  const [id = ''] = await app.add(path)
  const row = await app.settled(id)
  expect(row).toMatchObject({
    phase: 'registered',
    modelId,
    sha256: sha256Of(path),
    sentBytes: 0,
    storageKey: null,
    already: { name: 'Theirs', path: 'models/loras/theirs.safetensors', status: 'active' },
  })
  expect([storageCalls(context), countOf('presignModel'), countOf('registerModel')]).toEqual([0, 0, 0])
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('a file added while offline is compared with the library before it is sent', async () => {
  const context = await setup()
  const { app, cloud, clock, file, open } = context
  const path = await file('mine.safetensors')
  const modelId = addColleagueModel(cloud, path)
  await app.stop()
  const reconnect = await cloud.unplug()
  const again = await open()
  const [id = ''] = await again.add(path)
  await again.until(({ line }) => line === 'offline')
  await again.until(({ totals }) => totals.running === 0)
  await reconnect()
  clock.advance(3_000)
  expect(await again.settled(id)).toMatchObject({ modelId, already: { name: 'Theirs' } })
  expect(storageCalls(context)).toBe(0)
})

test('a duplicate in a large library is looked up once', async () => {
  const { app, cloud, clock, file, countOf } = await setup()
  const path = await file('mine.safetensors')
  const addOthers = (prefix: string) => {
    for (let count = 0; count < 250; count += 1)
      cloud.addModel(ALICES_TEAM_ID, { model_path: `models/loras/${prefix}-${count}.safetensors` })
  }
  // Only the first and the last pages are requested again.
  addOthers('older')
  const target = { modelPath: 'models/loras/theirs.safetensors' }
  const modelId = addColleagueModel(cloud, path, { model_path: target.modelPath })
  addOthers('newer')
  const choice = app.session().chosen
  if (!choice) return expect.unreachable()
  expect(valueOf(await app.calls.library({ choice, maxAgeMs: 0 })).models).toHaveLength(501)
  clock.advance(60_000)
  const [id = ''] = await app.add(path, { target })
  expect(await app.settled(id)).toMatchObject({ modelId, already: { name: 'Theirs' } })
  expect(countOf('getModel')).toBe(1)
})

test('a duplicate is in the history after a restart', async () => {
  const { app, cloud, file, open } = await setup()
  const path = await file('mine.safetensors')
  addColleagueModel(cloud, path)
  const [id = ''] = await app.add(path)
  await app.settled(id)
  await app.stop()
  const again = await open()
  const page = valueOf(await again.calls.history({ beforeMs: null, search: '', limit: 10 }))
  expect(page.rows.map(({ already, sentBytes }) => [already?.name, sentBytes])).toEqual([['Theirs', 0]])
})

test('an upload and a duplicate whose model this app deletes say so, also after a restart', async () => {
  const { app, cloud, file, open } = await setup()
  const [sent = ''] = await app.add(await file('sent.safetensors'))
  const { accountId } = await app.settled(sent)
  const path = await file('mine.safetensors')
  addColleagueModel(cloud, path)
  const [found = ''] = await app.add(path)
  await app.settled(found)
  const choice = { accountId, teamId: ALICES_TEAM_ID }
  for (const id of [sent, found]) valueOf(await app.engine.library.remove(choice, app.row(id).modelId ?? ''))
  await app.stop()
  const again = await open()
  const statuses = [sent, found].map((id) => uploadStatusOf(again.row(id), unheldQueue))
  expect(statuses).toEqual(['deleted', 'deleted'])
})

test('a file whose size no model has is sent without hashing it first', async () => {
  const context = await setup()
  const { app, cloud, file } = context
  const path = await file('mine.safetensors')
  addColleagueModel(cloud, path, { file_size: statSync(path).size + 1 })
  const held = cloud.hold('presignModel')
  const [id = ''] = await app.add(path)
  await held.arrived
  held.release()
  const row = await app.settled(id)
  expect([row.already, storageCalls(context)]).toEqual([undefined, 1])
})

test('a file with other bytes of the same size is sent', async () => {
  const { app, cloud, file } = await setup()
  const path = await file('mine.safetensors')
  addColleagueModel(cloud, path, { file_hash: `sha256:${'0'.repeat(64)}` })
  const [id = ''] = await app.add(path)
  expect((await app.settled(id)).sentBytes).toBe(statSync(path).size)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)
})

test('a model that was deleted after the listing does not count as duplicate', async () => {
  const context = await setup()
  const { app, cloud, clock, file } = context
  const path = await file('mine.safetensors')
  addColleagueModel(cloud, path)
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(path)
  const choice = { accountId: app.row(id).accountId, teamId: ALICES_TEAM_ID }
  expect(valueOf(await app.calls.library({ choice, maxAgeMs: 0 })).models).toHaveLength(1)
  clock.advance(60_000)
  cloud.fail({ on: 'getModel', how: 404 })
  await app.calls.resumeAll(undefined)
  expect((await app.settled(id)).already).toBe(undefined)
  // The model is looked up before the file is sent.
  const lookedUp = context.asked().indexOf('getModel')
  expect(context.asked().slice(lookedUp, lookedUp + 2)).toEqual(['getModel', 'presignModel'])
  expect(storageCalls(context)).toBe(1)
})

test('a file is sent again after its model was deleted from the library', async () => {
  const context = await setup()
  const { app, cloud, file } = context
  const path = await file('mine.safetensors')
  const [first = ''] = await app.add(path)
  const { accountId, modelId } = await app.phase(first, 'registered')
  const choice = { accountId, teamId: ALICES_TEAM_ID }
  valueOf(await app.engine.library.remove(choice, modelId ?? ''))
  valueOf(await app.calls.library({ choice, maxAgeMs: 0 }))
  const [second = ''] = await app.add(path)
  expect((await app.settled(second)).already).toBe(undefined)
  expect([storageCalls(context), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([2, 1])
})

test('a file with a new inode is compared with the library as well', async () => {
  const context = await setup()
  const { app, cloud, file } = context
  const path = await file('mine.safetensors')
  const stamp = () => utimesSync(path, 1_700_000_000, 1_700_000_000)
  stamp()
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(path)
  copyFileSync(path, `${path}.copy`)
  renameSync(`${path}.copy`, path)
  stamp()
  addColleagueModel(cloud, path)
  const choice = { accountId: app.row(id).accountId, teamId: ALICES_TEAM_ID }
  valueOf(await app.calls.library({ choice, maxAgeMs: 0 }))
  await app.calls.resumeAll(undefined)
  expect((await app.settled(id)).already?.name).toBe('Theirs')
  expect(storageCalls(context)).toBe(0)
})

test.each([404, 405, 403, 500, 'html', 'half-json'] as const)(
  'a listing that fails with %s does not prevent uploads',
  async (how) => {
    const { app, cloud, clock, file, countOf } = await setup()
    cloud.fail({ on: 'listModels', how, times: Infinity })
    const failureCodes: unknown[] = []
    app.engine.subscribe({ library: ({ failure }) => failureCodes.push(failure?.code) })
    const ids = await app.add([await file('a.safetensors'), await file('b.safetensors')])
    const rows = await advanceRetries(clock, Promise.all(ids.map((id) => app.settled(id))))
    expect(rows.map(({ phase }) => phase)).toEqual(['registered', 'registered'])
    // One failure for both uploads; only temporary ones are retried before.
    const isRefused = how === 404 || how === 405 || how === 403
    expect(countOf('listModels') === 1).toBe(isRefused)
    expect(failureCodes.filter((code) => code !== undefined)).toEqual([expect.any(String)])
  },
)

test('of two equal files one is sent and the other names its model', async () => {
  const context = await setup()
  const { app, cloud, file, folder } = context
  const one = await file('drop/a.safetensors')
  const two = join(folder, 'files', 'drop', 'copies', 'b.safetensors')
  mkdirSync(dirname(two))
  copyFileSync(one, two)
  const ids = await app.add(join(folder, 'files', 'drop'))
  const rows = await Promise.all(ids.map((id) => app.settled(id)))
  expect(rows.map(({ phase }) => phase)).toEqual(['registered', 'registered'])
  const [sent, duplicate] = rows[0]?.already ? [rows[1], rows[0]] : rows
  expect([duplicate?.already?.name, duplicate?.modelId]).toEqual([sent?.target.displayName, sent?.modelId])
  expect([storageCalls(context), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([1, 1])
})

test.each([1, 2])(
  'of a copy in a backup folder and the file, the file is kept (%i at once)',
  async (atOnce) => {
    const context = await setup({ settings: { atOnce } })
    const { app, cloud, file, folder } = context
    const copy = await file('loras/backup/x.safetensors')
    copyFileSync(copy, join(folder, 'files', 'loras', 'x.safetensors'))
    const ids = await app.add(join(folder, 'files', 'loras'))
    const rows = await Promise.all(ids.map((id) => app.settled(id)))
    expect(rows.map(({ target, already }) => [target.modelPath, already?.path]).sort()).toEqual([
      ['models/loras/backup/x.safetensors', 'models/loras/x.safetensors'],
      ['models/loras/x.safetensors', undefined],
    ])
    const paths = cloud.modelsOf(ALICES_TEAM_ID).map((model) => model.model_path)
    expect([paths, storageCalls(context)]).toEqual([['models/loras/x.safetensors'], 1])
  },
)

test('a queued copy in a backup folder gives way to the file that is added later', async () => {
  const { app, cloud, file, folder, open } = await setup({ settings: { atOnce: 1 } })
  const copy = await file('loras/backup/x.safetensors')
  const kept = join(folder, 'files', 'loras', 'x.safetensors')
  copyFileSync(copy, kept)
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(copy)
  await app.add(kept)
  await app.stop()
  const again = await open()
  await again.calls.resumeAll(undefined)
  expect((await again.settled(id)).already?.path).toBe('models/loras/x.safetensors')
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('the second of two equal files is sent if the first is cancelled', async () => {
  const context = await setup()
  const { app, cloud, file, folder } = context
  const one = await file('a.safetensors')
  const two = join(folder, 'files', 'b.safetensors')
  copyFileSync(one, two)
  const held = cloud.hold('put-object')
  const [first = '', second = ''] = await app.add([one, two])
  await held.arrived
  expect((await app.phase(second, 'retrying')).failure?.code).toBe('same-as-other')
  valueOf(await app.calls.cancel({ ids: [first] }))
  held.release()
  const row = await app.settled(second)
  expect([row.phase, row.already, cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([
    'registered',
    undefined,
    1,
  ])
})

test('a file moved to the top is sent although it waited for an equal file', async () => {
  const { app, cloud, clock, file, folder, countOf } = await setup()
  const one = await file('a.safetensors')
  const two = join(folder, 'files', 'b.safetensors')
  copyFileSync(one, two)
  // Long enough that the first upload does not retry before the second was moved.
  cloud.fail({ on: 'presignModel', how: 503, retryAfterSeconds: 600 })
  const [first = '', second = ''] = await app.add([one, two])
  await app.phase(first, 'retrying')
  expect((await app.phase(second, 'retrying')).failure?.code).toBe('same-as-other')
  const held = cloud.hold('put-object')
  valueOf(await app.calls.moveToTop({ ids: [second] }))
  clock.advance(10_000)
  await held.arrived
  clock.advance(700_000)
  await app.until(() => app.row(first).failure?.code === 'same-as-other')
  held.release()
  expect((await app.phase(second, 'registered')).already).toBe(undefined)
  expect((await app.phase(first, 'registered')).already).toBeDefined()
  expect(countOf('put-object')).toBe(1)
})

const partBytes = 5 * 1024 ** 2

/** An upload of three parts that was paused after the first, and a copy of its file whose parts are held. */
async function beginAndCopy() {
  const context = await setup({
    cloud: { partSizeBytes: partBytes },
    settings: { singlePutLimitBytes: partBytes },
  })
  const { app, cloud, file, folder } = context
  const path = await file('a.safetensors', { sizeBytes: 3 * partBytes })
  const first = cloud.hold('put-part', 'arrival', { skip: 1 })
  const [begun = ''] = await app.add(path)
  await app.until(() => app.row(begun).sentBytes === partBytes)
  await app.pauseNow(begun)
  first.release()
  const copyPath = join(folder, 'files', 'b.safetensors')
  copyFileSync(path, copyPath)
  const held = cloud.hold('put-part')
  const [copy = ''] = await app.add(copyPath)
  await held.arrived
  cloud.forgetOperations()
  valueOf(await app.calls.resume({ ids: [begun] }))
  return { ...context, begun, copy, held }
}

test('a resumed upload waits for a copy that runs, and continues its parts if that is cancelled', async () => {
  const { app, cloud, begun, copy, held, countOf } = await beginAndCopy()
  expect(await app.phase(begun, 'retrying')).toMatchObject({
    failure: { code: 'same-as-other' },
    sentBytes: partBytes,
  })
  valueOf(await app.calls.cancel({ ids: [copy] }))
  cloud.forgetOperations()
  held.release()
  const { phase, already } = await app.settled(begun)
  expect([phase, already]).toEqual(['registered', undefined])
  expect([countOf('initiateMultipart'), countOf('completeMultipart')]).toEqual([0, 1])
})

test('a resumed upload of which a copy is registered first sends nothing more', async () => {
  const { app, cloud, begun, copy, held, countOf } = await beginAndCopy()
  await app.phase(begun, 'retrying')
  held.release()
  const { modelId, target } = await app.settled(copy)
  const row = await app.settled(begun)
  expect([row.phase, row.modelId, row.already?.path]).toEqual(['registered', modelId, target.modelPath])
  await cloud.ended('abortMultipart')
  expect([countOf('completeMultipart'), await cloud.unfinishedUploads()]).toEqual([1, []])
})

test('a file that was overwritten with its old time isn’t taken for the one that was hashed', async () => {
  const { app, cloud, file: write, open } = await setup()
  const path = await write('mine.safetensors', { sizeBytes: 1_000_000 })
  utimesSync(path, 1_700_000_000, 1_700_000_000)
  const modelId = addColleagueModel(cloud, path)
  const [first = ''] = await app.add(path)
  await app.settled(first)
  const sha256 = sha256Of(path)
  await app.stop()
  const reopened = await open()
  const isKnown = async () => valueOf(await reopened.calls.hasLocalFile({ sha256 }))
  expect(await isKnown()).toBe(true)
  // Other bytes, outside of the samples, with the same size, time and inode.
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(100, 7), 0, 100, 200_000)
  closeSync(file)
  utimesSync(path, 1_700_000_000, 1_700_000_000)
  expect(await isKnown()).toBe(false)
  const [second = ''] = await reopened.add(path)
  expect((await reopened.settled(second)).modelId).not.toBe(modelId)
})
