import { expect, test } from 'vitest'
import {
  parseExtraModelPaths,
  type ExtraPathsContext,
} from '../../../../electron/discovery/places/extra-model-paths.ts'
import { startCpuTimer } from '../../../support/cpu-time.ts'

const context: ExtraPathsContext = {
  folder: '/opt/ComfyUI',
  home: '/home/mira',
  environment: {},
  platform: 'linux',
}
const typesAndPaths = (text: string, place: Partial<ExtraPathsContext> = {}) =>
  parseExtraModelPaths(text, { ...context, ...place })?.map(({ path, modelType }) => [modelType, path])

/** ComfyUI's example without its comments. */
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

test('reads ComfyUI’s example: types, base paths, and paths relative to the file', () => {
  expect(typesAndPaths(example)).toEqual([
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
    parseExtraModelPaths(example, context)?.map(({ section, isDefault }) => `${section} ${isDefault}`),
  ).toContain('comfyui true')
})

test('maps former type names to current ones and keeps types of custom nodes', () => {
  const text = 'x:\n  base_path: /m\n  unet: a\n  clip: b\n  ipadapter: c\n  my_own_type: d'
  expect(typesAndPaths(text)).toEqual([
    ['diffusion_models', '/m/a'],
    ['text_encoders', '/m/b'],
    ['ipadapter', '/m/c'],
    ['my_own_type', '/m/d'],
  ])
})

test('expands `~` and variables, reads lists, and removes duplicates', () => {
  const text = 'x:\n  base_path: ~/models\n  loras: ["$SHARE/l", "${SHARE}/l", "$NONE/l", ""]\n  vae: /v'
  expect(typesAndPaths(text, { environment: { SHARE: '/share' } })).toEqual([
    ['loras', '/share/l'],
    ['loras', '/home/mira/models/$NONE/l'],
    ['vae', '/v'],
  ])
})

test('reads Windows drives and variables in the desktop app’s file', () => {
  const text =
    'comfyui_desktop:\n  is_default: "true"\n  base_path: D:\\AI\n  checkpoints: models\\checkpoints\\\n  loras: "%SHARE%\\\\loras"'
  const place = {
    platform: 'win32',
    folder: 'C:\\Users\\Mira\\AppData\\Roaming\\ComfyUI',
    environment: { SHARE: 'E:\\s' },
  } as const
  expect(parseExtraModelPaths(text, { ...context, ...place })).toEqual([
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
])('rejects %s', (_what, text) => expect(parseExtraModelPaths(text, context)).toBeNull())

test('rejects an alias bomb and too long or too deep texts quickly', () => {
  const cpuMs = startCpuTimer()
  const levels = Array.from({ length: 12 }, (_, at) => {
    const inner =
      at === 0
        ? '"lol"'
        : Array(10)
            .fill(`*a${at - 1}`)
            .join(',')
    return `a${at}: &a${at} [${inner}]`
  })
  expect(parseExtraModelPaths(levels.join('\n'), context)).toBeNull()
  expect(parseExtraModelPaths(`x:\n  loras: ${'y'.repeat(300_000)}`, context)).toBeNull()
  for (const text of ['[', '{a: ', '- ', '? ', '- ? '])
    expect(parseExtraModelPaths(`x: a\n${text.repeat(250_000 / text.length)}`, context)).toBeNull()
  expect(cpuMs()).toBeLessThan(5_000)
})

test('rejects flow collections that nest deeper than any real one', () => {
  const nested = (depth: number) => `x:\n  loras: ${'['.repeat(depth)}${']'.repeat(depth)}`
  expect(parseExtraModelPaths(nested(10), context)).toEqual([])
  expect([parseExtraModelPaths(nested(32), context), parseExtraModelPaths(nested(33), context)]).toEqual([
    [],
    null,
  ])
  expect(typesAndPaths(`x:\n  loras: ${'a[1]'.repeat(100)}`)).toHaveLength(1)
})

test('reads a text of 64 KiB, and rejects a longer one without parsing it', () => {
  const start = 'x:\n  loras: loras\n'
  const longest = start + '#'.repeat(65_536 - start.length)
  expect(typesAndPaths(longest)).toHaveLength(1)
  expect(parseExtraModelPaths(`${longest}#`, context)).toBeNull()
})

test('expands a home folder with both kinds of separators, and no other names that begin with `~`', () => {
  expect(typesAndPaths('x:\n  loras: ["~", "~/l", "~other/l", "a~"]')).toEqual([
    ['loras', '/home/mira'],
    ['loras', '/home/mira/l'],
    ['loras', '/opt/ComfyUI/~other/l'],
    ['loras', '/opt/ComfyUI/a~'],
  ])
})

test('reads merged sections and repeated keys like Python', () => {
  const text = 'a: &a\n  base_path: /m\n  loras: l\nb:\n  <<: *a\n  vae: v\n  vae: w\n'
  expect(typesAndPaths(text)).toEqual([
    ['loras', '/m/l'],
    ['vae', '/m/w'],
  ])
})

test('survives truncation of the example anywhere', () => {
  for (let end = 0; end < example.length; end += 7) {
    const roots = parseExtraModelPaths(example.slice(0, end), context)
    expect(roots === null || roots.every(({ path }) => path.startsWith('/'))).toBe(true)
  }
})

test('ignores network folders in a file that the user did not choose, on Windows', () => {
  const text = 'a:\n  loras: \\\\thief\\share\\loras\n  vae: //thief/share\n  checkpoints: D:\\models\n'
  const windows = { folder: 'C:\\ComfyUI', platform: 'win32' } as const
  expect(typesAndPaths(text, windows)).toHaveLength(3)
  expect(typesAndPaths(text, { ...windows, isLocalOnly: true })).toEqual([['checkpoints', 'D:\\models']])
  expect(typesAndPaths(text, { ...windows, folder: '\\\\thief\\share\\x', isLocalOnly: true })).toHaveLength(
    3,
  )
})
