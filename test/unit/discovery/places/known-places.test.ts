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

test('searches three levels of folders below the home folder and shared folders, two below a drive', () => {
  const depthsOn = (platform: NodeJS.Platform, home: string) =>
    searchPlan({ platform, home, environment: {} }).roots.map(({ path, depth }) => [path, depth])
  expect(depthsOn('darwin', '/Users/mira')).toEqual([
    ['/Users/mira', 3],
    ['/Volumes', 3],
  ])
  const [home, drive] = depthsOn('win32', 'C:\\Users\\Mira')
  expect([home, drive]).toEqual([
    ['C:\\Users\\Mira', 3],
    ['C:\\', 2],
  ])
  expect(depthsOn('linux', '/home/mira').map(([path]) => path)).not.toContain('/media/')
})

test('looks for InvokeAI where its variable says, besides the home folder', () => {
  const pathsWith = (environment: Record<string, string>) =>
    searchPlan({ platform: 'linux', home: '/home/mira', environment }).candidates.flatMap(({ path, kind }) =>
      kind === 'invokeai' ? [path] : [],
    )
  expect(pathsWith({ INVOKEAI_ROOT: '/ai/invoke' })).toEqual(['/ai/invoke', '/home/mira/invokeai'])
  expect(pathsWith({})).toEqual(['/home/mira/invokeai'])
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
