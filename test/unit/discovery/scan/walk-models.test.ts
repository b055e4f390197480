import {
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import {
  localModelAt,
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

test('returns the same modification time as a stat', async () => {
  const root = createModelFolder('models/loras/a.safetensors')
  const [model] = (await walk(root)).models
  expect(model?.mtimeMs).toBe(statSync(join(root, 'models/loras/a.safetensors')).mtimeMs)
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

test('counts of two paths of one file the one that workflows do not look for as duplicate', async () => {
  const root = createModelFolder('loras/archive/x.safetensors', 'loras/a/y.safetensors')
  linkSync(join(root, 'loras/archive/x.safetensors'), join(root, 'loras/x.safetensors'))
  linkSync(join(root, 'loras/a/y.safetensors'), join(root, 'loras/y.safetensors'))
  const { models } = await walk(join(root, 'loras'))
  const duplicates = models.flatMap(({ name, isDuplicate }) => (isDuplicate ? [name] : []))
  expect(duplicates.sort()).toEqual(['a/y.safetensors', 'archive/x.safetensors'])
})

test('counts no part of a diffusers model as duplicate', async () => {
  const root = createModelFolder('vae/x.safetensors', 'diffusers/sdxl/model_index.json')
  for (const part of ['vae', 'vae_2']) {
    mkdirSync(join(root, 'diffusers/sdxl', part))
    linkSync(join(root, 'vae/x.safetensors'), join(root, 'diffusers/sdxl', part, 'model.safetensors'))
  }
  const { models } = await walk(root)
  expect(models.map(({ path, isDuplicate }) => [path, isDuplicate]).sort()).toEqual([
    [join(root, 'diffusers/sdxl/vae/model.safetensors'), undefined],
    [join(root, 'diffusers/sdxl/vae_2/model.safetensors'), undefined],
    [join(root, 'vae/x.safetensors'), undefined],
  ])
})

test('ends as incomplete when the budget is used up', async () => {
  const root = createModelFolder(...Array.from({ length: 40 }, (_, at) => `models/${at}/x.safetensors`))
  const { models, isComplete } = await walk(join(root, 'models'), {
    budget: { entries: 60, untilMs: Infinity },
  })
  expect([models.length < 40, isComplete]).toEqual([true, false])
})

test('ends as incomplete before a folder that follows the last entry or time of the budget', async () => {
  const root = createModelFolder('m/a/x.safetensors')
  const counts = async (entries: number, untilMs: number) => {
    const { models, isComplete } = await walk(join(root, 'm'), { budget: { entries, untilMs }, now: () => 5 })
    return [models.length, isComplete]
  }
  // The folder and its entry use up two.
  expect([await counts(2, 5), await counts(3, 5), await counts(3, 4)]).toEqual([
    [0, false],
    [1, true],
    [0, false],
  ])
})

test('finds models in up to eight levels of folders, or as many as it is told', async () => {
  const root = createModelFolder(
    '1/2/x.safetensors',
    '1/2/3/4/5/6/7/8/x.safetensors',
    '1/2/3/4/5/6/7/8/9/x.safetensors',
  )
  const names = async (options: Partial<WalkOptions>) =>
    (await walk(root, options)).models.map(({ name }) => name)
  expect(await names({})).toEqual(['1/2/x.safetensors', '1/2/3/4/5/6/7/8/x.safetensors'])
  expect([await names({ maxDepth: 1 }), await names({ maxDepth: 2 })]).toEqual([[], ['1/2/x.safetensors']])
})

test('finds files of at least 1 KiB', async () => {
  const root = createModelFolder()
  writeFileSync(join(root, 'a.safetensors'), Buffer.alloc(1_023))
  writeFileSync(join(root, 'b.safetensors'), Buffer.alloc(1_024))
  expect((await walk(root)).models.map(({ name }) => name)).toEqual(['b.safetensors'])
})

test('visits a folder of copies after other folders', async () => {
  const root = createModelFolder('loras/archive/x.safetensors', 'loras/in-use/y.safetensors')
  linkSync(join(root, 'loras/archive/x.safetensors'), join(root, 'loras/in-use/x.safetensors'))
  const { models } = await walk(root)
  expect(models.filter(({ isDuplicate }) => isDuplicate).map(({ name }) => name)).toEqual([
    'archive/x.safetensors',
  ])
})

test('ignores junk, unfinished downloads and tiny files', async () => {
  const root = createModelFolder(
    'm/vae/a.safetensors',
    'm/vae/.cache/c.safetensors',
    'm/vae/__MACOSX/d.safetensors',
    'm/vae/output/e.safetensors',
    'm/vae/b.safetensors.part',
    'm/vae/.hidden.safetensors',
    'm/vae/read.txt',
  )
  writeFileSync(join(root, 'm/vae/crumb.bin'), 'x')
  expect((await walk(join(root, 'm'))).models.map(({ name, modelType }) => [name, modelType])).toEqual([
    ['a.safetensors', 'vae'],
    ['output/e.safetensors', 'vae'],
  ])
})

test('returns folders that can’t be read, but not a missing root', async () => {
  const root = createModelFolder('m/a')
  // Longer than a name may be: it can't be read, by whichever user the test runs.
  const tooLong = join(root, 'x'.repeat(300))
  expect((await walk(tooLong)).unreadable).toEqual([tooLong])
  expect(await walk(join(root, 'none'))).toEqual({ models: [], isComplete: true, unreadable: [], unread: [] })
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

test('describes a single file with its size, time and the type of its folder', async () => {
  const path = join(
    createModelFolder('models/loras/faces/grain.safetensors'),
    'models/loras/faces/grain.safetensors',
  )
  writeFileSync(path, Buffer.alloc(7))
  utimesSync(path, 1_000, 1_000)
  expect(await localModelAt(path)).toEqual({
    path,
    sizeBytes: 7,
    mtimeMs: 1_000_000,
    modelType: 'loras',
    name: 'faces/grain.safetensors',
  })
})

test('counts files up to two folders deep as parts of a diffusers model', async () => {
  const parts = [
    'a.safetensors',
    'unet/a.safetensors',
    'unet/more/a.safetensors',
    'unet/more/deep/a.safetensors',
  ]
  const root = createModelFolder('m/model_index.json', ...parts.map((part) => `m/${part}`))
  const { models } = await walk(root)
  const foldersOfParts = parts.map(
    (part) => models.find(({ path }) => path === join(root, 'm', part))?.modelFolder,
  )
  expect(foldersOfParts).toEqual([undefined, join(root, 'm'), join(root, 'm'), undefined])
})

test('counts a link as the duplicate, although its name comes first', async () => {
  const root = createModelFolder('loras/z.safetensors', 'loras/x/b.safetensors')
  symlinkSync('z.safetensors', join(root, 'loras/a.safetensors'))
  symlinkSync('x', join(root, 'loras/linked'))
  const { models } = await walk(root)
  expect(models.map(({ name, isDuplicate }) => [name, isDuplicate])).toEqual([
    ['z.safetensors', undefined],
    ['x/b.safetensors', undefined],
    ['a.safetensors', true],
  ])
})

test('returns the folder of files that disappear during the walk, once', async () => {
  const root = createModelFolder('m/a.safetensors', 'm/b.safetensors', 'm/c.safetensors')
  /** Removes two files after their folder was listed. */
  class RemovingSet extends Set<string> {
    override add(key: string): this {
      for (const name of ['a', 'b']) rmSync(join(root, `m/${name}.safetensors`), { force: true })
      return super.add(key)
    }
  }
  const { models, unreadable, unread } = await walk(join(root, 'm'), { seen: new RemovingSet() })
  expect([models.map(({ name }) => name), unreadable]).toEqual([['c.safetensors'], [join(root, 'm')]])
  // The other files of the folder were read.
  expect(unread.every((path) => path.startsWith(join(root, 'm/')))).toBe(true)
  expect(unread.length).toBeGreaterThan(0)
})

test.each([
  ['C:\\loras\\Faces\\Grain.PT', 'grain.pt', 'grain'],
  ['faces/Grain.v1.safetensors', 'grain.v1.safetensors', 'grain.v1'],
  ['EasyNegative', 'easynegative', 'easynegative'],
])('keys the name of %s without its folders and case', (path, name, stem) => {
  expect([nameKey(path), stemKey(path)]).toEqual([name, stem])
})

test('returns null for a missing path, a path below a file and a folder', async () => {
  const root = createModelFolder('file')
  mkdirSync(join(root, 'folder'))
  const models = await Promise.all(
    ['missing', 'file/below', 'folder'].map((name) => localModelAt(join(root, name))),
  )
  expect(models).toEqual([null, null, null])
})
