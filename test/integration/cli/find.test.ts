import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setupCommand, type CommandHarness } from '../../support/command-harness.ts'

async function setup() {
  const cli = await setupCommand()
  await cli.file('../person/ComfyUI/models/loras/ink/here.safetensors')
  await cli.file('../person/ComfyUI/models/vae/there.safetensors')
  return cli
}

const run = (cli: CommandHarness, ...words: string[]) =>
  cli.runWith({ HOME: join(cli.folder, 'person') }, ...words)

const eventsOf = (out: string) =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

test('lists the models on this computer and what the team has, without uploading', async () => {
  const cli = await setup()
  const path = join(cli.folder, 'person/ComfyUI/models/loras/ink/here.safetensors')
  expect((await run(cli, 'upload', path, '--yes')).code).toBe(0)
  const { code, out, err } = await run(cli, 'find')
  expect([code, out]).toEqual([0, expect.stringContaining('ComfyUI: ~/ComfyUI/models (2 models, ')])
  expect(out).toMatch(/^ {2}in the library +150 kB {2}loras\/ink\/here\.safetensors \(loras\)$/m)
  expect(out).toMatch(/^ +150 kB {2}vae\/there\.safetensors \(vae\)$/m)
  expect(err).toMatch(
    /^2 models, 300 kB: 1 in the library of .+, 0 with the name and size .+, 1 not in the library\.$/m,
  )
  expect(cli.cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('prints one JSON object per model, and a last one with the totals', async () => {
  const cli = await setup()
  const { code, out } = await run(cli, 'find', '--json')
  expect(code).toBe(0)
  const model = (name: string, type: string, within: string) => ({
    event: 'local-model',
    place: 'comfyui',
    name,
    type,
    sizeBytes: 150_000,
    files: 1,
    state: 'new',
    localPath: join(cli.folder, 'person/ComfyUI/models', within),
  })
  const events = eventsOf(out)
  expect(events).toContainEqual(model('here.safetensors', 'loras', 'loras/ink/here.safetensors'))
  expect(events).toContainEqual(model('there.safetensors', 'vae', 'vae/there.safetensors'))
  expect(events.at(-1)).toEqual({ event: 'found', models: 2, sizeBytes: 300_000, complete: true })
})

test('lists models without a sign-in', async () => {
  const cli = await setup()
  const env = { HOME: join(cli.folder, 'person'), MODELFERRY_TOKEN: undefined }
  const { code, out, err } = await cli.runWith(env, 'find')
  expect([code, out]).toEqual([0, expect.stringContaining('here.safetensors')])
  expect(err).toContain('Sign in to compare them')
})

test('exits with 1 if the library can’t be listed, and claims nothing about it', async () => {
  const cli = await setup()
  cli.cloud.fail({ on: 'listModels', how: 403, times: Infinity })
  const { code, out } = await run(cli, 'find', '--json')
  expect(code).toBe(1)
  expect(eventsOf(out).at(-1)).toMatchObject({ complete: true, library: { code: 'forbidden' } })
})

test('Ctrl-C doesn’t wait for the library, and says that it was not compared', async () => {
  const cli = await setup()
  const listing = cli.cloud.hold('listModels', 'answer')
  const { kill, ended } = cli.startWith({ HOME: join(cli.folder, 'person') }, 'find', '--json')
  await listing.arrived
  kill('SIGINT')
  const { code, out } = await ended
  listing.release()
  const found = eventsOf(out).at(-1)
  expect([code, found]).toEqual([130, expect.objectContaining({ event: 'found', complete: false })])
  // The request was still unanswered.
  expect(found).not.toHaveProperty('library')
})
