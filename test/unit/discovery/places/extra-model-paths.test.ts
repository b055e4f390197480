import { expect, test } from 'vitest'
import {
  isExtraPathsName,
  parseExtraPaths,
  type ExtraPathsPlace,
} from '../../../../electron/discovery/places/extra-model-paths.ts'

const here: ExtraPathsPlace = {
  folder: '/opt/ComfyUI',
  home: '/home/mira',
  environment: {},
  platform: 'linux',
}
const short = (text: string, place: Partial<ExtraPathsPlace> = {}) =>
  parseExtraPaths(text, { ...here, ...place })?.map(({ path, modelType }) => [modelType, path])

/** The example that ComfyUI brings, with its comments taken out. */
const example = `
comfyui:
    base_path: path/to/comfyui/
    is_default: true
    checkpoints: models/checkpoints/
    text_encoders: |
         models/text_encoders/
         models/clip/  # legacy location still supported
    diffusion_models: |
                 models/diffusion_models
                 models/unet
    custom_nodes: custom_nodes/
a111:
    base_path: /srv/stable-diffusion-webui/
    checkpoints: models/Stable-diffusion
    configs: models/Stable-diffusion
    vae: models/VAE
    loras: |
         models/Lora
         models/LyCORIS
    upscale_models: |
                  models/ESRGAN
                  models/SwinIR
    embeddings: embeddings
    controlnet: models/ControlNet
`

test('the example of ComfyUI gives each folder its type, below its base, relative to the file', () => {
  expect(short(example)).toEqual([
    ['checkpoints', '/opt/ComfyUI/path/to/comfyui/models/checkpoints'],
    ['text_encoders', '/opt/ComfyUI/path/to/comfyui/models/text_encoders'],
    ['text_encoders', '/opt/ComfyUI/path/to/comfyui/models/clip'],
    ['diffusion_models', '/opt/ComfyUI/path/to/comfyui/models/diffusion_models'],
    ['diffusion_models', '/opt/ComfyUI/path/to/comfyui/models/unet'],
    ['checkpoints', '/srv/stable-diffusion-webui/models/Stable-diffusion'],
    ['vae', '/srv/stable-diffusion-webui/models/VAE'],
    ['loras', '/srv/stable-diffusion-webui/models/Lora'],
    ['loras', '/srv/stable-diffusion-webui/models/LyCORIS'],
    ['upscale_models', '/srv/stable-diffusion-webui/models/ESRGAN'],
    ['upscale_models', '/srv/stable-diffusion-webui/models/SwinIR'],
    ['embeddings', '/srv/stable-diffusion-webui/embeddings'],
    ['controlnet', '/srv/stable-diffusion-webui/models/ControlNet'],
  ])
  expect(
    parseExtraPaths(example, here)?.map(({ section, isDefault }) => `${section} ${isDefault}`),
  ).toContain('comfyui true')
})

test('old names are read as the new ones, and types of custom nodes stay what they are', () => {
  const text = 'x:\n  base_path: /m\n  unet: a\n  clip: b\n  ipadapter: c\n  my_own_type: d'
  expect(short(text)).toEqual([
    ['diffusion_models', '/m/a'],
    ['text_encoders', '/m/b'],
    ['ipadapter', '/m/c'],
    ['my_own_type', '/m/d'],
  ])
})

test('home and variables are filled in, lists are taken like lines, and doubles are said once', () => {
  const text = 'x:\n  base_path: ~/models\n  loras: ["$SHARE/l", "${SHARE}/l", "$NONE/l", ""]\n  vae: /v'
  expect(short(text, { environment: { SHARE: '/share' } })).toEqual([
    ['loras', '/share/l'],
    ['loras', '/home/mira/models/$NONE/l'],
    ['vae', '/v'],
  ])
})

test('the file of the desktop app on Windows has drives and variables of its own', () => {
  const text =
    'comfyui_desktop:\n  is_default: "true"\n  base_path: D:\\AI\n  checkpoints: models\\checkpoints\\\n  loras: "%SHARE%\\\\loras"'
  const place = {
    platform: 'win32',
    folder: 'C:\\Users\\Mira\\AppData\\Roaming\\ComfyUI',
    environment: { SHARE: 'E:\\s' },
  } as const
  expect(parseExtraPaths(text, { ...here, ...place })).toEqual([
    {
      path: 'D:\\AI\\models\\checkpoints',
      modelType: 'checkpoints',
      section: 'comfyui_desktop',
      isDefault: true,
    },
    { path: 'E:\\s\\loras', modelType: 'loras', section: 'comfyui_desktop', isDefault: true },
  ])
})

test.each([
  ['plain words', 'hello'],
  ['a list', '- a\n- b'],
  ['nothing', ''],
  ['flat settings', 'a: 1\nb: two'],
  ['broken yaml', 'a: [1, 2\nb: {'],
  ['a tab where none may be', 'a:\n\tb: c'],
])('%s is no such file', (_what, text) => expect(parseExtraPaths(text, here)).toBeNull())

test('a bomb of aliases, a text too long and one too deep are refused quickly', () => {
  const fromMs = performance.now()
  const levels = Array.from({ length: 12 }, (_, at) => {
    const inner =
      at === 0
        ? '"lol"'
        : Array(10)
            .fill(`*a${at - 1}`)
            .join(',')
    return `a${at}: &a${at} [${inner}]`
  })
  expect(parseExtraPaths(levels.join('\n'), here)).toBeNull()
  expect(parseExtraPaths(`x:\n  loras: ${'y'.repeat(300_000)}`, here)).toBeNull()
  expect(parseExtraPaths(`x: ${'['.repeat(50_000)}`, here)).toBeNull()
  expect(performance.now() - fromMs).toBeLessThan(5_000)
})

test('thousands of folders are cut off', () => {
  const lines = Array.from({ length: 5_000 }, (_, at) => `    f${at}`).join('\n')
  expect(short(`x:\n  loras: |\n${lines}`)).toHaveLength(500)
})

test('cut anywhere, the example never crashes', () => {
  for (let end = 0; end < example.length; end += 7) {
    const roots = parseExtraPaths(example.slice(0, end), here)
    expect(roots === null || roots.every(({ path }) => path.startsWith('/'))).toBe(true)
  }
})

test('the names under which such a file is known', () => {
  const names = [
    'extra_model_paths.yaml',
    'extra_models_config.yaml',
    'extra_model_paths (1).yml',
    'config.yaml',
    'x.txt',
  ]
  expect(names.filter(isExtraPathsName)).toEqual(names.slice(0, 3))
})

test('on Windows a file that nobody handed over leads to no other computer', () => {
  const text = 'a:\n  loras: \\\\thief\\share\\loras\n  vae: //thief/share\n  checkpoints: D:\\models\n'
  const windows = { folder: 'C:\\ComfyUI', platform: 'win32' } as const
  expect(short(text, windows)).toHaveLength(3)
  expect(short(text, { ...windows, staysHere: true })).toEqual([['checkpoints', 'D:\\models']])
  expect(short(text, { ...windows, folder: '\\\\thief\\share\\x', staysHere: true })).toHaveLength(3)
})
