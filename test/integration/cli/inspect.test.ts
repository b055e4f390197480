import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeDiffusersFolder } from '../../fixtures/diffusers-folder.ts'
import { flux } from '../../fixtures/family.ts'
import { writeText } from '../../fixtures/model-files.ts'
import { writeComfyFolder } from '../../fixtures/models-folder.ts'
import { shellCall } from '../../fixtures/pickles.ts'
import { setupCommand } from '../../support/command-harness.ts'

test('reports for each file what upload would do, without asking a server', async () => {
  const { run, folder, cloud } = await setupCommand()
  await writeComfyFolder(folder)
  await writeText(join(folder, 'models/loras/trap.pt'), shellCall)
  cloud.forgetOperations()
  const { code, json } = await run('inspect', join(folder, 'models'), '--json')
  const lines = json()
  const inspected = lines.filter(({ event }) => event === 'inspected')
  expect(code).toBe(1)
  expect(inspected).toContainEqual(
    expect.objectContaining({ file: 'painter.safetensors', type: 'loras', base: 'SDXL', refused: null }),
  )
  expect(inspected).toContainEqual(
    expect.objectContaining({
      file: 'trap.pt',
      refused: { code: 'file-dangerous', sentence: expect.stringContaining('posix.system') },
    }),
  )
  expect(lines).toContainEqual({
    event: 'skipped',
    file: 'models/loras/half.safetensors.crdownload',
    reason: 'downloading',
  })
  expect(cloud.operations).toEqual([])

  const sent = await run('upload', join(folder, 'models'), '--json')
  const codes = (events: readonly Record<string, unknown>[], event: string) =>
    events.filter((line) => line['event'] === event).map(({ file, code: why }) => [file, why])
  const refused = inspected.flatMap(({ file, refused: why }) =>
    why ? [[file, (why as { code: string }).code]] : [],
  )
  expect(codes(sent.json(), 'failed').sort()).toEqual(refused.sort())
})

const kohya = {
  'modelspec.title': 'Night Ferry',
  'modelspec.author': 'Mira',
  'modelspec.license': 'openrail++',
  'modelspec.resolution': '1024x1024',
  'modelspec.trigger_phrase': 'ferry at night',
  ss_sd_model_name: 'sd_xl_base_1.0.safetensors',
  prompt: '{}',
  notes: '/home/mira/training/ferry',
}

test('ends with the number of files, and of those that were rejected or skipped', async () => {
  const { run, folder, file } = await setupCommand()
  const sound = await file('painter.safetensors')
  await writeText(join(folder, 'files/trap.pt'), shellCall)
  await writeText(join(folder, 'files/pic.png'), 'no model')
  const summary = '2 model files, 1 rejected; 1 file skipped.\n'
  expect(await run('inspect', join(folder, 'files'))).toMatchObject({ code: 1, err: summary })
  // A single file needs no summary.
  expect(await run('inspect', sound)).toMatchObject({ code: 0, err: '' })
})

test('says only that a mistyped path does not exist', async () => {
  const { run, file } = await setupCommand()
  const mistyped = (await file('painter.safetensors')).replace('painter', 'paintre')
  const { code, out } = await run('inspect', mistyped)
  expect([code, out.split('\n')]).toEqual([
    1,
    ['rejected paintre.safetensors', expect.stringMatching(/^ {9}“.*” doesn’t exist\. Did you mean /), ''],
  ])
})

test('shows a file’s metadata as text and as JSON', async () => {
  const { run, file } = await setupCommand()
  const path = await file('ferry.safetensors', { metadata: kohya })
  const { out } = await run('inspect', path)
  for (const line of [
    ...['Title: Night Ferry', 'Author: Mira', 'Licence: openrail++', 'Resolution: 1024x1024'],
    ...['Trigger words: ferry at night', 'Trained on: sd_xl_base_1.0.safetensors'],
    ...['the file contains a prompt', 'the file contains paths from the computer'],
  ])
    expect(out).toContain(line)
  expect(out).toMatch(/Parameters: [\d,]+\n/)
  expect(out).toMatch(/Data types: \w+ /)
  const [fileReport] = (await run('inspect', path, '--json')).json()
  expect(fileReport).toMatchObject({
    lookedInto: true,
    says: {
      title: 'Night Ferry',
      author: 'Mira',
      licence: 'openrail++',
      resolution: '1024x1024',
      triggerWords: ['ferry at night'],
      trainingBase: 'sd_xl_base_1.0.safetensors',
      private: ['prompt', 'local-paths'],
      parameterCount: expect.any(Number),
      imports: [],
    },
  })
})

test('marks unknown formats as unread, and lists what a pickle would import', async () => {
  const { run, folder } = await setupCommand()
  await writeText(join(folder, 'strange.weights'), 'whatever this is')
  await writeText(join(folder, 'trap.pt'), shellCall)
  const unknown = await run('inspect', join(folder, 'strange.weights'))
  expect(unknown.out).toContain('unknown  strange.weights')
  expect(unknown.out).toContain('Not checked')
  expect((await run('inspect', join(folder, 'strange.weights'), '--json')).json()[0]).toMatchObject({
    lookedInto: false,
    refused: null,
  })
  expect((await run('inspect', join(folder, 'trap.pt'))).out).toContain('Loads: posix.system (dangerous)')
})

test('shows the model that a numbered part belongs to', async () => {
  const { run, file } = await setupCommand()
  const parts = [await file('big-00001-of-00002.safetensors'), await file('big-00002-of-00002.safetensors')]
  expect((await run('inspect', ...parts)).out).toContain('Part of big, a model in several parts.')
  const queued = (await run('upload', ...parts, '--json')).json().filter(({ event }) => event === 'queued')
  expect(queued.map(({ group }) => group)).toEqual(
    parts.map(() => ({ key: expect.any(String), name: 'big', kind: 'shards' })),
  )
})

test('skips a picture in an upload', async () => {
  const { run, folder } = await setupCommand()
  await writeText(join(folder, 'pic.png'), 'x')
  const { code, json } = await run('upload', join(folder, 'pic.png'), '--json')
  expect([code, json()]).toEqual([1, [{ event: 'skipped', file: 'pic.png', reason: 'not-a-model' }]])
})

test('exits with 0 when every file would be accepted', async () => {
  const { run, file } = await setupCommand()
  expect((await run('inspect', await file('a.safetensors'))).code).toBe(0)
})

test('FIFOs in place of descriptions, previews, an index and a part delay nothing', async () => {
  const { run, file, folder } = await setupCommand()
  const models = join(folder, 'models')
  for (const name of ['a', 'b', 'c', 'part-00001-of-00002'])
    await file(`../models/loras/${name}.safetensors`, { metadata: kohya })
  await writeDiffusersFolder(join(models, 'pipeline'))
  const fifos = [
    ...['a.json', 'b.civitai.info', 'c.preview.png', 'part-00002-of-00002.safetensors'].map((name) =>
      join(models, 'loras', name),
    ),
    join(models, 'pipeline/model_index.json'),
  ]
  rmSync(join(models, 'pipeline/model_index.json'))
  execFileSync('mkfifo', fifos)
  const { json } = await run('inspect', models, '--json')
  const accepted = json().filter(({ refused }) => refused === null)
  expect(accepted.map((line) => line['file'])).toEqual(
    expect.arrayContaining(['a.safetensors', 'b.safetensors', 'c.safetensors']),
  )
})

test('lists the models that a file needs', async () => {
  const { run, file } = await setupCommand()
  const path = await file('flux1-dev.safetensors', { tensors: flux, sizeBytes: 3_000_000 })
  expect((await run('inspect', path)).out).toContain(
    'Needs: CLIP-L text encoder (usually clip_l.safetensors), T5-XXL text encoder (usually t5xxl_fp16.safetensors), ',
  )
  const [inspected] = (await run('inspect', '--json', path)).json()
  expect(inspected?.['needs']).toEqual([
    { role: 'text-encoder', base: 'CLIP-L', usualName: 'clip_l.safetensors' },
    { role: 'text-encoder', base: 'T5-XXL', usualName: 't5xxl_fp16.safetensors' },
    { role: 'vae', base: 'Flux.1', usualName: 'ae.safetensors' },
  ])
})
