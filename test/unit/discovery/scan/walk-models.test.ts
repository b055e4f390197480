import { closeSync, ftruncateSync, linkSync, openSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import {
  nameKey,
  stemKey,
  walkModels,
  type WalkOptions,
} from '../../../../electron/discovery/scan/walk-models.ts'
import { createModelFolder } from '../model-folder.ts'

const walk = (root: string, options: Partial<WalkOptions> = {}) =>
  walkModels(root, {
    budget: { entries: 1_000, untilMs: Infinity },
    seen: new Set(),
    now: () => 0,
    ...options,
  })

test('ends in circles of links and walks a folder with two paths once', async () => {
  const root = createModelFolder('models/loras/a.safetensors')
  symlinkSync(join(root, 'models'), join(root, 'models/loras/up'), 'dir')
  symlinkSync(join(root, 'models/loras'), join(root, 'models/again'), 'dir')
  linkSync(join(root, 'models/loras/a.safetensors'), join(root, 'models/loras/b.safetensors'))
  const { models, isComplete } = await walk(join(root, 'models'))
  expect([models.map(({ name }) => name).sort(), isComplete]).toEqual([
    ['a.safetensors', 'b.safetensors'],
    true,
  ])
  // A workflow may refer to either name, but it is one file.
  expect(models.map(({ isDuplicate = false }) => isDuplicate).sort()).toEqual([false, true])
})

test('finds external weights of a graph, but no files that exist only in the cloud', async () => {
  const root = createModelFolder(
    'models/onnx/pose.onnx',
    'models/onnx/pose.onnx.data',
    'models/onnx/other.data',
  )
  const cloudFile = openSync(join(root, 'models/onnx/far.onnx'), 'w')
  ftruncateSync(cloudFile, 5_000_000)
  closeSync(cloudFile)
  const names = async (options: Partial<WalkOptions> = {}) => {
    const { models } = await walk(root, options)
    return models.map(({ path }) => basename(path)).sort()
  }
  expect(await names({ skipCloudOnlyOn: 'darwin' })).toEqual(['pose.onnx', 'pose.onnx.data'])
  const all = ['far.onnx', 'pose.onnx', 'pose.onnx.data']
  expect([await names({ skipCloudOnlyOn: 'linux' }), await names()]).toEqual([all, all])
})

test('ends as incomplete when the budget is used up', async () => {
  const root = createModelFolder(...Array.from({ length: 40 }, (_, at) => `models/${at}/x.safetensors`))
  const { models, isComplete } = await walk(join(root, 'models'), {
    budget: { entries: 60, untilMs: Infinity },
  })
  expect([models.length < 40, isComplete]).toEqual([true, false])
})

test('returns a folder that disappears during the walk', async () => {
  const root = createModelFolder('m/a/one.safetensors', 'm/b/two.safetensors')
  const now = () => {
    rmSync(join(root, 'm/b'), { recursive: true, force: true })
    return 0
  }
  // The root was listed with both folders before the first of them is entered.
  let calls = 0
  const { models, unreadable } = await walk(join(root, 'm'), { now: () => (calls++ === 0 ? 0 : now()) })
  expect([models.map(({ name }) => name), unreadable]).toEqual([['a/one.safetensors'], [join(root, 'm/b')]])
})

test('describes files as in the cache of hashes, and diffusers models by their folder', async () => {
  const root = createModelFolder('m/wan/model_index.json', 'm/wan/unet/x.safetensors', 'disk/y.safetensors')
  symlinkSync(join(root, 'disk/y.safetensors'), join(root, 'm/y.safetensors'))
  const { models } = await walk(join(root, 'm'))
  const stats = statSync(join(root, 'm/wan/unet/x.safetensors'), { bigint: true })
  const part = models.find(({ path }) => path.endsWith('x.safetensors'))
  expect(part).toMatchObject({ modelFolder: join(root, 'm/wan') })
  expect(part?.identity).toMatchObject({ inode: stats.ino, mtimeNs: stats.mtimeNs, device: stats.dev })
  const link = models.find(({ path }) => path.endsWith('y.safetensors'))
  expect([link?.realPath, link?.modelFolder]).toEqual([join(root, 'disk/y.safetensors'), undefined])
})

test.each([
  ['C:\\loras\\Faces\\Grain.PT', 'grain.pt', 'grain'],
  ['faces/Grain.v1.safetensors', 'grain.v1.safetensors', 'grain.v1'],
  ['EasyNegative', 'easynegative', 'easynegative'],
])('keys the name of %s without its folders and case', (path, name, stem) => {
  expect([nameKey(path), stemKey(path)]).toEqual([name, stem])
})
