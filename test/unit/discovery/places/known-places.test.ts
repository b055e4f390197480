import {
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { walkModels } from '../../../../electron/discovery/scan/walk-models.ts'
import { searchPlaces, type FoundPlace } from '../../../../electron/discovery/places/search-places.ts'
import { wholeModels } from '../../../../electron/discovery/scan/whole-models.ts'
import { isNoPlace, kindByName, searchPlan } from '../../../../electron/discovery/places/known-places.ts'

/** A home folder with files in it, each of 2 KB. */
function home(...files: readonly string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'modelferry-places-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), Buffer.alloc(2_000, 1))
  }
  return root
}

test('a folder that a yaml file names has the type that is written there, though it was walked before', async () => {
  const root = home('ComfyUI/models/odd/one.safetensors', 'ComfyUI/models/vae/two.safetensors')
  const yaml = 'mine:\n  base_path: models\n  controlnet: odd\n'
  writeFileSync(join(root, 'ComfyUI/extra_model_paths.yaml'), yaml)
  const places = new Map<string, FoundPlace>()
  await searchPlaces({
    surroundings: { platform: 'linux', home: root, environment: {} },
    now: Date.now,
    onFound: (place) => void (place.path.startsWith(root) && places.set(place.kind, place)),
  })
  const types = [...places].map(([kind, { models }]) => [kind, ...models.map(({ modelType }) => modelType)])
  expect(types).toEqual([
    ['comfyui', 'vae'],
    ['extra-paths', 'controlnet'],
  ])
})

async function found(
  root: string,
  environment: Record<string, string> = {},
): Promise<[string, string, number][]> {
  const places: FoundPlace[] = []
  await searchPlaces({
    surroundings: { platform: 'linux', home: root, environment },
    now: Date.now,
    onFound: (place) => void places.push(place),
  })
  // Other disks of the computer that runs this are none of the test's business.
  const own = places.filter(({ path }) => path.startsWith(root))
  return own.map(({ kind, path, models }) => [kind, path.slice(root.length + 1), models.length])
}

const walk = (root: string, entries = 1_000) =>
  walkModels(root, { budget: { entries, untilMs: Infinity }, seen: new Set(), now: () => 0 })

test('each system has its own usual places', () => {
  const windows = searchPlan({
    platform: 'win32',
    home: 'C:\\Users\\Mira',
    environment: { APPDATA: 'C:\\Users\\Mira\\AppData\\Roaming' },
  })
  expect(windows.extraPathFiles).toContain(
    'C:\\Users\\Mira\\AppData\\Roaming\\ComfyUI\\extra_models_config.yaml',
  )
  expect(windows.candidates).toContainEqual({
    path: 'C:\\Users\\Mira\\AppData\\Roaming\\StabilityMatrix',
    kind: 'stability-matrix',
  })
  expect(windows.bases.map(({ path }) => path)).toContain('D:\\')
  const mac = searchPlan({ platform: 'darwin', home: '/Users/mira', environment: {} })
  expect(mac.desktopSettings).toContain('/Users/mira/Library/Application Support/ComfyUI/config.json')
  expect(mac.bases.map(({ path }) => path)).toContain('/Volumes')
  const linux = searchPlan({
    platform: 'linux',
    home: '/home/mira',
    environment: { HF_HOME: '/big/hf', USER: 'mira' },
  })
  expect(linux.candidates).toContainEqual({ path: '/big/hf/hub', kind: 'hugging-face' })
  expect(linux.bases.map(({ path }) => path)).toContain('/media/mira')
})

test.each([
  ['ComfyUI_windows_portable', 'comfyui'],
  ['stable-diffusion-webui-forge', 'a1111'],
  ['StabilityMatrix-win-x64', 'stability-matrix'],
  ['invokeai', 'invokeai'],
  ['SwarmUI', 'swarmui'],
  ['Fooocus-MRE', 'fooocus'],
  ['Documents', null],
])('a folder called %s speaks of %s', (name, kind) => expect(kindByName(name)).toBe(kind))

test('folders of systems and of other things are not searched', () => {
  const names = ['.git', 'Windows', 'node_modules', 'Library', '$Recycle.Bin', 'ai', 'models']
  expect(names.filter((name) => !isNoPlace(name))).toEqual(['ai', 'models'])
})

test('the programs are found where they are installed, and their models with them', async () => {
  const root = home(
    'ComfyUI_windows_portable/ComfyUI/models/loras/a.safetensors',
    'ai/Fooocus/Fooocus/models/checkpoints/b.safetensors',
    'games/SwarmUI/Models/Lora/c.safetensors',
    'sm/StabilityMatrix/Data/Models/VAE/d.safetensors',
    'invokeai/models/sdxl/main/e.safetensors',
    'notes/models/loras/f.safetensors',
  )
  expect((await found(root)).sort()).toEqual([
    ['comfyui', 'ComfyUI_windows_portable/ComfyUI/models', 1],
    ['fooocus', 'ai/Fooocus/Fooocus/models', 1],
    ['invokeai', 'invokeai/models', 1],
    ['stability-matrix', 'sm/StabilityMatrix/Data/Models', 1],
    ['swarmui', 'games/SwarmUI/Models', 1],
  ])
})

test('the settings of ComfyUI’s desktop app and its extra paths lead to folders of any name', async () => {
  const root = home('elsewhere/base/models/vae/a.safetensors', 'odd/heap/b.safetensors')
  const config = join(root, '.config/ComfyUI')
  mkdirSync(config, { recursive: true })
  writeFileSync(join(config, 'config.json'), JSON.stringify({ basePath: join(root, 'elsewhere/base') }))
  writeFileSync(join(config, 'extra_models_config.yaml'), `mine:\n  base_path: ${root}/odd\n  loras: heap\n`)
  expect((await found(root)).sort()).toEqual([
    ['comfyui', 'elsewhere/base/models', 1],
    ['extra-paths', '.config/ComfyUI/extra_models_config.yaml', 1],
  ])
})

test('settings that are no settings are passed over', async () => {
  const root = home('ComfyUI/models/vae/a.safetensors')
  const config = join(root, '.config/ComfyUI')
  mkdirSync(config, { recursive: true })
  writeFileSync(join(config, 'config.json'), '{"basePath": 7')
  writeFileSync(join(root, 'ComfyUI/extra_model_paths.yaml'), 'a: [')
  expect(await found(root)).toEqual([['comfyui', 'ComfyUI/models', 1]])
})

test('links in circles end, and a folder that two paths lead to is walked once', async () => {
  const root = home('models/loras/a.safetensors')
  symlinkSync(join(root, 'models'), join(root, 'models/loras/up'), 'dir')
  symlinkSync(join(root, 'models/loras'), join(root, 'models/again'), 'dir')
  linkSync(join(root, 'models/loras/a.safetensors'), join(root, 'models/loras/b.safetensors'))
  const { models, isWhole } = await walk(join(root, 'models'))
  expect([models.map(({ name }) => name).sort(), isWhole]).toEqual([['a.safetensors', 'b.safetensors'], true])
  // Under either name a workflow may ask for it; it is one file all the same.
  expect(models.map(({ isAgain = false }) => isAgain).sort()).toEqual([false, true])
})

test('a look at a file and a walk tell the same time', async () => {
  const root = home('models/loras/a.safetensors')
  const [model] = (await walk(root)).models
  expect(model?.mtimeMs).toBe(statSync(join(root, 'models/loras/a.safetensors')).mtimeMs)
})

test('the weights of a graph are found with it, and what is only in a cloud drive is not', async () => {
  const root = home('models/onnx/pose.onnx', 'models/onnx/pose.onnx.data', 'models/onnx/other.data')
  const online = openSync(join(root, 'models/onnx/far.onnx'), 'w')
  ftruncateSync(online, 5_000_000)
  closeSync(online)
  const names = async (onlineOf?: NodeJS.Platform) => {
    const budget = { entries: 1_000, untilMs: Infinity }
    const { models } = await walkModels(root, {
      budget,
      seen: new Set(),
      now: () => 0,
      ...(onlineOf ? { onlineOf } : {}),
    })
    return models.map(({ path }) => basename(path)).sort()
  }
  expect(await names('darwin')).toEqual(['pose.onnx', 'pose.onnx.data'])
  const all = ['far.onnx', 'pose.onnx', 'pose.onnx.data']
  expect([await names('linux'), await names()]).toEqual([all, all])
})

test('a part of a diffusers model stands for its folder', async () => {
  const root = home(
    'm/sdxl/model_index.json',
    'm/sdxl/unet/a.safetensors',
    'm/sdxl/sub/deep/b.safetensors',
    'm/sdxl/whole.safetensors',
    'm/loras/c.safetensors',
  )
  const at = (path: string) => join(root, path)
  const parts = ['m/sdxl/unet/a.safetensors', 'm/sdxl/sub/deep/b.safetensors']
  const others = ['m/sdxl/whole.safetensors', 'm/loras/c.safetensors']
  const whole = await wholeModels([...parts, ...others].map(at))
  expect([...whole.values()]).toEqual([at('m/sdxl'), at('m/sdxl'), ...others.map(at)])
})

test('a walk that costs too much ends, and says that it is not whole', async () => {
  const root = home(...Array.from({ length: 40 }, (_, at) => `models/${at}/x.safetensors`))
  const { models, isWhole } = await walk(join(root, 'models'), 60)
  expect([models.length < 40, isWhole]).toEqual([true, false])
})

test('junk, running downloads and crumbs under a model’s name are no models', async () => {
  const root = home(
    'm/vae/a.safetensors',
    'm/vae/b.safetensors.part',
    'm/vae/.hidden.safetensors',
    'm/vae/read.txt',
  )
  writeFileSync(join(root, 'm/vae/crumb.bin'), 'x')
  expect((await walk(join(root, 'm'))).models.map(({ name, modelType }) => [name, modelType])).toEqual([
    ['a.safetensors', 'vae'],
  ])
})
