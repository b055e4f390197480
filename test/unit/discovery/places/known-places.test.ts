import { expect, test } from 'vitest'
import { placeKindByName, searchPlan } from '../../../../electron/discovery/places/known-places.ts'

test('plans different places for each platform', () => {
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
  expect(windows.roots.map(({ path }) => path)).toContain('D:\\')
  const mac = searchPlan({ platform: 'darwin', home: '/Users/mira', environment: {} })
  expect(mac.desktopSettings).toContain('/Users/mira/Library/Application Support/ComfyUI/config.json')
  expect(mac.roots.map(({ path }) => path)).toContain('/Volumes')
  const linux = searchPlan({
    platform: 'linux',
    home: '/home/mira',
    environment: { HF_HOME: '/big/hf', USER: 'mira' },
  })
  expect(linux.candidates).toContainEqual({ path: '/big/hf/hub', kind: 'hugging-face' })
  expect(linux.roots.map(({ path }) => path)).toContain('/media/mira')
})

test.each([
  ['ComfyUI_windows_portable', 'comfyui'],
  ['stable-diffusion-webui-forge', 'a1111'],
  ['StabilityMatrix-win-x64', 'stability-matrix'],
  ['invokeai', 'invokeai'],
  ['SwarmUI', 'swarmui'],
  ['Fooocus-MRE', 'fooocus'],
  ['sdnext', 'a1111'],
  ['SD.Next', 'a1111'],
  ['automatic', 'a1111'],
  ['stable-diffusion-webui-reForge', 'a1111'],
  ['automatic backups', null],
  ['Documents', null],
])('takes a folder called %s for %s', (name, kind) => expect(placeKindByName(name)).toBe(kind))
