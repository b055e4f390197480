import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Timers } from '../../../electron/platform/environment.ts'
import { collectFiles } from '../../../electron/discovery/scan/collect-files.ts'
import { realTimers } from '../../../electron/platform/system-environment.ts'
import { Inspector } from '../../../electron/recognition/inspector.ts'
import { writeSafetensors } from '../../fixtures/model-files.ts'
import { writeComfyFolder } from '../../fixtures/models-folder.ts'

const realWorker = new URL('../../../electron/recognition/inspect-worker.ts', import.meta.url)
const mortalWorker = new URL('./crashing-worker.ts', import.meta.url)

let root: string
let inspector: Inspector
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'inspector-'))
})
afterEach(async () => {
  await inspector.close()
  await rm(root, { recursive: true, force: true })
})

test('tells every file of a models folder, sound or not, on its thread', async () => {
  inspector = new Inspector(realWorker, realTimers)
  const { files } = await collectFiles([await writeComfyFolder(root)])
  const told = await Promise.all(
    files.map(async (file) => {
      const { recognition, target, failure } = await inspector.inspect(file)
      return [file.name, recognition.modelType, recognition.base, target.modelPath, failure?.code ?? 'sound']
    }),
  )
  expect(told).toEqual([
    [
      'flux1-dev.safetensors',
      'diffusion_models',
      'Flux.1',
      'models/diffusion_models/flux1-dev.safetensors',
      'sound',
    ],
    ['easy.safetensors', 'embeddings', 'SD1', 'models/embeddings/easy.safetensors', 'sound'],
    ['denied.safetensors', 'loras', null, 'models/loras/denied.safetensors', 'file-web-page'],
    ['empty.safetensors', 'loras', null, 'models/loras/empty.safetensors', 'file-empty'],
    ['flux_detail.safetensors', 'loras', 'Flux.1', 'models/loras/flux_detail.safetensors', 'sound'],
    ['hollow.safetensors', 'loras', null, 'models/loras/hollow.safetensors', 'file-hollow'],
    ['pointer.safetensors', 'loras', null, 'models/loras/pointer.safetensors', 'file-pointer'],
    ['painter.safetensors', 'loras', 'SDXL', 'models/loras/SDXL/painter.safetensors', 'sound'],
    ['4x_Sharp.pth', 'upscale_models', null, 'models/upscale_models/4x_Sharp.pth', 'sound'],
    ['cut.safetensors', 'vae', 'SD / SDXL', 'models/vae/cut.safetensors', 'file-cut-short'],
  ])
})

test('a file that collecting already refused keeps its failure', async () => {
  inspector = new Inspector(realWorker, realTimers)
  const { files } = await collectFiles([''])
  const [file] = files
  expect(file && (await inspector.inspect(file)).failure).toEqual({ code: 'file-no-path', params: {} })
})

test('refuses only the file that kills the worker, and tells all others', async () => {
  inspector = new Inspector(mortalWorker, realTimers)
  const paths: string[] = []
  for (let number = 0; number < 40; number += 1) {
    const name = { 5: 'exit', 9: 'throw', 30: 'exit-too' }[number] ?? `sound-${number}`
    paths.push((await writeSafetensors(join(root, `${name}.safetensors`))).path)
  }
  const failures = await Promise.all(
    paths.map(async (path) => (await inspector.inspect({ path, folder: '' })).failure),
  )
  const refused = failures.flatMap((failure, index) =>
    failure ? [[index, failure.code, failure.detail ?? '']] : [],
  )
  expect(refused).toEqual([
    [5, 'unexpected', ''],
    [9, 'unexpected', 'a bug'],
    [30, 'unexpected', ''],
  ])
  // Six threads start one after the other, each reading the unbuilt source: on a busy machine a second each.
}, 30_000)

test('refuses only the file that never comes to its end, once its time is over, and tells all others', async () => {
  const clocks = new Set<() => void>()
  const timers: Timers = {
    after(_delayMs, callback) {
      clocks.add(callback)
      return () => clocks.delete(callback)
    },
  }
  inspector = new Inspector(mortalWorker, timers)
  const paths: string[] = []
  for (const name of ['a', 'endless', 'b', 'c']) {
    paths.push((await writeSafetensors(join(root, `${name}.safetensors`))).path)
  }
  const told = Promise.all(
    paths.map(async (path) => (await inspector.inspect({ path, folder: '' })).failure?.code ?? 'sound'),
  )
  // It is tried twice: among the others, then alone.
  for (let round = 0; round < 2; round += 1) {
    const begun = join(root, 'endless.safetensors.begun')
    await expect.poll(() => existsSync(begun), { timeout: 10_000 }).toBe(true)
    await rm(begun)
    const [ring] = clocks
    ring?.()
  }
  expect(await told).toEqual(['sound', 'file-look-late', 'sound', 'sound'])
  expect(clocks.size).toBe(0)
}, 30_000)

test('a thread that has nothing to do ends, and the next file gets a new one', async () => {
  inspector = new Inspector(mortalWorker, realTimers, 20)
  const thread = async () =>
    (await inspector.inspect({ path: '/which thread', folder: '' })).failure?.detail ?? ''
  const [first, same] = await Promise.all([thread(), thread()])
  expect(same).toBe(first)
  await expect.poll(thread).not.toBe(first)
})

test('a thread that was warmed after another one died works on beyond the rest of that one', async () => {
  inspector = new Inspector(mortalWorker, realTimers, 5)
  const { path } = await writeSafetensors(join(root, 'sound.safetensors'))
  const killer = await writeSafetensors(join(root, 'exit.safetensors'))
  expect((await inspector.inspect({ path: killer.path, folder: '' })).failure?.code).toBe('unexpected')
  inspector.warm()
  expect((await inspector.inspect({ path, folder: '' })).failure).toBeNull()
})

test('answers everything that is still open when it closes, and whatever comes later', async () => {
  inspector = new Inspector(realWorker, realTimers)
  const { path } = await writeSafetensors(join(root, 'a.safetensors'))
  const open = Array.from({ length: 50 }, () => inspector.inspect({ path, folder: '' }))
  await inspector.close()
  open.push(inspector.inspect({ path, folder: '' }))
  const codes = new Set((await Promise.all(open)).map(({ failure }) => failure?.code))
  expect(codes).toEqual(new Set(['unexpected']))
})
