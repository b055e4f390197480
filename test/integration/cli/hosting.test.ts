import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { prepareHost, publishHost, readHost } from '../../../electron/host/host-file.ts'
import { takeOverHost } from '../../../electron/host/take-over.ts'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { startProcess } from '../../support/command-line.ts'
import { partBytes, setupCommand, type CommandHarness } from '../../support/command-harness.ts'
import { serveApp } from '../../support/served-app.ts'

// Commands without a running app: the first one hosts the uploads of all.

const large = { sizeBytes: 5 * partBytes + 321 }

/** The parts that storage has got, in order. */
const partsOf = ({ cloud }: CommandHarness) =>
  cloud.operations.flatMap(({ name, partNumber, status }) =>
    name === 'put-part' && status === 200 ? [partNumber] : [],
  )

/** Starts a command that hosts the uploads, and waits until storage has two parts of its file. */
async function startHost(cli: CommandHarness, by: 'start' | 'startProcess' = 'start') {
  cli.stallAfterPart(2)
  const path = await cli.file('large.safetensors', large)
  const started = cli[by]('upload', path, '--json')
  await started.line(({ event, sentBytes }) => event === 'progress' && Number(sentBytes) >= 2 * partBytes)
  return { ...started, path }
}

/** Starts a command that waits for the same file, and waits until the host has told it so. */
async function follow(cli: CommandHarness, path: string) {
  const started = cli.start('upload', path, '--json')
  await started.line(({ event }) => event === 'progress')
  return started
}

test('simultaneous uploads of one file send it once, and all succeed', async () => {
  const cli = await setupCommand()
  const path = await cli.file('harbour.safetensors')
  const started = Array.from({ length: 6 }, () => cli.startProcess('upload', path))
  const ended = await Promise.all(started.map((one) => one.ended))
  expect(ended.map(({ code }) => code)).toEqual(ended.map(() => 0))
  expect([cli.countOf('put-object'), cli.cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([1, 1])
})

test('after the host is killed, another command hosts, and sends only what storage doesn’t have', async () => {
  const cli = await setupCommand()
  const { kill, ended, path } = await startHost(cli, 'startProcess')
  const others = await Promise.all([follow(cli, path), follow(cli, path), follow(cli, path)])
  kill('SIGKILL')
  await ended
  cli.cloud.clearFailures()
  for (const other of others) expect((await other.ended).code).toBe(0)
  expect(partsOf(cli).toSorted()).toEqual([1, 2, 3, 4, 5, 6])
  expect(cli.cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test.each(['host.lock', 'journal.sqlite', 'run', 'run/host.sock', 'run/host.json'])(
  'after a host is killed as soon as it has created %s, the next command uploads',
  async (file) => {
    const cli = await setupCommand()
    const path = await cli.file('harbour.safetensors')
    const { kill, ended } = cli.startProcess('upload', path)
    await expect.poll(() => existsSync(join(cli.commandHome, file)), { interval: 1 }).toBe(true)
    kill('SIGKILL')
    expect((await ended).signal).toBe('SIGKILL')
    expect((await cli.run('upload', path)).code).toBe(0)
    expect(cli.cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
  },
)

test('what listens at the address of a killed host without its key doesn’t keep others from hosting', async () => {
  const cli = await setupCommand()
  const path = await cli.file('harbour.safetensors')
  mkdirSync(cli.commandHome)
  const host = prepareHost(cli.commandHome, { version: '1.2.3', kind: 'app' })
  const stranger = createServer((socket) => socket.on('error', () => undefined).end('{}\n'))
  stranger.listen(host.address)
  onTestFinished(() => void stranger.close())
  await once(stranger, 'listening')
  publishHost(cli.commandHome, host)
  expect((await cli.run('upload', path)).code).toBe(0)
})

test('workflow --upload goes on after its host is killed, also with uploads that the queue has', async () => {
  const cli = await setupCommand()
  cli.stallAfterPart(2)
  await cli.file('../person/ComfyUI/models/loras/large.safetensors', large)
  const workflow = join(cli.folder, 'workflow.json')
  const node = { type: 'LoraLoader', mode: 0, widgets_values: ['large.safetensors', 1, 1] }
  writeFileSync(workflow, JSON.stringify({ nodes: [node], links: [] }))
  const words = ['workflow', workflow, '--upload', '--json']
  const home = { HOME: join(cli.folder, 'person') }
  const host = startProcess(words, { ...cli.processEnv, ...home })
  await host.line(({ event, sentBytes }) => event === 'progress' && Number(sentBytes) >= 2 * partBytes)
  const others = [cli.startWith(home, ...words), cli.startWith(home, ...words)]
  for (const { line } of others) await line(({ event }) => event === 'progress')
  host.kill('SIGKILL')
  await host.ended
  cli.cloud.clearFailures()
  for (const other of others) expect((await other.ended).code).toBe(0)
  expect(partsOf(cli).toSorted()).toEqual([1, 2, 3, 4, 5, 6])
  expect(cli.cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('Ctrl-C of the host leaves to other commands what they wait for', async () => {
  const cli = await setupCommand()
  const { kill, ended, path } = await startHost(cli)
  const other = await follow(cli, path)
  cli.cloud.clearFailures()
  kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 143 })
  expect((await other.ended).code).toBe(0)
  expect(partsOf(cli).toSorted()).toEqual([1, 2, 3, 4, 5, 6])
})

test('commands name a host that is stopped, and those that upload wait for it', async () => {
  const cli = await setupCommand()
  const { kill, ended, path } = await startHost(cli, 'startProcess')
  kill('SIGSTOP')
  const other = cli.start('upload', path)
  const named = `Modelferry (process ${readHost(cli.commandHome)?.pid}) doesn’t answer.`
  expect(await cli.run('pause', '--all')).toMatchObject({
    code: 1,
    err: expect.stringContaining(named) as string,
  })
  await other.printed((_out, err) => err.includes(named))
  kill('SIGCONT')
  cli.cloud.clearFailures()
  for (const command of [ended, other.ended]) expect(await command).toMatchObject({ code: 0 })
  expect(partsOf(cli).toSorted()).toEqual([1, 2, 3, 4, 5, 6])
})

test('other commands steer the uploads of the host', async () => {
  const cli = await setupCommand()
  const { ended } = await startHost(cli)
  const status = await cli.run('status')
  expect(status.out).toContain('running in process')
  const removed = await cli.run('remove', '--yes', 'large.safetensors')
  expect(removed).toMatchObject({ code: 0, out: 'large.safetensors is removed.\n' })
  expect((await ended).code).toBe(1)
  expect((await cli.run('limit')).err).toBe(
    'Modelferry isn’t running. Start it, then run the command again.\n',
  )
})

test('when the app starts, the host becomes a command of the app', async () => {
  const cli = await setupCommand()
  const { ended, path, printed } = await startHost(cli)
  const other = await follow(cli, path)
  const { app } = await startApp(cli)
  cli.cloud.clearFailures()
  await printed((_out, err) => err.includes('Modelferry has started and continues with these files.'))
  for (const command of [ended, other.ended]) expect(await command).toMatchObject({ code: 0 })
  expect(app.rows()).toMatchObject([{ phase: 'registered' }])
  expect(partsOf(cli).toSorted()).toEqual([1, 2, 3, 4, 5, 6])
})

test('a host that is killed while it makes way for the app leaves its uploads to it', async () => {
  const cli = await setupCommand()
  const { kill, ended, path, printed } = await startHost(cli, 'startProcess')
  const other = await follow(cli, path)
  const starting = startApp(cli)
  // Its parts stall, and it waits for them.
  await printed((_out, err) => err.includes('Modelferry has started and continues with these files.'))
  kill('SIGKILL')
  expect((await ended).signal).toBe('SIGKILL')
  cli.cloud.clearFailures()
  const { app } = await starting
  expect(await other.ended).toMatchObject({ code: 0 })
  expect(app.rows()).toMatchObject([{ phase: 'registered' }])
  expect(partsOf(cli).toSorted()).toEqual([1, 2, 3, 4, 5, 6])
})

/** Starts an app as `electron/main.ts` does, on the data folder of the command line. */
async function startApp(cli: CommandHarness) {
  const { commandHome: home, environment } = cli
  const lock = await takeOverHost(home)
  const { app, started } = cli.begin({ singlePutLimitBytes: partBytes }, home, lock)
  const { host } = serveApp(app, home, environment)
  await started
  return { app, host }
}

test('when the app quits, its commands go on, each part sent once', async () => {
  const cli = await setupCommand()
  const { app, host } = await startApp(cli)
  const { ended, path } = await startHost(cli)
  const other = await follow(cli, path)
  host.leave('ended')
  await app.stop()
  host.close()
  cli.cloud.clearFailures()
  for (const command of [ended, other.ended])
    expect(await command).toMatchObject({
      code: 0,
      err: expect.stringContaining('Modelferry has ended. This command continues with its files.'),
    })
  expect(partsOf(cli).toSorted()).toEqual([1, 2, 3, 4, 5, 6])
})

test('a command for another server than the host’s says so', async () => {
  const cli = await setupCommand()
  await startHost(cli)
  const { pid } = readHost(cli.commandHome) ?? {}
  const { code, err } = await cli.runWith({ MODELFERRY_SERVER: 'https://other.example/api/v1' }, 'teams')
  expect([code, err]).toEqual([
    1,
    `Another Modelferry command (process ${pid}) is running and uses another server (${cli.cloud.url}). ` +
      'Quit it, or set MODELFERRY_HOME to another folder.\n',
  ])
})
