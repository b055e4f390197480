import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { setupAppFolders } from '../../../electron/desktop/app-folders.ts'
import { setAppPath } from '../../electron-host/app-paths.ts'
import { app } from '../../electron-host/app.ts'
import { host } from '../../electron-host/state.ts'
import { pretendPackaged } from '../../support/pretended-app.ts'

/** An empty folder, and Electron's folders in it. */
function setup(homeOverride?: string) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-folders-'))
  const before = ['userData', 'sessionData'].map((name) => [name, app.getPath(name)] as const)
  const appPath = vi.spyOn(app, 'getAppPath').mockReturnValue('/src/modelferry')
  app.setPath('userData', join(folder, 'data'))
  vi.stubEnv('MODELFERRY_HOME', homeOverride?.replace('~', folder))
  onTestFinished(() => {
    for (const [name, path] of before) app.setPath(name, path)
    appPath.mockRestore()
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })
  return { folder, modeOf: (path: string) => statSync(path).mode & 0o777 }
}

test('the journal is in Electron’s data folder, and the files of Chromium are in the system’s cache', async () => {
  const { folder, modeOf } = setup()
  vi.stubEnv('XDG_CONFIG_HOME', join(folder, 'config'))
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'))
  const home = join(folder, 'config', app.getName())
  const old = join(home, 'browser')
  mkdirSync(old, { recursive: true })
  app.setPath('userData', home)
  const folders = setupAppFolders('/app/out/main')
  expect([folders.home, folders.logs]).toEqual([home, join(home, 'logs')])
  const cache = join(folder, 'cache', app.getName(), 'browser')
  expect([app.getPath('sessionData'), modeOf(cache)]).toEqual([cache, 0o700])
  // Where earlier versions had them.
  await expect.poll(() => existsSync(old)).toBe(false)
  expect(host.events.at(-1)).toEqual({ kind: 'app-user-model-id', id: 'app.modelferry.Modelferry' })
})

test('a folder given by the environment has everything, for this user only', () => {
  const { folder, modeOf } = setup('~/new/other/../given')
  // Electron's own folder for logs is not in it.
  const read = vi.spyOn(app, 'getPath')
  // Electron rejects a folder that does not exist.
  const wasThere: boolean[] = []
  const set = vi.spyOn(app, 'setPath').mockImplementation((name, path) => {
    wasThere.push(existsSync(path))
    setAppPath(name, path)
  })
  onTestFinished(() => {
    read.mockRestore()
    set.mockRestore()
  })
  const folders = setupAppFolders('/app/out/main')
  const given = join(folder, 'new/given')
  expect([folders.home, folders.logs]).toEqual([given, join(given, 'logs')])
  expect([app.getPath('userData'), app.getPath('sessionData')]).toEqual([given, join(given, 'browser')])
  expect([given, join(given, 'browser')].map(modeOf)).toEqual([0o700, 0o700])
  expect(read).not.toHaveBeenCalledWith('logs')
  expect(wasThere).toEqual([true, true])
})

test('in development, resources are in the repository’s build folder', () => {
  setup()
  const folders = setupAppFolders('/src/modelferry/out/main')
  expect(folders).toMatchObject({
    page: '/src/modelferry/out/renderer',
    preload: '/src/modelferry/out/preload/preload.cjs',
    trayIcons: '/src/modelferry/build/tray',
    menu: {
      mimeTypes: '/src/modelferry/build/linux/modelferry-mime.xml',
      icon: '/src/modelferry/build/icon.svg',
    },
  })
  expect(Object.values(folders.workers).map((url) => fileURLToPath(url))).toEqual(
    ['upload', 'hash', 'inspect', 'search', 'watch'].map(
      (name) => `/src/modelferry/out/main/${name}-worker.js`,
    ),
  )
})

test('in an installed app, resources and worker threads are outside of the archive', () => {
  setup()
  pretendPackaged()
  Object.defineProperty(process, 'resourcesPath', { value: '/opt/Modelferry/resources', configurable: true })
  onTestFinished(() => void Reflect.deleteProperty(process, 'resourcesPath'))
  const folders = setupAppFolders('/opt/Modelferry/resources/app.asar/out/main')
  expect(folders).toMatchObject({
    page: '/opt/Modelferry/resources/app.asar/out/renderer',
    trayIcons: '/opt/Modelferry/resources/tray',
    menu: {
      mimeTypes: '/opt/Modelferry/resources/menu/modelferry-mime.xml',
      icon: '/opt/Modelferry/resources/menu/icon.svg',
    },
  })
  expect(fileURLToPath(folders.workers.hash)).toBe(
    '/opt/Modelferry/resources/app.asar.unpacked/out/main/hash-worker.js',
  )
})

test('only the archive’s own folder is replaced by the unpacked one', () => {
  setup()
  const { workers } = setupAppFolders('/home/app.asar.d/out/main')
  expect(fileURLToPath(workers.watch)).toBe('/home/app.asar.d/out/main/watch-worker.js')
})
