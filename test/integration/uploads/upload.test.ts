import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALICES_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { STORAGE_KINDS, startStorage, type StartedStorage } from '../../cloud/start-storage.ts'
import { setup, sha256Of } from '../../support/engine.ts'

describe.each(STORAGE_KINDS)('an upload on %s storage', (kind) => {
  let storage: StartedStorage
  beforeAll(async () => {
    storage = await startStorage(kind)
  })
  afterAll(() => storage.stop())

  test('a file is registered for the chosen team with the SHA-256 of its object', async () => {
    const { app, cloud, file } = await setup({ cloud: storage.options })
    const path = await file('loras/blue hour.safetensors', { sizeBytes: 6_000_000 })
    const [accountId = ''] = app.session().accounts.map(({ id }) => id)
    await app.calls.chooseTeam({ accountId, teamId: STUDIO_NORTH_ID })

    const [id = ''] = await app.add(path)
    const row = await app.settled(id)

    const sha256 = sha256Of(path)
    const model = cloud.modelsOf(STUDIO_NORTH_ID)[0]
    const objects = await cloud.objects()
    const stored = objects.find(({ key }) => key === model?.storage_key)
    expect(row).toMatchObject({
      phase: 'registered',
      failure: null,
      sha256,
      modelId: model?.id,
      storageKey: model?.storage_key,
      sentBytes: 6_000_000,
      inFlightBytes: 0,
      hashedBytes: 6_000_000,
    })
    expect(model).toMatchObject({
      file_size: 6_000_000,
      file_hash: `sha256:${sha256}`,
      model_type: 'loras',
      display_name: row.target.displayName,
      model_path: row.target.modelPath,
    })
    expect(await stored?.sha256()).toBe(sha256)
    expect(cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
  })

  test('sends the signed headers, the exact length and nothing about the user', async () => {
    const { app, cloud, file } = await setup({ cloud: storage.options })
    const path = await file('one.safetensors', { sizeBytes: 123_457 })
    await app.settled((await app.add(path))[0] ?? '')

    const [put] = await cloud.ended('put-object')
    expect(put).toMatchObject({ status: 200, bytes: 123_457 })
    expect(put?.headers).toEqual({
      'content-length': '123457',
      'if-none-match': '*',
      connection: 'keep-alive',
      host: new URL(cloud.storageUrl).host,
    })
  })

  test('sends only the exact length if no header is signed', async () => {
    const { app, cloud, file } = await setup({ cloud: { ...storage.options, signsHeaders: false } })
    const path = await file('one.safetensors', { sizeBytes: 5_000_001 })
    const row = await app.settled((await app.add(path))[0] ?? '')
    const [put] = await cloud.ended('put-object')
    expect([row.phase, put?.bytes]).toEqual(['registered', 5_000_001])
    expect(put?.headers).toEqual({
      'content-length': '5000001',
      expect: '100-continue',
      connection: 'keep-alive',
      host: new URL(cloud.storageUrl).host,
    })
  })
})

test('names the team that allows no uploads', async () => {
  const { app, cloud, file } = await setup()
  cloud.fail({ on: 'presignModel', how: 403 })
  const [id = ''] = await app.add(await file('one.safetensors'))
  const { code, params } = (await app.settled(id)).failure ?? {}
  expect([code, params]).toEqual(['forbidden', { team: "Alice's Team" }])
})
