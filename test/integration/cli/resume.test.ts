import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { accessTokenOf } from '../../support/command-line.ts'
import { setupCommand, type CommandWorld } from '../../support/command-world.ts'

/** Stops an upload of this file midway. */
async function stopMidway({ cloud, start }: CommandWorld, path: string, how: NodeJS.Signals) {
  const held = cloud.hold('put-object', 'arrival')
  const { child, ended } = start('upload', path, '--json')
  await held.arrived
  child.kill(how)
  await ended
  held.release()
}

test('what was paused and what was killed are both finished, and then nothing is left', async () => {
  const world = await setupCommand()
  const { run, file, cloud } = world
  await stopMidway(world, await file('a.safetensors'), 'SIGINT')
  await stopMidway(world, await file('b.safetensors'), 'SIGKILL')
  const { code, json, err } = await run('resume', '--json')
  const registered = json().flatMap(({ event, file }) => (event === 'registered' ? file : []))
  expect([code, registered.sort(), err]).toEqual([0, ['a.safetensors', 'b.safetensors'], ''])
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)
  const again = await run('resume')
  expect([again.code, again.out, again.err]).toEqual([0, '', 'Nothing is left to do.\n'])
})

test('without a journal nothing is left, nobody is asked and nothing is made', async () => {
  const { run, cloud, commandHome } = await setupCommand()
  const { code, err } = await run('resume')
  expect([code, err, cloud.operations, existsSync(commandHome)]).toEqual([
    ...[0, 'Nothing is left to do.\n', [], false],
  ])
})

test('what a running app has is left to it and said', async () => {
  const { app, cloud, file, home, runWith, countOf } = await setupCommand({ as: ALICE })
  const held = cloud.hold('put-object', 'arrival')
  const [id = ''] = await app.add(await file('ours.safetensors'))
  await held.arrived
  const { code, json, err } = await runWith({ MODELFERRY_HOME: home }, 'resume', '--json')
  expect([code, json()]).toEqual([
    1,
    [{ event: 'left-out', id, file: 'ours.safetensors', reason: 'running' }],
  ])
  expect(err).toBe(`1 upload is left to the Modelferry that has it running (process ${process.pid}).\n`)
  held.release()
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  expect(countOf('put-object')).toBe(1)
})

test('what belongs to somebody who is not signed in stays and is said', async () => {
  const world = await setupCommand()
  const { run, runWith, file, cloud } = world
  await stopMidway(world, await file('a.safetensors'), 'SIGINT')
  const token = await accessTokenOf(cloud.url, BOB)
  const { code, json, err } = await runWith({ MODELFERRY_TOKEN: token }, 'resume', '--json')
  expect([code, json()]).toMatchObject([3, [{ event: 'left-out', reason: 'signed-out' }]])
  expect(err).toContain('who is not signed in. Run: modelferry login')
  expect([(await run('resume')).code, cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([0, 1])
})

test('what fails again ends with 1 and stays in the queue', async () => {
  const world = await setupCommand()
  const { run, file } = world
  const path = await file('a.safetensors')
  await stopMidway(world, path, 'SIGINT')
  await rm(path)
  const { code, err, out } = await run('resume', '--quiet')
  expect([code, out, err.startsWith('failed      a.safetensors: ')]).toEqual([1, '', true])
  const { uploads } = JSON.parse((await run('status', '--json')).out) as { uploads: readonly object[] }
  expect(uploads).toMatchObject([{ phase: 'failed', failure: { code: 'file-missing' } }])
})

test('Ctrl-C pauses a resume, which goes on later', async () => {
  const world = await setupCommand()
  const { run, start, file, cloud } = world
  await stopMidway(world, await file('a.safetensors'), 'SIGKILL')
  const held = cloud.hold('put-object', 'arrival')
  const { child, ended } = start('resume')
  await held.arrived
  child.kill('SIGINT')
  const { code, err } = await ended
  held.release()
  expect([code, err]).toEqual([130, 'Paused; what was sent is kept. Go on with the same command.\n'])
  expect([(await run('resume')).code, cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([0, 1])
})

test('uploads of several teams are finished together', async () => {
  const world = await setupCommand()
  const { run, file, cloud, start } = world
  await stopMidway(world, await file('a.safetensors'), 'SIGINT')
  const held = cloud.hold('put-object', 'arrival')
  const { child, ended } = start('upload', await file('b.safetensors'), '--team', 'Studio North')
  await held.arrived
  child.kill('SIGKILL')
  await ended
  held.release()
  const { code } = await run('resume')
  const counts = [ALICES_TEAM_ID, STUDIO_NORTH_ID].map((team) => cloud.modelsOf(team).length)
  expect([code, counts]).toEqual([0, [1, 1]])
})
