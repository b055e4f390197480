import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import { accessTokenOf, startProcess } from '../../support/command-line.ts'
import { partBytes, setupCommand, type CommandHarness } from '../../support/command-harness.ts'

/** Starts an upload of the file and ends the process while its bytes are sent, on Ctrl-C without finishing. */
async function interruptUpload(
  { cloud, startProcess }: CommandHarness,
  path: string,
  signal: NodeJS.Signals,
) {
  const held = cloud.hold('put-object', 'arrival')
  const { kill, ended, line } = startProcess('upload', path, '--json')
  await held.arrived
  kill(signal)
  if (signal === 'SIGINT') {
    // A part is finished only if some of its bytes were sent.
    await line(({ event }) => event === 'pausing' || event === 'interrupted')
    kill(signal)
  }
  await ended
  held.release()
}

test('finishes paused and killed uploads', async () => {
  const cli = await setupCommand()
  const { run, file, cloud } = cli
  await interruptUpload(cli, await file('a.safetensors'), 'SIGINT')
  await interruptUpload(cli, await file('b.safetensors'), 'SIGKILL')
  const { code, json, err } = await run('resume', '--json')
  const registered = json().flatMap(({ event, file }) => (event === 'registered' ? file : []))
  expect([code, registered.sort(), err]).toEqual([0, ['a.safetensors', 'b.safetensors'], ''])
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)
  const again = await run('resume')
  expect([again.code, again.out, again.err]).toEqual([0, '', 'The upload queue is empty.\n'])
})

test('exits with 0 without a journal, and creates none', async () => {
  const { run, cloud, commandHome } = await setupCommand()
  const { code, err } = await run('resume')
  expect([code, err, cloud.operations, existsSync(commandHome)]).toEqual([
    ...[0, 'The upload queue is empty.\n', [], false],
  ])
})

test('reports uploads of a signed-out account and keeps them', async () => {
  const cli = await setupCommand()
  const { run, runWith, file, cloud, processEnv } = cli
  await interruptUpload(cli, await file('a.safetensors'), 'SIGINT')
  const bob = { MODELFERRY_TOKEN: await accessTokenOf(cloud.url, BOB), MODELFERRY_TEAM: "Bob's Team" }
  const startAsBob = (...words: string[]) => startProcess(words, { ...processEnv, ...bob })
  await interruptUpload({ ...cli, startProcess: startAsBob }, await file('b.safetensors'), 'SIGINT')
  expect((await runWith(bob, 'resume')).code).toBe(3)
  const { code, json, err } = await runWith(bob, 'resume', '--json')
  expect([code, json()]).toMatchObject([3, [{ event: 'left-out', reason: 'signed-out' }]])
  expect(err).toContain('is signed out. Run: modelferry login')
  expect([(await run('resume')).code, cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([0, 1])
})

test('reports uploads for another server than MODELFERRY_SERVER and keeps them', async () => {
  const cli = await setupCommand()
  const { run, runWith, file, cloud } = cli
  await interruptUpload(cli, await file('a.safetensors'), 'SIGINT')
  cloud.forgetOperations()
  const other = await startCloud()
  onTestFinished(() => other.close())
  const environment = { MODELFERRY_SERVER: other.url, MODELFERRY_TOKEN: undefined }
  const { code, json, err } = await runWith(environment, 'resume', '--json')
  expect([code, json(), cloud.operations]).toMatchObject([
    0,
    [{ event: 'left-out', file: 'a.safetensors', reason: 'other-server' }],
    [],
  ])
  expect(err).toBe(
    `1 upload not resumed: it is for another server (${new URL(cloud.url).host}). To resume it, set MODELFERRY_SERVER to its address.\n`,
  )
  expect([(await run('resume')).code, cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([0, 1])
})

test('exits with 1 for an upload that fails again, and keeps it', async () => {
  const cli = await setupCommand()
  const { run, file } = cli
  const path = await file('a.safetensors')
  await interruptUpload(cli, path, 'SIGINT')
  await rm(path)
  const { code, err, out } = await run('resume', '--quiet')
  expect([code, out, err.startsWith('failed      a.safetensors: ')]).toEqual([1, '', true])
  const { uploads } = JSON.parse((await run('status', '--json')).out) as { uploads: readonly object[] }
  expect(uploads).toMatchObject([{ phase: 'failed', failure: { code: 'file-missing' } }])
})

test('pauses a resume on Ctrl-C so that it can continue later', async () => {
  const cli = await setupCommand()
  const { run, start, file, cloud } = cli
  await interruptUpload(cli, await file('a.safetensors'), 'SIGKILL')
  const held = cloud.hold('presignModel', 'arrival')
  const { kill, ended } = start('resume')
  await held.arrived
  kill('SIGINT')
  const { code, err } = await ended
  held.release()
  expect([code, err]).toEqual([130, 'Paused. Uploaded data is kept. To continue, run the same command.\n'])
  expect([(await run('resume')).code, cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([0, 1])
})

test('finishes uploads of several teams', async () => {
  const cli = await setupCommand()
  const { run, file, cloud, startProcess } = cli
  await interruptUpload(cli, await file('a.safetensors'), 'SIGINT')
  const held = cloud.hold('put-object', 'arrival')
  const { kill, ended } = startProcess('upload', await file('b.safetensors'), '--team', 'Studio North')
  await held.arrived
  kill('SIGKILL')
  await ended
  held.release()
  const { code } = await run('resume')
  const counts = [ALICES_TEAM_ID, STUDIO_NORTH_ID].map((team) => cloud.modelsOf(team).length)
  expect([code, counts]).toEqual([0, [1, 1]])
})

test('sends no acknowledged part again after an upload has failed', async () => {
  const { run, file, cloud, countOf } = await setupCommand()
  const path = await file('a.safetensors', { sizeBytes: 3 * partBytes })
  cloud.fail({ on: 'completeMultipart', how: 403 })
  const { code, json } = await run('upload', path, '--json')
  expect([code, json().at(-1)?.['code']]).toEqual([1, 'forbidden'])
  const again = await run('upload', path, '--json')
  expect([again.code, countOf('initiateMultipart'), countOf('put-part')]).toEqual([0, 1, 3])
})

test('only registers a model again after the server has refused it', async () => {
  const { run, file, cloud, countOf } = await setupCommand()
  const path = await file('a.safetensors')
  cloud.fail({ on: 'registerModel', how: 403 })
  const { code, json } = await run('upload', path, '--json')
  expect([code, json().at(-1)?.['code']]).toEqual([1, 'forbidden'])
  const again = await run('upload', path, '--json')
  expect([again.code, countOf('put-object')]).toEqual([0, 1])
})
