import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setupCommand, type CommandHarness } from '../../support/command-harness.ts'

const workflowWithLoras = (...names: readonly string[]) =>
  JSON.stringify({
    nodes: names.map((name) => ({ type: 'LoraLoader', mode: 0, widgets_values: [name, 1, 1] })),
    links: [],
  })

async function setup(content: string) {
  const cli = await setupCommand()
  const workflow = join(cli.folder, 'workflow.json')
  writeFileSync(workflow, content)
  await cli.file('../person/ComfyUI/models/loras/ink/here.safetensors')
  return { cli, workflow }
}

const run = (cli: CommandHarness, ...words: string[]) =>
  cli.runWith({ HOME: join(cli.folder, 'person') }, ...words)

test('lists what a workflow needs and uploads local models with --upload', async () => {
  const { cli, workflow } = await setup(workflowWithLoras('ink/here.safetensors', 'lost.safetensors'))
  const result = await run(cli, 'workflow', workflow)
  expect(result.code).toBe(1)
  expect(result.out).toContain(
    'local           ink/here.safetensors (loras, ~/ComfyUI/models/loras/ink/here.safetensors',
  )
  expect(result.out).toContain('not found       lost.safetensors (loras)')
  expect(result.err).toContain('2 models: 0 in the library of')

  const sent = await run(cli, 'workflow', workflow, '--upload', '--json')
  expect(sent.code).toBe(1)
  expect(cli.cloud.modelsOf(ALICES_TEAM_ID).map(({ model_path }) => model_path)).toEqual([
    'models/loras/ink/here.safetensors',
  ])
  const events = sent.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string })
  expect(events.map(({ event }) => event)).toEqual(expect.arrayContaining(['need', 'queued', 'registered']))
})

test('exits with 0 once the team has every model', async () => {
  const { cli, workflow } = await setup(workflowWithLoras('ink/here.safetensors'))
  expect((await run(cli, 'workflow', workflow, '--upload')).code).toBe(0)
  const result = await run(cli, 'workflow', workflow, '--json')
  expect([result.code, JSON.parse(result.out)]).toEqual([
    0,
    expect.objectContaining({ event: 'need', stand: 'in-library', by: 'path', type: 'loras' }),
  ])
})

test('uploads no model with a licence that the settings name, and ends', async () => {
  const { cli, workflow } = await setup(workflowWithLoras('ink/licensed.safetensors'))
  await cli.file('../person/ComfyUI/models/loras/ink/licensed.safetensors', {
    metadata: { license: 'CreativeML OpenRAIL-M' },
  })
  mkdirSync(cli.commandHome, { recursive: true })
  writeFileSync(join(cli.commandHome, 'settings.json'), JSON.stringify({ confirmLicences: ['openrail'] }))
  const { code, err } = await run(cli, 'workflow', workflow, '--upload')
  expect([code, err.includes('the licence of a model needs your decision')]).toEqual([1, true])
  expect(cli.cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
  expect((await run(cli, 'status')).out).toContain('The upload queue is empty.')
})

test('reports a file without a workflow', async () => {
  const { cli, workflow } = await setup('{"a": 1}')
  const result = await run(cli, 'workflow', workflow)
  expect([result.code, result.err]).toEqual([1, 'This file doesn’t contain a ComfyUI workflow.\n'])
})

test('names a folder that could not be searched', async () => {
  const { cli, workflow } = await setup(workflowWithLoras('lost.safetensors'))
  const linkedFolder = join(cli.folder, 'odd')
  mkdirSync(linkedFolder)
  await cli.app.calls.addFiles({ paths: [linkedFolder] })
  await cli.app.stop()
  // A link to itself exists but can't be opened.
  rmSync(linkedFolder, { recursive: true })
  symlinkSync('odd', linkedFolder)
  const shared = { HOME: join(cli.folder, 'person'), MODELFERRY_HOME: cli.home }
  const result = await cli.runWith(shared, 'workflow', workflow)
  expect(result.err).toContain(`Some folders couldn’t be searched`)
  expect(result.err).toContain(`${linkedFolder} (can’t be read)`)
  const lines = (await cli.runWith(shared, 'workflow', workflow, '--json')).json()
  expect(lines).toContainEqual({ event: 'unseen', folder: linkedFolder, reason: 'unreadable' })
})

test('FIFOs in place of a workflow and of ComfyUI’s settings delay nothing', async () => {
  const { cli, workflow } = await setup(workflowWithLoras('ink/here.safetensors'))
  const settings = join(cli.folder, 'person/.config/ComfyUI')
  mkdirSync(settings, { recursive: true })
  const fifo = join(cli.folder, 'fifo.json')
  execFileSync('mkfifo', [
    fifo,
    join(settings, 'config.json'),
    join(settings, 'extra_models_config.yaml'),
    join(cli.folder, 'person/ComfyUI/extra_model_paths.yaml'),
  ])
  expect(await run(cli, 'workflow', fifo)).toMatchObject({
    code: 1,
    err: 'This file doesn’t contain a ComfyUI workflow.\n',
  })
  expect((await run(cli, 'workflow', workflow)).out).toContain('local           ink/here.safetensors')
})
