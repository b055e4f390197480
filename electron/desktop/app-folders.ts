import { app } from 'electron'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import type { MenuSources } from './integration/linux-app-menu.ts'

export interface AppFolders {
  /** Settings and the journal. */
  readonly home: string
  readonly logs: string
  /** The page as it was built. */
  readonly page: string
  readonly preload: string
  readonly trayIcons: string
  /** For the desktop's menu, where no package has put the app into it. */
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
 * Where everything lies. It must be called before `ready` and before the single-instance lock, which is taken per data
 * folder. `builtFolder` is the folder of the built main file.
 */
export function setupAppFolders(builtFolder: string): AppFolders {
  // Windows ties notifications and the taskbar to the installed shortcut by this id: `appId` of electron-builder.yml.
  app.setAppUserModelId('app.modelferry.Modelferry')
  const fromOutside = process.env['MODELFERRY_HOME']
  if (fromOutside) {
    const home = resolve(fromOutside)
    // Electron refuses a folder that is not there.
    mkdirSync(home, { recursive: true })
    app.setPath('userData', home)
  }
  const home = app.getPath('userData')
  // Chromium's own files stay out of the folder that holds the journal.
  const browser = join(home, 'browser')
  mkdirSync(browser, { recursive: true })
  app.setPath('sessionData', browser)
  return {
    home,
    logs: fromOutside ? join(home, 'logs') : app.getPath('logs'),
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

/** A file or folder beside the packaged app, or in the checkout's `build`. */
const resource = (packaged: string, inBuild: string) =>
  app.isPackaged ? join(process.resourcesPath, packaged) : join(app.getAppPath(), 'build', inBuild)

/** A worker thread is not started from inside an archive: electron-builder lays these files beside it. */
export function workerFileUrl(builtFolder: string, name: string): URL {
  const beside = builtFolder.replace(/([\\/])app\.asar(?=[\\/]|$)/, '$1app.asar.unpacked')
  return pathToFileURL(join(beside, `${name}.js`))
}
