import { createHash } from 'node:crypto'
import { copyFileSync, linkSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { writeDiffusersFolder } from '../../fixtures/diffusers-folder.ts'
import { accessTokenOf, startCommand } from '../../support/command-line.ts'
import { setup as setupEngine } from '../../support/engine.ts'

const path = 'models/loras/a.safetensors'

/** The command line with Alice's token and its own data folder. */
async function setup() {
  const engineSetup = await setupEngine({ as: null })
  const processEnv: NodeJS.ProcessEnv = {
    MODELFERRY_SERVER: engineSetup.cloud.url,
    MODELFERRY_HOME: join(engineSetup.folder, 'command-home'),
    MODELFERRY_TOKEN: await accessTokenOf(engineSetup.cloud.url, ALICE),
    MODELFERRY_TEAM: ALICES_TEAM_ID,
  }
  return { ...engineSetup, run: (...words: string[]) => startCommand(words, processEnv).ended }
}

/** A file, and a library with a different model at the same path. */
async function setupConflict() {
  const engineSetup = await setup()
  const file = await engineSetup.file('a.safetensors')
  const oldId = engineSetup.cloud.addModel(ALICES_TEAM_ID, { model_path: path, display_name: 'Old' })
  const upload = (...words: string[]) => engineSetup.run('upload', file, '--path', path, '--json', ...words)
  const models = () =>
    engineSetup.cloud.modelsOf(ALICES_TEAM_ID).map((model) => [model.model_path, model.model_status])
  return { ...engineSetup, file, oldId, upload, models }
}

test('reports a file the library has without sending it, and exits with 0', async () => {
  const { run, file: write, cloud } = await setup()
  const file = await write('a.safetensors')
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex')
  const model = cloud.addModel(ALICES_TEAM_ID, {
    model_path: path,
    display_name: 'Theirs',
    file_size: statSync(file).size,
    file_hash: `sha256:${sha256}`,
  })
  const asJson = await run('upload', file, '--json')
  expect([asJson.code, asJson.json().at(-1)]).toMatchObject([
    0,
    { event: 'already-there', model, name: 'Theirs', path, status: 'active', sha256, sentBytes: 0 },
  ])
  expect((await run('upload', file)).out).toContain('is in the library as Theirs')
  expect(cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])
})

test('registers every path of a diffusers folder once, also in a second run', async () => {
  const { run, cloud, folder, countOf } = await setup()
  const { root, names } = await writeDiffusersFolder(join(folder, 'files', 'sdxl'))
  const expected = names.map((name) => `models/diffusers/sdxl/${name}`)
  expect((await run('upload', root, '--json')).code).toBe(0)
  const second = await run('upload', root, '--json')
  const found = second.json().filter(({ event }) => event === 'already-there')
  expect([second.code, found.map((line) => String(line['path'])).sort()]).toEqual([0, expected])
  const paths = cloud.modelsOf(ALICES_TEAM_ID).map((model) => model.model_path)
  expect([paths.sort(), countOf('put-object')]).toEqual([expected, names.length])
})

test('reports a diffusers folder without all of its components as incomplete, and exits with 1', async () => {
  const { run, folder } = await setup()
  const { root } = await writeDiffusersFolder(join(folder, 'files', 'sdxl'))
  const complete = await run('upload', root)
  expect([complete.code, complete.out.split('\n').at(-2)]).toEqual([
    0,
    'complete    sdxl: all 10 files are in the library',
  ])
  rmSync(join(root, 'unet'), { recursive: true })
  const other = join(folder, 'files', 'broken')
  renameSync(root, other)
  const asText = await run('upload', other)
  expect([asText.code, asText.out.split('\n').at(-2)]).toEqual([
    1,
    'incomplete  broken: 8 of 9 files are in the library; missing: unet/',
  ])
  const asJson = await run('upload', other, '--json')
  expect([asJson.code, asJson.json().at(-1)]).toMatchObject([
    1,
    {
      event: 'model',
      group: { name: 'broken', kind: 'diffusers' },
      team: ALICES_TEAM_ID,
      complete: false,
      fileCount: 9,
      presentCount: 8,
      missing: ['unet/'],
    },
  ])
})

test('keeps the copy that workflows look for, and names the kept and the skipped path', async () => {
  const { run, cloud, file, folder } = await setup()
  const copy = await file('loras/backup/x.safetensors')
  copyFileSync(copy, join(folder, 'files', 'loras', 'x.safetensors'))
  const paths = { kept: 'models/loras/x.safetensors', skipped: 'models/loras/backup/x.safetensors' }
  const asJson = await run('upload', join(folder, 'files', 'loras'), '--json')
  expect(cloud.modelsOf(ALICES_TEAM_ID).map((model) => model.model_path)).toEqual([paths.kept])
  expect([asJson.code, asJson.json().find(({ event }) => event === 'already-there')]).toMatchObject([
    0,
    { file: 'x.safetensors', path: paths.kept, skippedPath: paths.skipped },
  ])
  const asText = await run('upload', copy)
  expect(asText.out).toContain(`; kept ${paths.kept}, skipped ${paths.skipped}`)
  linkSync(copy, join(folder, 'files', 'loras', 'y.safetensors'))
  const linked = await run('inspect', join(folder, 'files', 'loras'), '--json')
  expect(linked.json().find(({ event }) => event === 'skipped')).toEqual({
    event: 'skipped',
    file: 'loras/backup/x.safetensors',
    reason: 'duplicate',
    kept: 'loras/y.safetensors',
  })
})

test.each([
  ['skip', 0, 'skipped', [[path, 'active']]],
  [
    'rename',
    0,
    'verified',
    [
      [path, 'active'],
      ['models/loras/a-2.safetensors', 'active'],
    ],
  ],
  [
    'replace',
    0,
    'verified',
    [
      ['models/loras/a-2.safetensors', 'disabled'],
      [path, 'active'],
    ],
  ],
  ['ask', 1, 'failed', [[path, 'active']]],
] as const)(
  'resolves a conflict with --on-conflict %s and exits with %i',
  async (what, code, event, library) => {
    const { upload, models } = await setupConflict()
    const ended = await upload('--on-conflict', what)
    expect([ended.code, ended.json().at(-1)?.['event'], models()]).toEqual([code, event, library])
  },
)

test('leaves a path conflict in the queue for the app with "ask"', async () => {
  const { upload, run, file } = await setupConflict()
  await upload('--on-conflict', 'ask')
  const status = await run('status', '--json')
  expect([status.code, JSON.parse(status.out)]).toMatchObject([
    0,
    {
      totals: { left: 1, failed: 1, registered: 0 },
      uploads: [
        {
          file: 'a.safetensors',
          localPath: file,
          path,
          phase: 'failed',
          runByPid: null,
          failure: { code: 'path-taken', sentence: expect.stringContaining('Old') as string },
        },
      ],
    },
  ])
  expect((await run('status')).out).toMatch(/^needs attention +a\.safetensors → .*\(path-taken.*\)\n/)
})

test('exits with 2 for an unknown conflict policy', async () => {
  const { upload } = await setupConflict()
  const ended = await upload('--on-conflict', 'overwrite')
  expect([ended.code, ended.err]).toEqual([2, expect.stringContaining('skip, rename, replace, keep-both')])
})

test('lists, shows, renames, disables and deletes models of a team’s library', async () => {
  const { run, cloud } = await setup()
  cloud.addModel(ALICES_TEAM_ID, { model_path: path, display_name: 'Harbour', model_type: 'loras' })
  cloud.addModel(ALICES_TEAM_ID, { model_path: 'models/vae/b.safetensors', display_name: 'Sea' })
  const listed = await run('library', 'list', 'HARBOUR', '--json')
  expect(
    listed.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object),
  ).toMatchObject([{ name: 'Harbour', path, status: 'active' }])
  expect((await run('library', 'show', 'harbour')).out).toContain(`path: ${path}\n`)
  expect(await run('library', 'rename', path, '--name', 'Harbour v2')).toMatchObject({ code: 0 })
  expect((await run('library', 'disable', 'Harbour v2')).out).toBe('Harbour v2 is disabled.\n')
  const harbour = () => cloud.modelsOf(ALICES_TEAM_ID).find((model) => model.model_path === path)
  expect(harbour()).toMatchObject({ display_name: 'Harbour v2', model_status: 'disabled' })
  expect(await run('library', 'rm', 'Sae')).toMatchObject({
    code: 1,
    err: 'No model has the ID or name "Sae". Did you mean "Sea"?\n',
  })
  expect(await run('library', 'rm', 'Sea')).toMatchObject({ code: 1, out: '' })
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)
  expect(await run('library', 'rm', 'Sea', '-y')).toMatchObject({ code: 0, out: 'Sea is deleted.\n' })
  expect(cloud.modelsOf(ALICES_TEAM_ID).map(({ model_path }) => model_path)).toEqual([path])
})

test('the history lists what was uploaded, latest first', async () => {
  const { run, file } = await setup()
  for (const name of ['first.safetensors', 'second.safetensors']) await run('upload', await file(name))
  const all = await run('history', '--json')
  expect(
    all.out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { file: string }).file),
  ).toEqual(['second.safetensors', 'first.safetensors'])
  expect(JSON.parse(all.out.split('\n')[0] ?? '')).toMatchObject({ already: false, result: 'verified' })
  const copy = await file('copy.safetensors', { payload: { seed: 1 } })
  for (const target of ['models/loras/one.safetensors', 'models/loras/two.safetensors'])
    await run('upload', copy, '--path', target)
  const [again = ''] = (await run('history', '--count', '1', '--json')).out.split('\n')
  const shown = JSON.parse(again) as object
  expect(shown).toMatchObject({ already: true, path: 'models/loras/one.safetensors' })
  expect(shown).not.toHaveProperty('result')
  expect((await run('history', 'first')).out).toContain('first.safetensors → ')
  expect((await run('history', '--count', '1')).out.trim().split('\n')).toHaveLength(1)
})
