import { app, BrowserWindow } from 'electron'

/** Calls `listen` for each window, also for those that are open already. */
export function onEachWindow(listen: (window: BrowserWindow) => void): void {
  BrowserWindow.getAllWindows().forEach(listen)
  app.on('browser-window-created', (_event, window) => listen(window))
}
