import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import {
  searchExtraPaths,
  searchPlaces,
  type FoundPlace,
} from '../../../../electron/discovery/places/search-places.ts'
import { createModelFolder } from '../model-folder.ts'

/**
 * The last report of each place in a home folder. Other disks of this computer are searched too, and ignored.
 */
async function searchHome(home: string): Promise<readonly FoundPlace[]> {
  const places = new Map<string, FoundPlace>()
  await searchPlaces({
    computer: { platform: 'linux', home, environment: {} },
    now: Date.now,
    onFound: (place) => void (place.path.startsWith(home) && places.set(place.path, place)),
  })
  return [...places.values()]
}

/** Kind, path and number of models of each report. */
async function reportedPlaces(home: string): Promise<[string, string, number][]> {
  const places: FoundPlace[] = []
  await searchPlaces({
    computer: { platform: 'linux', home, environment: {} },
    now: Date.now,
    onFound: (place) => void places.push(place),
  })
  return places
    .filter(({ path }) => path.startsWith(home))
    .map(({ kind, path, models }) => [kind, path.slice(home.length + 1), models.length])
}

test('gives models the type from a yaml file although they were found before', async () => {
  const home = createModelFolder('ComfyUI/models/odd/one.safetensors', 'ComfyUI/models/vae/two.safetensors')
  const yaml = 'mine:\n  base_path: models\n  controlnet: odd\n'
  writeFileSync(join(home, 'ComfyUI/extra_model_paths.yaml'), yaml)
  const places = await searchHome(home)
  expect(places.map(({ kind, models }) => [kind, ...models.map(({ modelType }) => modelType)])).toEqual([
    ['comfyui', 'vae'],
    ['extra-paths', 'controlnet'],
  ])
})

test('finds programs where they are installed, with their models', async () => {
  const home = createModelFolder(
    'ComfyUI_windows_portable/ComfyUI/models/loras/a.safetensors',
    'ai/Fooocus/Fooocus/models/checkpoints/b.safetensors',
    'games/SwarmUI/Models/Lora/c.safetensors',
    'sm/StabilityMatrix/Data/Models/VAE/d.safetensors',
    'invokeai/models/sdxl/main/e.safetensors',
    'notes/models/loras/f.safetensors',
  )
  expect((await reportedPlaces(home)).sort()).toEqual([
    ['comfyui', 'ComfyUI_windows_portable/ComfyUI/models', 1],
    ['fooocus', 'ai/Fooocus/Fooocus/models', 1],
    ['invokeai', 'invokeai/models', 1],
    ['stability-matrix', 'sm/StabilityMatrix/Data/Models', 1],
    ['swarmui', 'games/SwarmUI/Models', 1],
  ])
})

test('finds folders from the settings and extra paths of ComfyUI’s desktop app', async () => {
  const home = createModelFolder('elsewhere/base/models/vae/a.safetensors', 'odd/heap/b.safetensors')
  const config = join(home, '.config/ComfyUI')
  mkdirSync(config, { recursive: true })
  writeFileSync(join(config, 'config.json'), JSON.stringify({ basePath: join(home, 'elsewhere/base') }))
  writeFileSync(join(config, 'extra_models_config.yaml'), `mine:\n  base_path: ${home}/odd\n  loras: heap\n`)
  expect((await reportedPlaces(home)).sort()).toEqual([
    ['comfyui', 'elsewhere/base/models', 1],
    ['extra-paths', '.config/ComfyUI/extra_models_config.yaml', 1],
  ])
})

test('searches a place that a yaml file also lists once, and reads each yaml file once', async () => {
  const home = createModelFolder('art/ComfyUI/ComfyUI/models/vae/a.pt', 'art/ComfyUI/models/vae/b.pt')
  symlinkSync(join(home, 'art/ComfyUI'), join(home, 'ComfyUI'))
  writeFileSync(join(home, 'art/ComfyUI/extra_model_paths.yaml'), 'mine:\n  loras: none\n')
  const places = await reportedPlaces(home)
  expect(places.map(([, , count]) => count)).toEqual([1, 1])
})

test('says that not all folders of a large home were searched, and searches the other disks', async () => {
  const home = createModelFolder('x.txt')
  const disk = createModelFolder('ai/ComfyUI/models/vae/a.pt')
  for (let index = 0; index <= 100; index += 1) mkdirSync(join(home, `empty-${index}`))
  const paths: string[] = []
  const isComplete = await searchPlaces({
    // The disks of a user are searched in the folder with their name.
    computer: { platform: 'linux', home, environment: { USER: relative('/media', disk) } },
    now: () => 0,
    maxListedFolders: 100,
    onFound: ({ path }) => void paths.push(path),
  })
  expect([isComplete, paths]).toEqual([false, expect.arrayContaining([join(disk, 'ai/ComfyUI/models')])])
})

test('does not report models of a yaml file again in the folder of a program', async () => {
  const home = createModelFolder('art/Fooocus/models/loras/a.pt', 'art/Fooocus/models/vae/b.pt')
  const config = join(home, '.config/ComfyUI')
  mkdirSync(config, { recursive: true })
  writeFileSync(
    join(config, 'extra_models_config.yaml'),
    `mine:\n  loras: ${home}/art/Fooocus/models/loras\n`,
  )
  expect((await reportedPlaces(home)).sort()).toEqual([
    ['extra-paths', '.config/ComfyUI/extra_models_config.yaml', 1],
    ['fooocus', 'art/Fooocus/models', 1],
  ])
})

const searchYaml = (home: string, file: string) =>
  searchExtraPaths(file, { computer: { platform: 'linux', home, environment: {} }, now: () => 0 })

test('gives a model the type of the deepest folder in a yaml file', async () => {
  const home = createModelFolder('m/a.pt', 'm/deep/b.pt')
  const file = join(home, 'x.yaml')
  writeFileSync(file, `mine:\n  base_path: ${home}\n  vae: m\n  loras: m/deep\n`)
  const places = await searchYaml(home, file)
  expect(places?.[0]?.models.map(({ name, modelType }) => [name, modelType])).toEqual([
    ['b.pt', 'loras'],
    ['a.pt', 'vae'],
  ])
})
