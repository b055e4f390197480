import { expect, onTestFinished, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import { accessTokenOf } from '../../support/command-line.ts'
import { partBytes } from '../../support/command-harness.ts'
import { createDeviceKey } from '../../support/pairing.ts'
import { setupServedApp as setup } from '../../support/served-app.ts'

test('a running app uploads what a command adds, and the command waits for its own uploads', async () => {
  const { app, add, file, start, run } = await setup()
  await run('pause', '--all')
  const other = await add('other.safetensors')
  const started = start('upload', await file('mine.safetensors', { sizeBytes: 2 * partBytes + 9 }), '--json')
  const { id } = await started.line(({ event }) => event === 'queued')
  expect(app.rows().map((row) => row.id)).toEqual([other, id])
  await run('resume', '--all')
  const { code, json, err } = await started.ended
  expect([code, err]).toEqual([0, ''])
  expect(new Set(json().flatMap((line) => line['id'] ?? []))).toEqual(new Set([id]))
  expect(json().slice(-2)).toMatchObject([
    { event: 'registered', id },
    { event: 'verified', id },
  ])
  expect(app.row(String(id)).phase).toBe('registered')
})

const large = { sizeBytes: 5 * partBytes + 321 }
const paused = 'Paused. Uploaded data is kept. To continue, run the same command or: modelferry resume.\n'

/** A command whose upload storage has acknowledged two parts of. */
async function startLarge() {
  const harness = await setup()
  const { file, start, stallAfterPart } = harness
  stallAfterPart(2)
  const path = await file('large.safetensors', large)
  const begin = async () => {
    const started = start('upload', path, '--json')
    const { id } = await started.line(
      ({ event, sentBytes }) => event === 'progress' && Number(sentBytes) >= 2 * partBytes,
    )
    return { ...started, id: String(id) }
  }
  return { ...harness, path, begin, ...(await begin()) }
}

test('Ctrl-C pauses what the command has added, and what another waits for only with that one', async () => {
  const { app, begin, kill, ended, id } = await startLarge()
  const other = await begin()
  expect(other.id).toBe(id)
  kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 143, err: 'Stopped. No uploads were left.\n' })
  expect(app.row(id).phase).toBe('sending')
  other.kill('SIGTERM')
  // It was in the queue before the second command.
  expect((await other.ended).code).toBe(143)
  expect(app.row(id).phase).toBe('sending')
})

test('Ctrl-C pauses an upload, and the same command continues it', async () => {
  const { app, cloud, run, path, kill, ended, id } = await startLarge()
  kill('SIGTERM')
  const { code, err, json } = await ended
  expect([code, err, json().at(-1)]).toEqual([
    143,
    paused,
    { event: 'interrupted', kept: true, leftBehind: 0, uploads: 1 },
  ])
  expect(app.row(id).phase).toBe('paused')
  cloud.clearFailures()
  expect((await run('upload', path)).code).toBe(0)
  expect(app.row(id).phase).toBe('registered')
})

test('a command that is suspended for ten minutes goes on afterwards', async () => {
  const { app, clock, cloud, file, startProcess } = await setup()
  const held = cloud.hold('put-object', 'answer')
  const { kill, ended, line } = startProcess('upload', await file('harbour.safetensors'), '--json')
  const { id } = await line(({ event, inFlightBytes }) => event === 'progress' && Number(inFlightBytes) > 0)
  kill('SIGSTOP')
  held.release()
  // A request that has no answer yet would time out.
  await app.until(() => app.row(String(id)).verification?.kind === 'verified')
  clock.advance(600_000)
  kill('SIGCONT')
  const { code, err, json } = await ended
  expect([code, err, json().at(-1)]).toMatchObject([0, '', { event: 'verified', id }])
})

test('a killed command leaves its upload to the app', async () => {
  const { app, cloud, file, startProcess } = await setup()
  const held = cloud.hold('put-object', 'answer')
  const { kill, ended, line } = startProcess('upload', await file('harbour.safetensors'), '--json')
  const { id } = await line(({ event, inFlightBytes }) => event === 'progress' && Number(inFlightBytes) > 0)
  kill('SIGKILL')
  await ended
  held.release()
  expect((await app.settled(String(id))).phase).toBe('registered')
})

test('several commands with one file wait for one upload', async () => {
  const { cloud, file, start, countOf } = await setup()
  const path = await file('harbour.safetensors')
  const started = Array.from({ length: 5 }, () => start('upload', path))
  const codes = (await Promise.all(started.map(({ ended }) => ended))).map(({ code }) => code)
  expect(codes).toEqual([0, 0, 0, 0, 0])
  expect([countOf('put-object'), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([1, 1])
})

test('an app that quits or restarts has commands that upload, and not those that only look', async () => {
  const { host, run, start, startProcess, file } = await setup()
  await run('pause', '--all')
  const follower = startProcess('status', '--follow', '--json')
  const { line } = start('upload', await file('harbour.safetensors'), '--json')
  await line(({ event }) => event === 'queued')
  await follower.line(({ event }) => event === 'queued')
  expect(host.hasCommands()).toBe(true)
  await run('remove', '--yes', 'harbour.safetensors')
  await expect.poll(host.hasCommands).toBe(false)
})

test('--detach returns once the files are queued', async () => {
  const { app, file, run } = await setup()
  await run('pause', '--all')
  const { code, out, err } = await run('upload', await file('harbour.safetensors'), '--detach')
  expect([code, out]).toEqual([0, expect.stringMatching(/^queued {6}harbour\.safetensors → .*\n$/)])
  expect(err).toBe('All uploads are paused. To continue, run: modelferry resume --all\n')
  expect(app.rows()).toMatchObject([{ fileName: 'harbour.safetensors', phase: 'waiting' }])
})

test('--detach reports a broken file instead of leaving it to the app', async () => {
  const { app, file, run } = await setup()
  const { code, out } = await run('upload', await file('cut.safetensors', { cutBytes: 10 }), '--detach')
  expect([code, out, app.rows()]).toEqual([1, expect.stringContaining('\nfailed '), []])
})

test('a command says why its uploads wait, and what to do', async () => {
  const { app, file, start, run } = await setup()
  void app.engine.hold('quiet-hours')
  const { printed, ended } = start('upload', await file('harbour.safetensors'))
  await printed((_out, err) =>
    err.includes('Waiting for schedule. To upload now, choose “Upload anyway” in Modelferry.'),
  )
  const { out } = await run('status')
  expect(out).toMatch(/^waiting for schedule {2}harbour\.safetensors /)
  expect(JSON.parse((await run('status', '--json')).out)).toMatchObject({
    held: 'schedule',
    uploads: [{ phase: 'waiting', status: 'schedule' }],
  })
  await run('pause', 'harbour.safetensors')
  await printed((_out, err) =>
    err.includes('harbour.safetensors is paused. To continue, run: modelferry resume "harbour.safetensors"'),
  )
  await run('resume', 'harbour.safetensors')
  await run('pause', '--all')
  await printed((_out, err) => err.includes('All uploads are paused.'))
  void app.engine.hold(null)
  await run('resume', '--all')
  expect((await ended).code).toBe(0)
})

test('what needs a decision is asked by the command, and not in the app', async () => {
  const { app, file, startWith, environmentOfApp } = await setup()
  const path = await file('harbour.safetensors')
  const upload = (...words: string[]) =>
    startWith({ ...environmentOfApp, MODELFERRY_REVIEW: 'always' }, 'upload', path, ...words).ended
  const { code, out, err } = await upload()
  expect([code, app.rows()]).toEqual([1, []])
  expect(out).toMatch(/^upload {6}harbour\.safetensors /)
  expect(err).toContain('Run the command on a terminal, or with --yes.')
  expect((await upload('--yes')).code).toBe(0)
})

test('an upload that is removed in the app ends the command', async () => {
  const { app, ended, id } = await startLarge()
  await app.calls.cancel({ ids: [id] })
  expect(await ended).toMatchObject({ code: 1, err: 'large.safetensors was removed from the queue.\n' })
})

test('a command with a token uploads through the app, which then forgets the token', async () => {
  const { app, home, file, runWith, countOf } = await setup()
  const [account] = app.engine.session().accounts
  await app.calls.signOut({ accountId: account?.id ?? '' })
  const path = await file('harbour.safetensors')
  expect(await runWith({ MODELFERRY_HOME: home }, 'upload', path)).toMatchObject({ code: 0, err: '' })
  expect([app.rows().map(({ phase }) => phase), countOf('put-object')]).toEqual([['registered'], 1])
  await expect.poll(() => app.engine.session().accounts).toEqual([])
  expect((await runWith({ MODELFERRY_HOME: home }, 'upload', path, '--detach')).code).toBe(2)
})

test('a device key of a user who is signed in by password uploads through the app', async () => {
  const { app, cloud, home, file, runWith } = await setup()
  const token = await createDeviceKey(cloud)
  const more = { MODELFERRY_HOME: home, MODELFERRY_TOKEN: token, MODELFERRY_TEAM: undefined }
  const { code, err } = await runWith(more, 'upload', await file('harbour.safetensors'))
  expect([code, err, app.rows().map(({ phase }) => phase)]).toEqual([0, '', ['registered']])
})

test('a password or token for another server of the app is not sent to the app’s', async () => {
  const { cloud, settings, environmentOfApp, startWith } = await setup()
  const other = await startCloud()
  onTestFinished(() => other.close())
  settings.change({ servers: [{ address: other.url, singlePutLimitBytes: null }] })
  cloud.forgetOperations()
  const more = { ...environmentOfApp, MODELFERRY_SERVER: other.url }
  const commands = [
    startWith(more, 'login', '--email', ALICE.email),
    startWith({ ...more, MODELFERRY_TOKEN: await accessTokenOf(other.url, ALICE) }, 'teams'),
  ]
  for (const { ended } of commands)
    expect(await ended).toMatchObject({
      code: 1,
      err: expect.stringContaining(`another server (${cloud.url})`),
    })
  expect(cloud.operations).toEqual([])
})

test('resume continues the uploads of a running app and waits for them', async () => {
  const { app, add, run } = await setup()
  await run('pause', '--all')
  const ids = [await add('harbour.safetensors'), await add('other.safetensors')]
  await run('pause', 'other.safetensors')
  const { code, err, json } = await run('resume', '--json')
  expect([code, err]).toEqual([0, ''])
  expect(
    json()
      .flatMap(({ event, id }) => (event === 'verified' ? id : []))
      .sort(),
  ).toEqual(ids.sort())
  expect(ids.map((id) => app.row(id).phase)).toEqual(['registered', 'registered'])
})

test('Ctrl-C during resume pauses only what it has continued', async () => {
  const { app, add, start, cloud } = await setup()
  const held = cloud.hold('put-part', 'answer')
  const running = await add('running.safetensors')
  await held.arrived
  const paused = await add('paused.safetensors')
  await app.pauseNow(paused)
  const { kill, line, ended } = start('resume', '--json')
  await line(({ event, id }) => event === 'queued' && id === paused)
  await app.until(() => app.row(paused).phase === 'sending')
  kill('SIGTERM')
  expect((await ended).code).toBe(143)
  expect([running, paused].map((id) => app.row(id).phase)).toEqual(['sending', 'paused'])
})
