import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { dayMs, setup } from '../../support/engine.ts'

test('holds all uploads to a server for the Retry-After of its 429', async () => {
  const { app, cloud, clock, file } = await setup({ settings: { atOnce: 1 } })
  cloud.fail({ on: 'presignModel', how: 429, retryAfterSeconds: 3_000 })
  const ids: string[] = []
  // Larger than small files, which have places of their own.
  const sizeBytes = 17_000_000
  for (const name of ['a', 'b'])
    ids.push(...(await app.add(await file(`${name}.safetensors`, { sizeBytes }))))
  const [first = '', second = ''] = ids
  const row = await app.phase(first, 'retrying')
  expect(row.failure).toMatchObject({ code: 'rate-limited', retryAfterMs: 3_000_000 })
  expect([
    app.row(second).phase,
    cloud.operations.filter(({ name }) => name === 'presignModel').length,
  ]).toEqual([...['waiting', 1]])
  clock.advance(2_900_000)
  expect(app.row(first).phase).toBe('retrying')
  clock.advance(200_000)
  await Promise.all(ids.map((id) => app.settled(id)))
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)
})

test('retries by hand at once, without waiting', async () => {
  const { app, cloud, clock, file } = await setup()
  cloud.fail({ on: 'put-object', how: 503, retryAfterSeconds: 600 })
  const [id = ''] = await app.add(await file('a.safetensors'))
  await app.phase(id, 'retrying')
  await app.calls.retry({ ids: [id] })
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  // The verification has time limits of its own until it ends.
  await expect.poll(() => clock.waits().filter((waitMs) => waitMs < dayMs / 2)).toEqual([])
})

test('explains that a viewer may not upload, with the server message', async () => {
  const { app, cloud, file } = await setup({ as: BOB })
  const [accountId = ''] = app.session().accounts.map(({ id }) => id)
  const team = { accountId, teamId: STUDIO_NORTH_ID }
  const [id = ''] = await app.add(await file('a.safetensors'), { team })
  const row = await app.settled(id)
  expect(row).toMatchObject({
    phase: 'failed',
    failure: {
      code: 'forbidden',
      params: { team: 'Studio North' },
      serverMessage: expect.stringMatching(/\w+/),
    },
  })
  expect(cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])
})

test('shows no team of which the user is no longer a member, once one of its uploads was refused', async () => {
  const { app, cloud, file } = await setup()
  const teamsOf = () => app.session().accounts.flatMap(({ teams }) => teams.map(({ id }) => id))
  expect(teamsOf()).toEqual([ALICES_TEAM_ID, STUDIO_NORTH_ID])
  cloud.removeMember(ALICE.email, ALICES_TEAM_ID)
  const ids = await app.add(await Promise.all(['a', 'b', 'c'].map((name) => file(`${name}.safetensors`))))
  const rows = await Promise.all(ids.map((id) => app.settled(id)))
  expect(rows.map(({ failure }) => failure?.code)).toEqual(['forbidden', 'forbidden', 'forbidden'])
  await app.until(() => teamsOf().length === 1)
  expect([teamsOf(), cloud.operations.filter(({ name }) => name === 'getCurrentUser').length]).toEqual([
    [STUDIO_NORTH_ID],
    2,
  ])
})
