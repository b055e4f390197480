import { expect, test } from 'vitest'
import { setupServedApp as setup } from '../../support/served-app.ts'

const ended = (code: number, out: string, err = '') => ({ code, out, err }) as const

test('commands pause, resume, move and remove the uploads of a running app', async () => {
  const { app, add, run } = await setup()
  expect(await run('pause', '--all')).toMatchObject(ended(0, 'All uploads are paused.\n'))
  const second = await add('second.safetensors')
  const third = await add('third.safetensors')
  expect(await run('pause', 'second.safetensors', third)).toMatchObject(ended(0, '2 uploads are paused.\n'))
  expect([second, third].map((id) => app.row(id).phase)).toEqual(['paused', 'paused'])
  expect(await run('move', 'third.safetensors', '--before', 'second.safetensors')).toMatchObject(
    ended(0, 'third.safetensors is moved.\n'),
  )
  expect(app.row(third).position).toBeLessThan(app.row(second).position)
  const refused = 'Remove second.safetensors?\nTo confirm, run the command on a terminal, or with --yes.\n'
  expect(await run('remove', 'second.safetensors')).toMatchObject(ended(1, '', refused))
  expect(await run('remove', 'second.safetensors', '--yes')).toMatchObject(
    ended(0, 'second.safetensors is removed.\n'),
  )
  expect(app.rows().map(({ id }) => id)).not.toContain(second)
  expect(await run('resume', 'THIRD.safetensors')).toMatchObject(ended(0, 'third.safetensors is resumed.\n'))
  expect(app.engine.snapshot().allPaused).toBe(false)
  expect(await run('resume', '--all')).toMatchObject(ended(0, 'All uploads are resumed.\n'))
  await app.settled(third)
})

test('a name that is unknown, unclear or of an upload that has ended is explained', async () => {
  const { app, add, run } = await setup()
  expect(await run('retry', '--all')).toMatchObject(ended(0, 'No upload has failed.\n'))
  const id = await add('harbour.safetensors')
  await app.settled(id)
  expect(await run('pause', 'harbor.safetensors')).toMatchObject(
    ended(1, '', 'No upload has the ID or name "harbor.safetensors". Did you mean "harbour.safetensors"?\n'),
  )
  expect(await run('pause', id)).toMatchObject(
    ended(1, '', 'harbour.safetensors can’t be paused: in the library.\n'),
  )
  await app.pauseNow()
  const twins = [await add('a/twin.safetensors'), await add('b/twin.safetensors')]
  const unclear = await run('resume', 'twin.safetensors')
  expect(unclear).toMatchObject({ code: 1, out: '' })
  for (const twin of twins) expect(unclear.err).toContain(twin)
})

test('a command shows and changes the speed limit of a running app', async () => {
  const { settings, run } = await setup()
  expect(await run('limit', '5M')).toMatchObject(ended(0, 'Speed limit: 5.0 MB/s.\n'))
  expect(settings.current().limitBytesPerSecond).toBe(5_000_000)
  expect(await run('limit')).toMatchObject(ended(0, 'Speed limit: 5.0 MB/s.\n'))
  expect(await run('limit', 'off')).toMatchObject(ended(0, 'No speed limit.\n'))
  expect(settings.current().limitBytesPerSecond).toBeNull()
})

test('status --follow shows the uploads of a running app until it quits', async () => {
  const { app, add, host, start } = await setup()
  await app.pauseNow()
  const before = await add('before.safetensors')
  const follower = start('status', '--follow', '--json')
  await follower.line(({ event }) => event === 'queued')
  const after = await add('after.safetensors')
  await follower.line((line) => line.event === 'queued' && line['id'] === after)
  await app.calls.resumeAll(undefined)
  for (const id of [before, after])
    await follower.line((line) => line.event === 'registered' && line['id'] === id)
  host.close()
  const { code, err } = await follower.ended
  expect([code, err]).toEqual([0, 'Modelferry has ended.\n'])
})

test('without a running app, commands that steer it say so', async () => {
  const { host, run } = await setup()
  host.close()
  for (const words of [['pause', '--all'], ['limit'], ['status', '--follow']])
    expect(await run(...words)).toMatchObject(
      ended(1, '', 'Modelferry isn’t running. Start it, then run the command again.\n'),
    )
})
