import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID, type DemoAccount } from '../../cloud/accounts.ts'
import { accessTokenOf, startCommand } from '../../support/command-line.ts'
import { setup as setupWorld, sha256Of } from '../../support/engine.ts'

/** A command line with a data folder of its own and the token of an account. */
async function setup({ account = ALICE as DemoAccount | null, team = ALICES_TEAM_ID as string | null } = {}) {
  const world = await setupWorld({ as: null })
  const commandHome = join(world.folder, 'command-home')
  const token = account ? await accessTokenOf(world.cloud.url, account) : undefined
  world.cloud.forgetOperations()
  const processEnv: NodeJS.ProcessEnv = {
    MODELFERRY_SERVER: world.cloud.url,
    MODELFERRY_HOME: commandHome,
    MODELFERRY_TOKEN: token,
    MODELFERRY_TEAM: team ?? undefined,
  }
  return {
    ...{ ...world, token: token ?? '', commandHome },
    start: (...words: string[]) => startCommand(words, processEnv),
    run: (...words: string[]) => startCommand(words, processEnv).ended,
    runWith: (more: NodeJS.ProcessEnv, ...words: string[]) =>
      startCommand(words, { ...processEnv, ...more }).ended,
  }
}

test('an upload ends with 0, and each line of JSON says what has become true', async () => {
  const { run, file, cloud } = await setup()
  const path = await file('loras/blue.safetensors', { sizeBytes: 3_000_000 })
  const { code, json, err } = await run('upload', path, '--json', '--name', 'Blue hour')
  const lines = json()
  const [model] = cloud.modelsOf(ALICES_TEAM_ID)
  const id = lines[0]?.['id']
  expect([code, err]).toEqual([0, ''])
  expect(lines[0]).toEqual({
    ...{ event: 'queued', id, file: 'blue.safetensors', sizeBytes: 3_000_000, team: ALICES_TEAM_ID },
    ...{ type: 'loras', path: 'models/loras/blue.safetensors', name: 'Blue hour', group: null },
  })
  expect(lines.at(-1)).toEqual({
    ...{ event: 'registered', id, model: model?.id, file: 'blue.safetensors', team: ALICES_TEAM_ID },
    ...{ path: 'models/loras/blue.safetensors', sha256: sha256Of(path), sizeBytes: 3_000_000 },
  })
  expect(
    [...new Set(lines.slice(1, -1).map(({ event }) => event))].filter((event) => event !== 'progress'),
  ).toEqual([])
  expect(model).toMatchObject({ display_name: 'Blue hour' })
})

test('a person reads lines, and none of them is lost without a terminal', async () => {
  const { run, file } = await setup()
  const { code, out, err } = await run('upload', await file('a.safetensors'), await file('b.safetensors'))
  expect([code, err]).toEqual([0, ''])
  const words = out
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ')[0])
  expect([words[0], words.sort()]).toEqual(['queued', ['queued', 'queued', 'registered', 'registered']])
})

test('when one of several fails, the others are registered, the end is 1, and the row is not left to the app', async () => {
  const { run, file, cloud, commandHome, open } = await setup()
  const good = await file('good.safetensors')
  const bad = await file('bad.safetensors', { cutBytes: 50 })
  const { code, json } = await run('upload', good, bad, '--json')
  const failedLine = json().find(({ event }) => event === 'failed')
  expect([code, failedLine?.['code'], failedLine?.['file']]).toEqual([1, 'file-cut-short', 'bad.safetensors'])
  expect(failedLine?.['sentence']).toMatch(/^[A-Z].+\.$/)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
  const app = await open({}, commandHome)
  expect(app.rows().map(({ phase }) => phase)).toEqual(['registered'])
})

test.each([
  [['upload'], 'Which files?'],
  [['upload', 'x', '--team'], '--team'],
  [['fly'], 'There is no command "fly"'],
])('%j is not understood: 2, with a sentence and no request', async (words, sentence) => {
  const { run, cloud } = await setup()
  const { code, out, err } = await run(...words)
  expect([code, out, err.includes(sentence), cloud.operations]).toEqual([2, '', true, []])
})

test('a team that nobody has, and none where there are several, are not understood and list the teams', async () => {
  const { runWith, file } = await setup({ team: null })
  const path = await file('a.safetensors')
  const unknown = await runWith({}, 'upload', path, '--team', 'Studio South')
  const none = await runWith({}, 'upload', path)
  const badServer = await runWith({ MODELFERRY_SERVER: 'cloud' }, 'teams')
  expect([unknown.code, none.code, badServer.code]).toEqual([2, 2, 2])
  expect(unknown.err).toContain('You have no team "Studio South"')
  expect(none.err).toContain('Which team?')
  for (const { err } of [unknown, none]) expect(err).toContain(`${STUDIO_NORTH_ID}  Studio North`)
})

test('a team is found by its name in either case, and the option outranks the variable', async () => {
  const { run, file, cloud } = await setup()
  const { code } = await run('upload', await file('a.safetensors'), '--team', 'studio NORTH', '--json')
  expect([code, cloud.modelsOf(STUDIO_NORTH_ID).length, cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([
    0, 1, 0,
  ])
})

test('type and path can be given, and a path that the server would refuse is told before anything is sent', async () => {
  const { run, file, cloud } = await setup()
  const path = await file('a.safetensors')
  const refused = await run('upload', path, '--path', 'models/a+b.safetensors', '--json')
  expect(refused.json().at(-1)).toMatchObject({ event: 'failed', code: 'target-path' })
  expect([refused.code, cloud.operations.some(({ name }) => name === 'presignModel')]).toEqual([1, false])
  const taken = await run('upload', path, '--path', 'models/vae/x.safetensors', '--type', 'vae')
  expect(taken.code).toBe(0)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toMatchObject([
    { model_type: 'vae', model_path: 'models/vae/x.safetensors' },
  ])
})

test('nobody signed in ends with 3 and names the way in', async () => {
  const { run, file } = await setup({ account: null })
  const { code, out, err } = await run('upload', await file('a.safetensors'))
  expect([code, out, err]).toEqual([3, '', 'Nobody is signed in. Run: modelferry login\n'])
})

test('a token that the server does not know ends with 3', async () => {
  const { runWith, file } = await setup()
  const { code, err } = await runWith({ MODELFERRY_TOKEN: 'a.b.c' }, 'upload', await file('a.safetensors'))
  expect([code, err.includes('signed-out'), err.includes('a.b.c')]).toEqual([3, true, false])
})

test('a token that dies on the way ends with 3 and says so', async () => {
  const { run, file, cloud } = await setup()
  cloud.fail({ on: 'registerModel', how: 401, times: 2 })
  const { code, json } = await run('upload', await file('a.safetensors'), '--json')
  expect([code, json().at(-1)]).toMatchObject([3, { event: 'failed', code: 'signed-out' }])
})

test('the role of a viewer ends with 1, in the words of the server', async () => {
  const { run, file } = await setup({ account: BOB, team: STUDIO_NORTH_ID })
  const { code, json } = await run('upload', await file('a.safetensors'), '--json')
  expect([code, json().at(-1)]).toMatchObject([
    1,
    { event: 'failed', code: 'forbidden', detail: expect.stringMatching(/\w/) },
  ])
})

test('a server in trouble is waited for and said so', async () => {
  const { run, file, cloud } = await setup()
  // Rows are told ten times a second: a shorter wait may be over before it is told.
  cloud.fail({ on: 'put-object', how: 503, retryAfterSeconds: 2 })
  const { code, json } = await run('upload', await file('a.safetensors'), '--json')
  const waiting = json().find(({ event }) => event === 'waiting')
  expect([code, waiting?.['code'], Date.parse(String(waiting?.['retryAt'])) > 0]).toEqual([
    0,
    'storage-busy',
    true,
  ])
})

test('without a line the command waits and says so, and goes on once it is back', async () => {
  const { start, file, cloud } = await setup()
  const held = cloud.hold('presignModel')
  const { ended, line } = start('upload', await file('a.safetensors'), '--json')
  await held.arrived
  const plugIn = await cloud.unplug()
  held.release()
  await line(({ event, state }) => event === 'line' && state === 'offline')
  await plugIn()
  const { code, json } = await ended
  const states = json().flatMap(({ event, state }) => (event === 'line' ? state : []))
  expect([code, states, json().at(-1)?.event]).toEqual([0, ['offline', 'ok'], 'registered'])
})

test('a server that is not there has refused nobody: 1', async () => {
  const { run, file, cloud } = await setup()
  const plugIn = await cloud.unplug()
  const { code, out } = await run('upload', await file('a.safetensors'))
  await plugIn()
  expect([code, out]).toEqual([1, ''])
})

test('the teams are listed for people and for scripts', async () => {
  const { run } = await setup()
  const [plain, json] = [await run('teams'), await run('teams', '--json')]
  expect(plain.out.split('\n')[1]).toBe(`${STUDIO_NORTH_ID}  Studio North  (${ALICE.email})`)
  expect([plain.code, json.code, json.json()]).toEqual([
    ...[0, 0],
    ALICE.teams.map(({ id, displayName }) => ({ id, name: displayName, account: ALICE.email })),
  ])
})

test('a token decides who sends, whoever is signed in here and has chosen a team', async () => {
  const { run, runWith, file, folder, cloud, commandHome, open } = await setup()
  const app = await open({}, commandHome)
  const [bob] = (await app.signIn(BOB)).accounts
  await app.calls.chooseTeam({ accountId: bob?.id ?? '', teamId: STUDIO_NORTH_ID })
  await app.stop()
  const path = await file('a.safetensors')
  const workflow = join(folder, 'workflow.json')
  writeFileSync(workflow, '{"nodes":[{"type":"LoraLoader","mode":0,"widgets_values":["a"]}],"links":[]}')
  const noTeam = { MODELFERRY_TEAM: undefined }
  const unnamed = [
    await runWith(noTeam, 'upload', path),
    await runWith(noTeam, 'workflow', workflow),
    await runWith(noTeam, 'check', '--storage'),
  ]
  for (const { code, err } of unnamed) {
    expect([code, err.includes('Which team?'), err.includes("Bob's Team")]).toEqual([2, true, false])
  }
  const theirs = await run('upload', path, '--team', "Bob's Team")
  expect([theirs.code, theirs.err.includes("Bob's Team")]).toEqual([2, true])
  expect(cloud.modelsOf(STUDIO_NORTH_ID)).toEqual([])
  // Bob may only look at this team: it is Alice who sends.
  expect((await run('upload', path, '--team', 'Studio North')).code).toBe(0)
  expect((await run('teams')).out).not.toContain(BOB.email)
})

test('a token with a line’s end is good, and a proxy that can’t be read is told without its password', async () => {
  const { runWith, token } = await setup()
  expect((await runWith({ MODELFERRY_TOKEN: `${token}\n` }, 'teams')).code).toBe(0)
  const { code, out, err } = await runWith({ HTTPS_PROXY: 'http://user:p#ss@proxy:8080' }, 'teams')
  expect([code, out, err.includes('HTTPS_PROXY'), err.includes('p#ss')]).toEqual([2, '', true, false])
})

test('a folder without a model says so', async () => {
  const { run, folder } = await setup()
  const { code, err } = await run('upload', join(folder, 'home'))
  expect([code, err]).toEqual([1, 'There is no model file among these.\n'])
})

test('neither the token nor a signature is on the disk or in what is printed', async () => {
  const { run, file, cloud, commandHome, token } = await setup()
  cloud.fail({ on: 'presignModel', how: 500 })
  cloud.fail({ on: 'put-object', how: 'cut' })
  cloud.fail({ on: 'presignModel', how: 'expired-url', skip: 1 })
  const { code, out, err } = await run('upload', await file('a.safetensors'), '--json')
  const disk = readdirSync(commandHome, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'))
  const written = [...disk, out, err].join('\n')
  expect([code, written.includes('the server refused')]).toEqual([0, true])
  expect([token, 'X-Amz-', 'Bearer ', 'Signature'].filter((secret) => written.includes(secret))).toEqual([])
})
