import { app } from 'electron'
import { accessSync, constants, mkdirSync, rm } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { protectDataFolder } from '../platform/files/data-folder.ts'
import type { MenuSources } from './integration/linux-app-menu.ts'

export interface AppFolders {
  /** Settings and the journal. */
  readonly home: string
  readonly logs: string
  /** The built page. */
  readonly page: string
  readonly preload: string
  readonly trayIcons: string
  /** Files for the desktop's menu, for installations without a package. */
  readonly menu: MenuSources
  readonly workers: {
    readonly upload: URL
    readonly hash: URL
    readonly inspect: URL
    readonly search: URL
    readonly watch: URL
  }
}

/**
 * Sets Electron's paths and returns the app's folders. Must be called before `ready` and before the
 * single-instance lock, which is per data folder. `builtFolder` is the folder of the built main file.
 * @throws if the data folder can't be created or written, or belongs to another user
 */
export function setupAppFolders(builtFolder: string): AppFolders {
  // Windows links notifications and the taskbar to the installed shortcut by this id: `appId` of
  // electron-builder.yml.
  app.setAppUserModelId('app.modelferry.Modelferry')
  const homeOverride = process.env['MODELFERRY_HOME']
  const home = homeOverride ? resolve(homeOverride) : app.getPath('userData')
  // Before anything in it is read or written.
  protectDataFolder(home)
  // Otherwise the single-instance lock would fail as if the app were running (ProcessSingleton, LOCK_ERROR).
  accessSync(home, constants.W_OK)
  if (homeOverride) app.setPath('userData', home)
  setupSessionFolder(home)
  return {
    home,
    logs: homeOverride ? join(home, 'logs') : app.getPath('logs'),
    page: join(builtFolder, '../renderer'),
    preload: join(builtFolder, '../preload/preload.cjs'),
    trayIcons: resource('tray', 'tray'),
    menu: {
      mimeTypes: resource('menu/modelferry-mime.xml', 'linux/modelferry-mime.xml'),
      icon: resource('menu/icon.svg', 'icon.svg'),
    },
    workers: {
      upload: workerFileUrl(builtFolder, 'upload-worker'),
      hash: workerFileUrl(builtFolder, 'hash-worker'),
      inspect: workerFileUrl(builtFolder, 'inspect-worker'),
      search: workerFileUrl(builtFolder, 'search-worker'),
      watch: workerFileUrl(builtFolder, 'watch-worker'),
    },
  }
}

/**
 * Keeps Chromium's files, which are all replaceable, out of the folder of the journal: in the system's folder for
 * caches, as Chromium does (docs/user_data_dir.md in its source). A data folder other than the usual one has
 * everything, since two running apps can't share these files.
 */
export function setupSessionFolder(home: string): void {
  const old = join(home, 'browser')
  const isUsual = home === join(app.getPath('appData'), app.getName())
  const folder = isUsual ? join(cacheFolder(), app.getName(), 'browser') : old
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  app.setPath('sessionData', folder)
  // Where these files were up to version 0.2.0.
  if (isUsual) rm(old, { recursive: true, force: true }, () => undefined)
}

/** The system's folder for data that can be lost. */
function cacheFolder(): string {
  const home = app.getPath('home')
  if (process.platform === 'darwin') return join(home, 'Library', 'Caches')
  if (process.platform === 'win32') return process.env['LOCALAPPDATA'] || join(home, 'AppData', 'Local')
  return process.env['XDG_CACHE_HOME'] || join(home, '.cache')
}

/** A resource of the packaged app, or in the repository's `build` folder. */
const resource = (packaged: string, inBuild: string) =>
  app.isPackaged ? join(process.resourcesPath, packaged) : join(app.getAppPath(), 'build', inBuild)

/** Worker threads cannot be started from an asar archive, so electron-builder unpacks these files. */
function workerFileUrl(builtFolder: string, name: string): URL {
  const unpackedFolder = builtFolder.replace(/([\\/])app\.asar(?=[\\/]|$)/, '$1app.asar.unpacked')
  return pathToFileURL(join(unpackedFolder, `${name}.js`))
}
