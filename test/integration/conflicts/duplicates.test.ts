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
import { setup, sha256Of, valueOf, type World } from '../../support/engine.ts'

/** Puts a model with a file's bytes into the team's library, as if a colleague had. */
function colleagueHas(cloud: World['cloud'], path: string, given: object = {}): string {
  return cloud.addModel(ALICES_TEAM_ID, {
    ...{ display_name: 'Theirs', model_path: 'models/loras/theirs.safetensors' },
    ...{ file_size: statSync(path).size, file_hash: `sha256:${sha256Of(path)}` },
    ...given,
  })
}

const storageCalls = ({ cloud }: World) => cloud.operations.filter(({ kind }) => kind === 'storage').length

test('a file that the team has is not sent at all, and says which model has its bytes', async () => {
  const world = await setup()
  const { app, cloud, file, countOf } = world
  const path = await file('mine.safetensors')
  const modelId = colleagueHas(cloud, path)
  const [id = ''] = await app.add(path)
  const row = await app.settled(id)
  expect(row).toMatchObject({
    ...{ phase: 'registered', modelId, sha256: sha256Of(path), sentBytes: 0, storageKey: null },
    already: { name: 'Theirs', path: 'models/loras/theirs.safetensors', status: 'active' },
  })
  expect([storageCalls(world), countOf('presignModel'), countOf('registerModel')]).toEqual([0, 0, 0])
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('it stands in the history as well, after a restart', async () => {
  const { app, cloud, file, open } = await setup()
  const path = await file('mine.safetensors')
  colleagueHas(cloud, path)
  const [id = ''] = await app.add(path)
  await app.settled(id)
  await app.stop()
  const again = await open()
  const page = valueOf(await again.calls.history({ beforeMs: null, search: '', limit: 10 }))
  expect(page.rows.map(({ already, sentBytes }) => [already?.name, sentBytes])).toEqual([['Theirs', 0]])
})

test('a file whose size no model has is sent without being read beforehand', async () => {
  const world = await setup()
  const { app, cloud, file } = world
  const path = await file('mine.safetensors')
  colleagueHas(cloud, path, { file_size: statSync(path).size + 1 })
  const held = cloud.hold('presignModel')
  const [id = ''] = await app.add(path)
  await held.arrived
  held.release()
  const row = await app.settled(id)
  expect([row.already, storageCalls(world)]).toEqual([undefined, 1])
})

test('other bytes of the same size are sent', async () => {
  const { app, cloud, file } = await setup()
  const path = await file('mine.safetensors')
  colleagueHas(cloud, path, { file_hash: `sha256:${'0'.repeat(64)}` })
  const [id = ''] = await app.add(path)
  expect((await app.settled(id)).sentBytes).toBe(statSync(path).size)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)
})

test('a model that somebody has deleted since it was listed is not believed in', async () => {
  const world = await setup()
  const { app, cloud, clock, file } = world
  const path = await file('mine.safetensors')
  colleagueHas(cloud, path)
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(path)
  await cloud.ended('listModels')
  clock.advance(60_000)
  cloud.fail({ on: 'getModel', how: 404 })
  await app.calls.resumeAll(undefined)
  expect((await app.settled(id)).already).toBe(undefined)
  expect(storageCalls(world)).toBe(1)
})

test('a file that was sent, deleted from the library and dropped again is sent again', async () => {
  const world = await setup()
  const { app, cloud, file } = world
  const path = await file('mine.safetensors')
  const [first = ''] = await app.add(path)
  const { accountId, modelId } = await app.phase(first, 'registered')
  const choice = { accountId, teamId: ALICES_TEAM_ID }
  valueOf(await app.calls.deleteModel({ choice, modelId: modelId ?? '' }))
  valueOf(await app.calls.library({ choice, isFresh: true }))
  const [second = ''] = await app.add(path)
  expect((await app.settled(second)).already).toBe(undefined)
  expect([storageCalls(world), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([2, 1])
})

test('a file that its disk numbered anew is looked for in the library as any other', async () => {
  const world = await setup()
  const { app, cloud, file } = world
  const path = await file('mine.safetensors')
  const stamp = () => utimesSync(path, 1_700_000_000, 1_700_000_000)
  stamp()
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(path)
  copyFileSync(path, `${path}.copy`)
  renameSync(`${path}.copy`, path)
  stamp()
  colleagueHas(cloud, path)
  const choice = { accountId: app.row(id).accountId, teamId: ALICES_TEAM_ID }
  valueOf(await app.calls.library({ choice, isFresh: true }))
  await app.calls.resumeAll(undefined)
  expect((await app.settled(id)).already?.name).toBe('Theirs')
  expect(storageCalls(world)).toBe(0)
})

test.each([404, 405, 403, 500, 'html', 'half-json'] as const)(
  'a list that answers %s is in nobody’s way',
  async (how) => {
    const { app, cloud, file, countOf } = await setup()
    cloud.fail({ on: 'listModels', how, times: Infinity })
    const told: unknown[] = []
    app.engine.subscribe({ library: ({ failure }) => told.push(failure?.code) })
    const ids = await app.add([await file('a.safetensors'), await file('b.safetensors')])
    const rows = await Promise.all(ids.map((id) => app.settled(id)))
    expect(rows.map(({ phase }) => phase)).toEqual(['registered', 'registered'])
    // Asked once for both, and told once.
    expect([countOf('listModels'), told.filter((code) => code !== undefined)]).toEqual([
      1,
      [expect.any(String)],
    ])
  },
)

test('the same bytes twice in a drop go once, and the second says where they are', async () => {
  const world = await setup()
  const { app, cloud, file, folder } = world
  const one = await file('drop/a.safetensors')
  const two = join(folder, 'files', 'drop', 'copies', 'b.safetensors')
  mkdirSync(dirname(two))
  copyFileSync(one, two)
  const ids = await app.add(join(folder, 'files', 'drop'))
  const rows = await Promise.all(ids.map((id) => app.settled(id)))
  expect(rows.map(({ phase }) => phase)).toEqual(['registered', 'registered'])
  const [sent, spared] = rows[0]?.already ? [rows[1], rows[0]] : rows
  expect([spared?.already?.name, spared?.modelId]).toEqual([sent?.target.displayName, sent?.modelId])
  expect([storageCalls(world), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([1, 1])
})

test('when the first of two equal files is taken away, the second goes itself', async () => {
  const world = await setup()
  const { app, cloud, file, folder } = world
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

test('of two equal files the one that was moved to the top is sent whole, though it had waited for the other', async () => {
  const { app, cloud, clock, file, folder, countOf } = await setup()
  const one = await file('a.safetensors')
  const two = join(folder, 'files', 'b.safetensors')
  copyFileSync(one, two)
  // Long enough that the first doesn't start again before the second was moved, however slow the machine is.
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

test('a file that was hashed once is not read again while its size, time and inode stay', async () => {
  const { app, cloud, file: write, open } = await setup()
  const path = await write('mine.safetensors')
  utimesSync(path, 1_700_000_000, 1_700_000_000)
  const modelId = colleagueHas(cloud, path)
  const [first = ''] = await app.add(path)
  await app.settled(first)
  await app.stop()
  // Other bytes that nothing on the outside shows: whoever read them would find no model.
  const sha256 = sha256Of(path)
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(100, 7), 0, 100, statSync(path).size - 100)
  closeSync(file)
  utimesSync(path, 1_700_000_000, 1_700_000_000)
  const again = await open()
  const [second = ''] = await again.add(path)
  expect((await again.settled(second)).modelId).toBe(modelId)
  const isKnown = async () => valueOf(await again.calls.hasLocalFile({ sha256 }))
  expect(await isKnown()).toBe(true)
  utimesSync(path, 1_700_000_001, 1_700_000_001)
  expect(await isKnown()).toBe(false)
})
