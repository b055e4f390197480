import { readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID, type DemoAccount } from '../../cloud/accounts.ts'
import { accessTokenOf, startCommand, startProcess } from '../../support/command-line.ts'
import { setup as setupEngine, sha256Of } from '../../support/engine.ts'

/** The command line with an account's token and its own data folder. */
async function setup({ account = ALICE as DemoAccount | null, team = ALICES_TEAM_ID as string | null } = {}) {
  const engineSetup = await setupEngine({ as: null })
  const commandHome = join(engineSetup.folder, 'command-home')
  const token = account ? await accessTokenOf(engineSetup.cloud.url, account) : undefined
  engineSetup.cloud.forgetOperations()
  const processEnv: NodeJS.ProcessEnv = {
    MODELFERRY_SERVER: engineSetup.cloud.url,
    MODELFERRY_HOME: commandHome,
    MODELFERRY_TOKEN: token,
    MODELFERRY_TEAM: team ?? undefined,
  }
  return {
    ...engineSetup,
    token: token ?? '',
    processEnv,
    commandHome,
    start: (...words: string[]) => startCommand(words, processEnv),
    run: (...words: string[]) => startCommand(words, processEnv).ended,
    runWith: (more: NodeJS.ProcessEnv, ...words: string[]) =>
      startCommand(words, { ...processEnv, ...more }).ended,
  }
}

test('exits with 0 and writes a JSON line per event', async () => {
  const { run, file, cloud } = await setup()
  const path = await file('loras/blue.safetensors', { sizeBytes: 3_000_000 })
  const { code, json, err } = await run('upload', path, '--json', '--name', 'Blue hour')
  const lines = json()
  const [model] = cloud.modelsOf(ALICES_TEAM_ID)
  const id = lines[0]?.['id']
  expect([code, err]).toEqual([0, ''])
  expect(lines[0]).toEqual({
    event: 'queued',
    id,
    file: 'blue.safetensors',
    sizeBytes: 3_000_000,
    team: ALICES_TEAM_ID,
    type: 'loras',
    path: 'models/loras/blue.safetensors',
    name: 'Blue hour',
    group: null,
  })
  expect(lines.at(-1)).toEqual({
    event: 'verified',
    id,
    model: model?.id,
    file: 'blue.safetensors',
    result: 'verified',
  })
  expect(lines.at(-2)).toEqual({
    event: 'registered',
    id,
    model: model?.id,
    file: 'blue.safetensors',
    team: ALICES_TEAM_ID,
    path: 'models/loras/blue.safetensors',
    sha256: sha256Of(path),
    sizeBytes: 3_000_000,
  })
  expect(
    [...new Set(lines.slice(1, -2).map(({ event }) => event))].filter((event) => event !== 'progress'),
  ).toEqual([])
  expect(model).toMatchObject({ display_name: 'Blue hour' })
})

test('writes every line of text when the output is no terminal', async () => {
  const { run, file } = await setup()
  const { code, out, err } = await run('upload', await file('a.safetensors'), await file('b.safetensors'))
  expect([code, err]).toEqual([0, ''])
  const words = out
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ')[0])
  expect([words[0], words.sort()]).toEqual([
    'queued',
    ['queued', 'queued', 'registered', 'registered', 'verified', 'verified'],
  ])
})

test('exits with 1 and names the difference if the record in the library differs', async () => {
  const { run, file, cloud } = await setup()
  const record = { id: 'm', model_type: 'loras', file_size: 7 }
  cloud.fail({ on: 'getModel', how: { status: 200, body: JSON.stringify(record) }, times: 2 })
  const text = await run('upload', await file('loras/a.safetensors'))
  expect(text.code).toBe(1)
  expect(text.out).toMatch(/^differs {5}a\.safetensors: Size: 7 bytes instead of 150,000 bytes\.$/m)
  const { code, json } = await run('upload', await file('loras/b.safetensors'), '--json')
  expect([code, json().at(-1)]).toMatchObject([
    1,
    {
      event: 'verified',
      result: 'differs',
      differences: [{ field: 'size', expected: '150000', found: '7' }],
    },
  ])
  const status = await run('status', '--json')
  const { totals, differing } = JSON.parse(status.out) as Record<string, unknown>
  expect(totals).toMatchObject({ registered: 2, verified: 0, differing: 2 })
  expect(differing).toMatchObject([
    { file: 'b.safetensors', path: 'models/loras/b.safetensors', result: 'differs' },
    { file: 'a.safetensors', model: expect.stringMatching(/\w/) as string },
  ])
  const { out } = await run('status')
  expect(out).toContain('2 in history, 0 verified.')
  expect(out).toContain('differs     a.safetensors')
})

test('exits with 0 and says so if the record can’t be read back', async () => {
  const { run, file, cloud } = await setup()
  cloud.fail({ on: 'getModel', how: 501, times: 2 })
  const text = await run('upload', await file('loras/a.safetensors'))
  expect([text.code, text.out]).toEqual([
    0,
    expect.stringContaining('note        a.safetensors: Not verified: the server can’t return the record.'),
  ])
  const { code, json } = await run('upload', await file('loras/b.safetensors'), '--json')
  expect([code, json().at(-1)]).toMatchObject([
    0,
    { event: 'verified', result: 'not-verified', reason: 'unsupported' },
  ])
})

test('registers the other files when one fails, exits with 1 and removes its row', async () => {
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
  [['upload'], 'No files given.'],
  [['upload', 'x', '--team'], '--team'],
  [['fly'], 'Unknown command "fly"'],
])('rejects %j with exit code 2 and a message, without a request', async (words, sentence) => {
  const { run, cloud } = await setup()
  const { code, out, err } = await run(...words)
  expect([code, out, err.includes(sentence), cloud.operations]).toEqual([2, '', true, []])
})

test('lists the teams when the team is unknown or ambiguous', async () => {
  const { runWith, file } = await setup({ team: null })
  const path = await file('a.safetensors')
  const unknown = await runWith({}, 'upload', path, '--team', 'Studio South')
  const none = await runWith({}, 'upload', path)
  const badServer = await runWith({ MODELFERRY_SERVER: 'cloud' }, 'teams')
  expect([unknown.code, none.code, badServer.code]).toEqual([2, 2, 2])
  expect(unknown.err).toContain('No team matches "Studio South"')
  expect(none.err).toContain('Choose a team')
  for (const { err } of [unknown, none]) expect(err).toContain(`${STUDIO_NORTH_ID}  Studio North`)
})

test('finds a team by name ignoring case, and prefers the option to the variable', async () => {
  const { run, file, cloud } = await setup()
  const { code } = await run('upload', await file('a.safetensors'), '--team', 'studio NORTH', '--json')
  expect([code, cloud.modelsOf(STUDIO_NORTH_ID).length, cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([
    0, 1, 0,
  ])
})

test('takes a type and a path, and rejects an invalid path before sending', async () => {
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

test('puts a file into the folder of the given type unless it has a path', async () => {
  const { run, file, cloud } = await setup()
  const path = await file('unrecognised/grain.safetensors')
  const { code, json } = await run('upload', path, '--type', 'loras', '--json')
  expect([code, json()[0]]).toMatchObject([
    0,
    { event: 'queued', type: 'loras', path: 'models/loras/grain.safetensors' },
  ])
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toMatchObject([
    { model_type: 'loras', model_path: 'models/loras/grain.safetensors' },
  ])
})

test.each(['--name', '--path'])('rejects %s for a folder, and uploads nothing', async (option) => {
  const { run, file, cloud } = await setup()
  const first = await file('models/a.safetensors')
  await file('models/b.safetensors')
  const { code, err } = await run('upload', dirname(first), option, 'other')
  expect([code, err]).toEqual([2, expect.stringContaining('not with a folder')])
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
})

test('says that a mistyped path does not exist, and uploads the other files', async () => {
  const { run, file, cloud } = await setup()
  const path = await file('painter.safetensors')
  const mistyped = path.replace('painter', 'paintre')
  const { code, out } = await run('upload', mistyped, await file('other.safetensors'))
  expect(code).toBe(1)
  expect(out).toContain(
    `failed      paintre.safetensors: “${mistyped}” doesn’t exist. Did you mean “${path}”? (path-not-found)\n`,
  )
  expect(out).not.toContain('moved')
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
  const unknown = await run('upload', '/nowhere/at-all.gguf', '--json')
  expect(unknown.json().at(-1)).toMatchObject({
    event: 'failed',
    code: 'path-not-found',
    sentence: '“/nowhere/at-all.gguf” doesn’t exist.',
  })
  const sameNames = await run('upload', '/nowhere/a.gguf', '/elsewhere/a.gguf')
  expect(sameNames.out).toContain('“/nowhere/a.gguf” doesn’t exist.')
  expect(sameNames.out).toContain('“/elsewhere/a.gguf” doesn’t exist.')
  const inspected = await run('inspect', mistyped)
  expect([inspected.code, inspected.out]).toEqual([1, expect.stringContaining(`Did you mean “${path}”?`)])
  const workflow = await run('workflow', `${path}.json`)
  expect([workflow.code, workflow.err]).toEqual([1, expect.stringContaining('doesn’t exist.')])
})

test('exits with 3 without a sign-in and names the command', async () => {
  const { run, file } = await setup({ account: null })
  const { code, out, err } = await run('upload', await file('a.safetensors'))
  expect([code, out, err]).toEqual([3, '', 'Not signed in. Run: modelferry login\n'])
})

test.each([503, 'html', 'half-json', 'cut'] as const)(
  'retries the first call of an upload when it fails with %s',
  async (how) => {
    const { run, file, cloud, countOf } = await setup()
    cloud.fail({ on: 'getCurrentUser', how, times: 2 })
    const { code, json, err } = await run('upload', await file('a.safetensors'), '--json')
    expect([code, err, countOf('getCurrentUser')]).toEqual([0, '', 3])
    const delayed = json().filter(({ event }) => event === 'sign-in-delayed')
    expect(delayed).toHaveLength(2)
    expect(delayed[0]).toMatchObject({
      code: expect.any(String),
      retryAt: expect.stringMatching(/^\d{4}-.*Z$/),
    })
    expect(delayed[0]?.['sentence']).toMatch(/retried automatically|resume automatically/)
    expect(json().at(-1)).toMatchObject({ event: 'verified' })
  },
)

test('retries the first call of a command that reads', async () => {
  const { run, cloud, countOf } = await setup()
  cloud.fail({ on: 'getCurrentUser', how: 503 })
  const { code, out } = await run('teams')
  expect([code, countOf('getCurrentUser')]).toEqual([0, 2])
  expect(out).toContain(STUDIO_NORTH_ID)
})

test('a command that reads gives up in time and promises no retry', async () => {
  const { run, cloud, countOf } = await setup()
  cloud.fail({ on: 'getCurrentUser', how: 503, retryAfterSeconds: 60, times: Infinity })
  const { code, out, err } = await run('teams')
  expect([code, out, countOf('getCurrentUser')]).toEqual([1, '', 1])
  expect(err).toContain('server-trouble')
  expect(err).not.toMatch(/automatically/)
})

test('Ctrl-C ends the wait for the first call', async () => {
  const { start, file, cloud } = await setup()
  cloud.fail({ on: 'getCurrentUser', how: 503, retryAfterSeconds: 60, times: Infinity })
  const command = start('upload', await file('a.safetensors'))
  await cloud.ended('getCurrentUser')
  command.kill('SIGINT')
  expect((await command.ended).code).toBe(130)
})

test('exits with 3 for an unknown token', async () => {
  const { runWith, file } = await setup()
  const { code, err } = await runWith({ MODELFERRY_TOKEN: 'a.b.c' }, 'upload', await file('a.safetensors'))
  expect([code, err.includes('signed-out'), err.includes('a.b.c')]).toEqual([3, true, false])
})

test('exits with 3 when the token expires during the upload', async () => {
  const { run, file, cloud } = await setup()
  cloud.fail({ on: 'registerModel', how: 401, times: 2 })
  const { code, json } = await run('upload', await file('a.safetensors'), '--json')
  expect([code, json().at(-1)]).toMatchObject([3, { event: 'failed', code: 'signed-out' }])
})

test('exits with 1 for a viewer, with the server’s message', async () => {
  const { run, file } = await setup({ account: BOB, team: STUDIO_NORTH_ID })
  const { code, json } = await run('upload', await file('a.safetensors'), '--json')
  expect([code, json().at(-1)]).toMatchObject([
    1,
    { event: 'failed', code: 'forbidden', detail: expect.stringMatching(/\w/) },
  ])
})

test('exits with 1 for a permanent refusal of storage, with its message', async () => {
  const { run, file, cloud } = await setup()
  const body = '<Error><Code>QuotaExceeded</Code><Message>Studio is full.</Message></Error>'
  cloud.fail({ on: 'put-object', how: { status: 403, headers: {}, body }, times: 2 })
  const text = await run('upload', await file('a.safetensors'))
  expect([text.code, text.out]).toEqual([
    1,
    expect.stringContaining(
      'Storage rejected the file: “Studio is full”. Nothing was added to the library. ' +
        'Try again later or ask your team admin. (storage-refused: QuotaExceeded)',
    ),
  ])
  const { json } = await run('upload', await file('b.safetensors'), '--json')
  expect(json().at(-1)).toMatchObject({ code: 'storage-refused', detail: 'QuotaExceeded: Studio is full' })
})

test('waits for a failing server and reports it', async () => {
  const { run, file, cloud } = await setup()
  // Rows are reported ten times a second: a shorter wait could end unreported.
  cloud.fail({ on: 'put-object', how: 503, retryAfterSeconds: 2 })
  const { code, json } = await run('upload', await file('a.safetensors'), '--json')
  const waiting = json().find(({ event }) => event === 'waiting')
  expect([code, waiting?.['code'], Date.parse(String(waiting?.['retryAt'])) > 0]).toEqual([
    0,
    'storage-busy',
    true,
  ])
})

test('waits while offline, reports it and continues once online', async () => {
  const { start, file, cloud } = await setup()
  const held = cloud.hold('presignModel')
  const { ended, line } = start('upload', await file('a.safetensors'), '--json')
  await held.arrived
  const reconnect = await cloud.unplug()
  held.release()
  await line(({ event, state }) => event === 'line' && state === 'offline')
  await reconnect()
  const { code, json } = await ended
  const states = json().flatMap(({ event, state }) => (event === 'line' ? state : []))
  expect([code, states, json().at(-1)?.event]).toEqual([0, ['offline', 'ok'], 'verified'])
})

test('waits for a server that can’t be reached, and uploads once it is back', async () => {
  const { start, file, cloud } = await setup()
  const reconnect = await cloud.unplug()
  const command = start('upload', await file('a.safetensors'), '--json')
  expect(await command.line(({ event }) => event === 'sign-in-delayed')).toMatchObject({
    code: 'server-unreachable',
  })
  await reconnect()
  expect((await command.ended).code).toBe(0)
})

test('lists the teams as text and as JSON', async () => {
  const { run } = await setup()
  const [plain, json] = [await run('teams'), await run('teams', '--json')]
  expect(plain.out.split('\n')[1]).toBe(`${STUDIO_NORTH_ID}  Studio North  (${ALICE.email})`)
  expect([plain.code, json.code, json.json()]).toEqual([
    ...[0, 0],
    ALICE.teams.map(({ id, displayName }) => ({ id, name: displayName, account: ALICE.email })),
  ])
})

test('uploads with the token’s account regardless of other sign-ins', async () => {
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
    expect([code, err.includes('Choose a team'), err.includes("Bob's Team")]).toEqual([2, true, false])
  }
  for (const words of [
    ['upload', path],
    ['check', '--storage'],
  ]) {
    const theirs = await run(...words, '--team', "Bob's Team")
    expect([theirs.code, theirs.err.includes("Bob's Team")]).toEqual([2, true])
  }
  expect(cloud.modelsOf(STUDIO_NORTH_ID)).toEqual([])
  // Bob is a viewer in this team, so the upload must use Alice's token.
  expect((await run('upload', path, '--team', 'Studio North')).code).toBe(0)
  expect((await run('teams')).out).not.toContain(BOB.email)
})

test('accepts a token with a newline, and rejects a proxy without its password', async () => {
  const { runWith, token, processEnv } = await setup()
  expect((await runWith({ MODELFERRY_TOKEN: `${token}\n` }, 'teams')).code).toBe(0)
  const proxy = { HTTPS_PROXY: 'http://user:p#ss@proxy:8080' }
  const { code, out, err } = await startProcess(['teams'], { ...processEnv, ...proxy }).ended
  expect([code, out, err.includes('HTTPS_PROXY'), err.includes('p#ss')]).toEqual([2, '', true, false])
})

test('reports a folder without models', async () => {
  const { run, folder } = await setup()
  const { code, err } = await run('upload', join(folder, 'home'))
  expect([code, err]).toEqual([1, 'No model files found.\n'])
})

test('keeps the token and signatures off the disk and out of the output', async () => {
  const { run, file, cloud, commandHome, token } = await setup()
  cloud.fail({ on: 'presignModel', how: 500 })
  cloud.fail({ on: 'put-object', how: 'cut' })
  cloud.fail({ on: 'presignModel', how: 'expired-url', skip: 1 })
  const { code, out, err } = await run('upload', await file('a.safetensors'), '--json')
  const disk = readdirSync(commandHome, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'))
  const written = [...disk, out, err].join('\n')
  expect([code, written.includes('the server rejected a request')]).toEqual([0, true])
  expect([token, 'X-Amz-', 'Bearer ', 'Signature'].filter((secret) => written.includes(secret))).toEqual([])
})

test('shows the links of a model to other places, and how many, and uploads none of them', async () => {
  const { run, file, cloud, folder } = await setup()
  await file('sdxl/vae/diffusion_pytorch_model.safetensors')
  const model = join(folder, 'files/sdxl')
  writeFileSync(join(model, 'model_index.json'), '{}')
  writeFileSync(join(folder, 'id_ed25519'), 'secret')
  for (const name of ['config.json', 'merges.txt'])
    symlinkSync(join(folder, 'id_ed25519'), join(model, 'vae', name))
  const { code, out } = await run('upload', model)
  expect(code).toBe(1)
  expect(out).toContain('skipped     sdxl/vae/config.json (Link to another place')
  expect(out).toContain('note        2 links to other places were not followed')
  expect(out).toContain('missing: vae/config.json, vae/merges.txt')
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)
})
