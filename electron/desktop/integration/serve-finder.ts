import { app } from 'electron'
import { resolve } from 'node:path'
import process from 'node:process'
import { runProgram, type RunProgram } from '../../platform/run-program.ts'
import { setupSessionFolder } from '../app-folders.ts'

/**
 * On macOS, Finder and the dock take a running command for the app and send it what the user opens, which must
 * start the app instead. Therefore Chromium's event loop runs beside the command.
 */
export function serveFinder(run: RunProgram = runProgram): void {
  // As an argument, since a second process of the app passes its arguments to the first one.
  const bundle = resolve(process.execPath, '../../..')
  const openApp = (...words: readonly string[]) =>
    void run('open', ['-n', '-a', bundle, '--args', '--', ...words])
  app.setActivationPolicy('accessory')
  setupSessionFolder(app.getPath('userData'))
  app.on('activate', () => openApp())
  app.on('open-file', (event, path) => {
    event.preventDefault()
    openApp(path)
  })
  app.on('open-url', (event, link) => {
    event.preventDefault()
    openApp(link)
  })
  // The end of the session: as a signal, it pauses the uploads.
  app.on('before-quit', (event) => {
    event.preventDefault()
    process.emit('SIGTERM', 'SIGTERM')
  })
  void app.whenReady().then(renewSignalListeners)
}

/**
 * Registers the listeners again with the system, because Electron replaces all of them by its own before its
 * `ready` event.
 */
function renewSignalListeners(): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const listeners = process.listeners(name)
    process.removeAllListeners(name)
    for (const listener of listeners) process.on(name, listener)
  }
}
