import { statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fixedSigner } from '../../../electron/accounts/signers.ts'
import { login } from '../../../electron/cloud/auth.ts'
import { createCloudClient } from '../../../electron/cloud/client.ts'
import { deleteModel, updateModel } from '../../../electron/cloud/models.ts'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { collision, oldStyle as old, takenPath as path } from '../../support/collision.ts'
import { setup, valueOf, type EngineHarness } from '../../support/engine.ts'
import { teamOf } from '../../support/review.ts'

test('a taken path is reported before a byte is sent, with a free path', async () => {
  const { app, id, oldId, countOf, library } = await collision()
  const row = await app.phase(id, 'failed')
  expect(row.failure).toMatchObject({
    code: 'path-taken',
    params: {
      name: 'Old style',
      path,
      suggestion: 'models/loras/style-2.safetensors',
      modelId: oldId,
      theirBytes: 1_000_000,
      status: 'active',
    },
  })
  expect([countOf('presignModel'), countOf('put-object'), library()]).toEqual([0, 0, [old]])
})

test('skipping removes the row and leaves the library unchanged', async () => {
  const { app, id, decide, library, countOf } = await collision()
  await app.phase(id, 'failed')
  await decide('skip')
  await app.until(({ rows }) => rows.length === 0)
  expect([library(), countOf('put-object')]).toEqual([[old], 0])
})

test.each([
  [
    'a path of the person’s own',
    { path: 'models/loras/other.safetensors' },
    'models/loras/other.safetensors',
  ],
  ['the next free path', {}, 'models/loras/style-2.safetensors'],
] as const)('renaming sends it to %s', async (_name, more, target) => {
  const { app, id, decide, library } = await collision()
  await app.phase(id, 'failed')
  await decide('rename', more)
  const row = await app.settled(id)
  expect([row.phase, library()]).toEqual(['registered', [old, [row.target.displayName, target, 'active']]])
})

test('a new name that is taken too is reported again', async () => {
  const { app, cloud, id, decide } = await collision()
  const other = 'models/loras/other.safetensors'
  cloud.addModel(ALICES_TEAM_ID, { model_path: other, display_name: 'Another' })
  await app.phase(id, 'failed')
  // The list may be some minutes old; a new one contains what a colleague has added.
  const choice = { accountId: app.row(id).accountId, teamId: ALICES_TEAM_ID }
  valueOf(await app.calls.library({ choice, maxAgeMs: 0 }))
  await decide('rename', { path: other })
  const row = await app.until(({ rows }) => rows.find(({ failure }) => failure?.params['name'] === 'Another'))
  expect(row.failure?.code).toBe('path-taken')
})

test('keeping both adds a number to path and name', async () => {
  const { app, id, decide, library } = await collision(
    {},
    { target: { modelPath: path, displayName: 'Style' } },
  )
  await app.phase(id, 'failed')
  await decide('keep-both')
  await app.settled(id)
  expect(library()).toEqual([old, ['Style (2)', 'models/loras/style-2.safetensors', 'active']])
})

test('replacing registers the new model, then disables the displaced old one', async () => {
  const { app, cloud, id, decide, library, asked } = await collision()
  await app.phase(id, 'failed')
  cloud.forgetOperations()
  await decide('replace')
  const row = await app.settled(id)
  expect([row.phase, row.replaces?.asidePath]).toEqual(['registered', 'models/loras/style-2.safetensors'])
  expect(library()).toEqual([
    ['Old style', 'models/loras/style-2.safetensors', 'disabled'],
    [row.target.displayName, path, 'active'],
  ])
  await app.until(() => app.row(id).verification?.kind === 'verified')
  expect(asked().filter((name) => !name.startsWith('list'))).toEqual([
    ...['presignModel', 'put-object', 'registerModel', 'updateModel', 'registerModel'],
    ...['getModel', 'updateModel', 'getModel'],
  ])
})

test('replacing deletes the old model last if that was chosen', async () => {
  const { app, cloud, id, decide, library, asked } = await collision()
  await app.phase(id, 'failed')
  cloud.forgetOperations()
  await decide('replace', { fate: 'delete' })
  const row = await app.settled(id)
  expect(library()).toEqual([[row.target.displayName, path, 'active']])
  // Reading back the new model follows at any time.
  expect(asked().findLast((name) => name !== 'getModel')).toBe('deleteModel')
})

test('the decision to replace a model is not valid for another path', async () => {
  const { app, cloud, id, decide, library } = await collision()
  await app.phase(id, 'failed')
  const other = 'models/loras/other.safetensors'
  cloud.addModel(ALICES_TEAM_ID, { model_path: other, display_name: 'Another' })
  valueOf(await app.calls.library({ choice: teamOf(app, ALICES_TEAM_ID), maxAgeMs: 0 }))
  await app.pauseNow()
  await decide('replace', { fate: 'delete' })
  valueOf(await app.calls.editTarget({ id, change: { modelPath: other } }))
  valueOf(await app.calls.resumeAll(undefined))
  expect((await app.settled(id)).failure).toMatchObject({ code: 'path-taken', params: { path: other } })
  expect(library()).toEqual([old, ['Another', other, 'active']])
})

test('the old model is unchanged while sending fails', async () => {
  const { app, cloud, id, decide, library } = await collision()
  await app.phase(id, 'failed')
  cloud.fail({ on: 'put-object', how: 403, times: Infinity })
  await decide('replace', { fate: 'delete' })
  expect([(await app.settled(id)).phase, library()]).toEqual(['failed', [old]])
})

test('the old model is moved back if the new one is refused for good', async () => {
  const { app, cloud, id, decide, library } = await collision()
  await app.phase(id, 'failed')
  cloud.fail({ on: 'registerModel', how: 403, skip: 1 })
  await decide('replace', { fate: 'delete' })
  const row = await app.settled(id)
  expect([row.failure?.code, row.replaces?.asidePath, library()]).toEqual(['forbidden', null, [old]])
})

test.each([403, 409] as const)(
  'an old model that can’t be deleted (%s) is reported and can be kept',
  async (how) => {
    const { app, cloud, id, decide, library } = await collision()
    await app.phase(id, 'failed')
    cloud.fail({ on: 'deleteModel', how })
    await decide('replace', { fate: 'delete' })
    const row = await app.settled(id)
    expect(row.failure).toMatchObject({
      code: 'old-model-stays',
      params: { name: 'Old style', fate: 'delete', path: 'models/loras/style-2.safetensors' },
    })
    expect(library()).toHaveLength(2)
    await decide('keep-both')
    expect((await app.phase(id, 'registered')).modelId).not.toBe(null)
    expect(library().map(([, , status]) => status)).toEqual(['active', 'active'])
  },
)

test('an old model that was deleted meanwhile needs no replacement', async () => {
  const { app, cloud, id, decide } = await collision()
  await app.phase(id, 'failed')
  cloud.fail({ on: 'deleteModel', how: 404 })
  // It exists in the first lookup, but not in the one that verifies it.
  cloud.fail({ on: 'getModel', how: 404, skip: 1 })
  await decide('replace', { fate: 'delete' })
  expect((await app.settled(id)).phase).toBe('registered')
})

test('one decision applies to all rows that wait for it', async () => {
  const { app, cloud, file } = await setup()
  const names = ['a', 'b', 'c']
  for (const name of names) cloud.addModel(ALICES_TEAM_ID, { model_path: `models/vae/${name}.safetensors` })
  const paths = await Promise.all(names.map((name) => file(`models/vae/${name}.safetensors`)))
  const ids = await app.add(paths)
  await app.until(({ totals }) => totals.needsYou === 3)
  valueOf(await app.engine.decide({ ids: [...ids], choice: 'keep-both', fate: 'disable' }))
  await Promise.all(ids.map((id) => app.phase(id, 'registered')))
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(6)
})

test.each([
  ['skip', []],
  ['rename', [['models/loras/style-2.safetensors', 'active']]],
  ['keep-both', [['models/loras/style-2.safetensors', 'active']]],
] as const)('applies the policy %s without asking', async (onConflict, added) => {
  const { app, id, library } = await collision({}, { onConflict })
  if (onConflict === 'skip') await app.until(({ rows }) => rows.length === 0)
  else await app.phase(id, 'registered')
  expect(library().map(([, at, status]) => [at, status])).toEqual([[path, 'active'], ...added])
})

test('the replacement policy of the settings is applied without asking', async () => {
  const settings = { onConflict: 'replace', replacedFate: 'delete' } as const
  const { app, id, library } = await collision({ settings })
  await app.phase(id, 'registered')
  expect(library().map(([, at, status]) => [at, status])).toEqual([[path, 'active']])
})

test('of two files for one path the first is sent and the second asks', async () => {
  const { app, cloud, file } = await setup()
  const target = { modelPath: path }
  await app.calls.pauseAll(undefined)
  const [first = ''] = await app.add(await file('one/style.safetensors'), { target })
  const [second = ''] = await app.add(await file('two/style.safetensors', { sizeBytes: 160_000 }), { target })
  const row = await app.phase(second, 'failed')
  expect(row.failure).toMatchObject({
    code: 'path-taken-here',
    params: {
      name: 'one/style.safetensors',
      uploadId: first,
      suggestion: 'models/loras/style-2.safetensors',
    },
  })
  valueOf(await app.engine.decide({ ids: [second], choice: 'keep-both', fate: 'disable' }))
  await app.calls.resumeAll(undefined)
  await Promise.all([app.phase(first, 'registered'), app.phase(second, 'registered')])
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)
})

test('two files of one size for one path are compared when they run', async () => {
  const { app, cloud, file } = await setup({ settings: { atOnce: 1 } })
  const target = { modelPath: path }
  const held = cloud.hold('put-object')
  const [first = ''] = await app.add(await file('one/style.safetensors'), { target })
  await held.arrived
  const [second = ''] = await app.add(await file('two/style.safetensors'), { target })
  expect((await app.phase(second, 'failed')).failure?.code).toBe('path-taken-here')
  held.release()
  await app.phase(first, 'registered')
})

test('the second of two files replaces the first once it is registered', async () => {
  const { app, cloud, file } = await setup()
  const enqueueOptions = { target: { modelPath: path }, onConflict: 'replace' } as const
  const one = await file('one/style.safetensors')
  const two = await file('two/style.safetensors', { sizeBytes: 160_000 })
  const [first = ''] = await app.add(one, enqueueOptions)
  const [second = ''] = await app.add(two, enqueueOptions)
  await Promise.all([app.phase(first, 'registered'), app.phase(second, 'registered')])
  expect(cloud.modelsOf(ALICES_TEAM_ID).map((model) => [model.file_size, model.model_status])).toEqual([
    [statSync(one).size, 'disabled'],
    [statSync(two).size, 'active'],
  ])
})

test('a conflict found at registering is resolved without sending twice', async () => {
  const { app, cloud, file, countOf } = await setup()
  cloud.fail({ on: 'listModels', how: 404 })
  const oldId = cloud.addModel(ALICES_TEAM_ID, { display_name: 'Old style', model_path: path })
  const [id = ''] = await app.add(await file('style.safetensors'), { target: { modelPath: path } })
  expect((await app.settled(id)).failure?.code).toBe('conflict')
  const choice = { accountId: app.row(id).accountId, teamId: ALICES_TEAM_ID }
  valueOf(await app.calls.library({ choice, maxAgeMs: 0 }))
  valueOf(await app.engine.decide({ ids: [id], choice: 'replace', fate: 'delete' }))
  const row = await app.settled(id)
  expect([row.phase, countOf('put-object')]).toEqual(['registered', 1])
  expect(cloud.modelsOf(ALICES_TEAM_ID).map((model) => model.id)).not.toContain(oldId)
})

test.each([
  ['keep-both', 'models/loras/style-2.safetensors'],
  ['rename', 'models/loras/style-2.safetensors'],
  ['replace', path],
] as const)(
  'a path that is found taken at registering follows the setting %s',
  async (onConflict, target) => {
    const { app, cloud, file, countOf } = await setup({ settings: { onConflict } })
    // The check before the upload has no listing.
    cloud.fail({ on: 'listModels', how: 404 })
    const oldId = cloud.addModel(ALICES_TEAM_ID, { display_name: 'Old style', model_path: path })
    const [id = ''] = await app.add(await file('style.safetensors'), { target: { modelPath: path } })
    expect((await app.settled(id)).phase).toBe('registered')
    const own = cloud.modelsOf(ALICES_TEAM_ID).filter((model) => model.id !== oldId)
    expect([own.map((model) => model.model_path), countOf('put-object')]).toEqual([[target], 1])
  },
)

test('a path that is found taken at registering is skipped if that is the setting', async () => {
  const { app, cloud, file } = await setup({ settings: { onConflict: 'skip' } })
  cloud.fail({ on: 'listModels', how: 404 })
  const oldId = cloud.addModel(ALICES_TEAM_ID, { display_name: 'Old style', model_path: path })
  await app.add(await file('style.safetensors'), { target: { modelPath: path } })
  await app.until(({ rows }) => rows.length === 0)
  expect(cloud.modelsOf(ALICES_TEAM_ID).map((model) => model.id)).toEqual([oldId])
})

test('a server that refuses a free path is asked twice', async () => {
  const { app, cloud, file, countOf } = await setup({ settings: { onConflict: 'keep-both' } })
  cloud.fail({ on: 'registerModel', how: 409, times: 5 })
  const [id = ''] = await app.add(await file('style.safetensors'), { target: { modelPath: path } })
  const row = await app.settled(id)
  expect([row.failure?.code, countOf('registerModel'), countOf('put-object')]).toEqual(['conflict', 2, 1])
})

test('a refusal before anything is sent is not retried', async () => {
  const { app, cloud, file, countOf } = await setup({ settings: { onConflict: 'keep-both' } })
  cloud.fail({ on: 'presignModel', how: 409, times: 5 })
  const [id = ''] = await app.add(await file('style.safetensors'), { target: { modelPath: path } })
  const row = await app.settled(id)
  expect([row.failure?.code, countOf('presignModel')]).toEqual(['conflict', 1])
})

test('a row continues when its path is changed', async () => {
  const { app, id } = await collision()
  await app.phase(id, 'failed')
  valueOf(await app.calls.editTarget({ id, change: { modelPath: 'models/loras/mine.safetensors' } }))
  expect((await app.settled(id)).phase).toBe('registered')
})

test('a row with a path conflict continues when many get another folder', async () => {
  const { app, id, library } = await collision()
  const { target } = await app.phase(id, 'failed')
  const elsewhere = { ...target, modelPath: 'models/loras/client/style.safetensors' }
  expect(valueOf(await app.calls.editTargets({ changes: [{ id, target: elsewhere }] }))).toEqual([id])
  const row = await app.settled(id)
  const added = [row.target.displayName, elsewhere.modelPath, 'active']
  expect([row.phase, library()]).toEqual(['registered', [old, added]])
})

/** Another user deletes a model or moves it to another path. */
async function changeAsOther({ cloud, environment }: EngineHarness, id: string, movedTo: string | null) {
  const client = createCloudClient(cloud.url, environment)
  const { access_token: token } = valueOf(await login(client, ALICE.email, ALICE.password))
  const signer = fixedSigner({ kind: 'session', token, teamId: ALICES_TEAM_ID })
  const { signal } = new AbortController()
  if (movedTo === null) valueOf(await deleteModel(client, signer, id, signal))
  else valueOf(await updateModel(client, signer, { id, change: { modelPath: movedTo } }, signal))
}

test.for([
  ['skip', null],
  ['ask', null],
  ['skip', 'models/loras/moved.safetensors'],
  ['ask', 'models/loras/moved.safetensors'],
  ['rename', 'models/loras/moved.safetensors'],
] as const)(
  'a model of a large library that has left the path meanwhile is no conflict (%s, moved to %s)',
  async ([onConflict, movedTo]) => {
    const harness = await setup({ settings: { onConflict } })
    const { app, cloud, clock, file, countOf } = harness
    const addOthers = (prefix: string) => {
      for (let count = 0; count < 250; count += 1)
        cloud.addModel(ALICES_TEAM_ID, { model_path: `models/loras/${prefix}-${count}.safetensors` })
    }
    // Only the first and the last pages are requested again.
    addOthers('older')
    const oldId = cloud.addModel(ALICES_TEAM_ID, { model_path: path })
    addOthers('newer')
    const choice = app.session().chosen
    if (!choice) return expect.unreachable()
    expect(valueOf(await app.calls.library({ choice, maxAgeMs: 0 })).models).toHaveLength(501)
    clock.advance(60_000)
    await changeAsOther(harness, oldId, movedTo)
    const [id = ''] = await app.add(await file('style.safetensors'), { target: { modelPath: path } })
    expect(await app.settled(id)).toMatchObject({ phase: 'registered', target: { modelPath: path } })
    expect(countOf('put-object')).toBe(1)
  },
)
