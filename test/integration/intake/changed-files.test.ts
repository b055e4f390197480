import { copyFileSync, mkdirSync, renameSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { writeText } from '../../fixtures/model-files.ts'
import { onnxOf } from '../../fixtures/onnx-files.ts'
import { setup, usualSettings, type App, type EngineHarness } from '../../support/engine.ts'

/** A refused file, and a sound one with the same name in another folder. */
async function refused(harness: EngineHarness, write = (path: string) => truncateSync(path, 50_000)) {
  const { app, file, folder } = harness
  const path = await file('a.safetensors')
  const sound = join(folder, 'sound')
  copyFileSync(path, sound)
  write(path)
  const [id = ''] = await app.add(path)
  expect(app.row(id).phase).toBe('failed')
  return { path, sound, id }
}

/** Waits for the phase while the clock runs: changes are looked for every few seconds. */
const expectPhase = ({ clock }: EngineHarness, app: App, id: string) =>
  expect.poll(
    () => {
      clock.advance(500)
      return app.rows().find((row) => row.id === id)?.phase
    },
    { timeout: 10_000 },
  )

test.each([
  ['cut short', (path: string) => truncateSync(path, 50_000)],
  ['empty', (path: string) => truncateSync(path, 0)],
  ['a web page', (path: string) => writeFileSync(path, '<!DOCTYPE html><title>Sign in</title>')],
  [
    'a Git LFS pointer',
    (path: string) =>
      writeFileSync(
        path,
        `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 5000\n`,
      ),
  ],
])('uploads a file that was %s once a sound one takes its place', async (_problem, write) => {
  const harness = await setup()
  const { app } = harness
  const { path, sound, id } = await refused(harness, write)
  renameSync(sound, path)
  await expectPhase(harness, app, id).toBe('registered')
})

test('uploads a file that was written in place', async () => {
  const harness = await setup()
  const { app } = harness
  const { path, sound, id } = await refused(harness)
  copyFileSync(sound, path)
  await expectPhase(harness, app, id).toBe('registered')
})

test('a file that has become sound is reviewed by the rules, and nothing is sent before', async () => {
  const harness = await setup()
  const { app, cloud, asked } = harness
  const { path, sound, id } = await refused(harness)
  app.engine.applySettings({ ...usualSettings, server: cloud.url, review: 'always' })
  renameSync(sound, path)
  await expectPhase(harness, app, id).toBe('review')
  expect(app.row(id).failure).toBeNull()
  expect(asked().filter((name) => !['login', 'getCurrentUser', 'listModels'].includes(name))).toEqual([])
  await app.stop()
  const later = await harness.open({ review: 'always' })
  expect(later.row(id).phase).toBe('review')
})

test('finds a file that was replaced while the app was not running', async () => {
  const harness = await setup()
  const { path, sound, id } = await refused(harness)
  await harness.app.stop()
  renameSync(sound, path)
  await expectPhase(harness, await harness.open(), id).toBe('registered')
})

test('finds a file in a folder that was missing, after the computer wakes', async () => {
  const harness = await setup()
  const { app, folder } = harness
  const { path, sound, id } = await refused(harness)
  const models = join(folder, 'models')
  mkdirSync(models)
  const moved = join(models, 'b.safetensors')
  copyFileSync(path, moved)
  const [other = ''] = await app.add(moved)
  renameSync(models, join(folder, 'elsewhere'))
  mkdirSync(models)
  copyFileSync(sound, moved)
  app.engine.networkChanged()
  await expectPhase(harness, app, other).toBe('registered')
  expect(app.row(id).phase).toBe('failed')
})

test('uploads the first part of a model once the second is beside it', async () => {
  const harness = await setup()
  const { app, file } = harness
  const first = await file('m-00001-of-00002.safetensors')
  const [id = ''] = await app.add(first)
  expect(app.row(id).failure?.code).toBe('file-part-missing')
  copyFileSync(first, join(dirname(first), 'm-00002-of-00002.safetensors'))
  await expectPhase(harness, app, id).toBe('registered')
})

test.each([
  ['exists', true],
  ['is missing', false],
])('looks for weights of an ONNX graph in a subfolder that %s', async (_what, exists) => {
  const harness = await setup()
  const { app, folder, clock } = harness
  const weights = join(folder, 'files/weights')
  const tensors = ['a', 'b'].map((name) => ({
    name,
    shape: [2, 2],
    external: { location: `weights/${name}.data`, length: 16 },
  }))
  const { path } = await writeText(join(folder, 'files/pose.onnx'), onnxOf(tensors))
  // An older graph isn't checked again as a file that may still be copied.
  utimesSync(path, 0, 0)
  if (exists) mkdirSync(weights)
  const [id = ''] = await app.add(path)
  const expectFailure = (code: string, params: object) =>
    expect
      .poll(
        () => {
          clock.advance(500)
          return app.row(id).failure
        },
        { timeout: 10_000 },
      )
      .toMatchObject({ code, params })
  await expectFailure('file-part-missing', { missing: 'weights/a.data' })
  mkdirSync(weights, { recursive: true })
  writeFileSync(join(weights, 'a.data'), Buffer.alloc(16))
  await expectFailure('file-part-missing', { missing: 'weights/b.data' })
  writeFileSync(join(weights, 'b.data'), Buffer.alloc(16))
  // Complete, but not uploaded with a graph of another name.
  await expectFailure('file-weights-apart', {})
})

test('continues an approved file that was moved away and back, without another review', async () => {
  const harness = await setup()
  const { app, file, cloud } = harness
  const path = await file('a.safetensors')
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(path)
  renameSync(path, `${path}.old`)
  await app.calls.resumeAll(undefined)
  await app.until(() => app.row(id).failure?.code === 'file-missing')
  app.engine.applySettings({ ...usualSettings, server: cloud.url, review: 'always' })
  renameSync(`${path}.old`, path)
  await expectPhase(harness, app, id).toBe('registered')
})

test.each([
  ['registered', 'never'],
  ['review', 'always'],
] as const)(
  'a refused file is %s once the settings allow its format, if files are reviewed %s',
  async (phase, review) => {
    const harness = await setup({ settings: { allowedFormats: ['gguf'] } })
    const { app, file, cloud } = harness
    const [id = ''] = await app.add(await file('a.safetensors'))
    expect(app.row(id)).toMatchObject({ phase: 'failed', failure: { code: 'file-format-not-allowed' } })
    app.engine.applySettings({
      ...usualSettings,
      server: cloud.url,
      review,
      allowedFormats: ['gguf', 'onnx'],
    })
    app.engine.applySettings({ ...usualSettings, server: cloud.url, review, allowedFormats: null })
    await expectPhase(harness, app, id).toBe(phase)
    expect(app.row(id).failure).toBeNull()
  },
)
