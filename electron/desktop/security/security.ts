import { app, session } from 'electron'
import type { Log } from '../../platform/environment.ts'
import { isAllowedRequest } from './ipc-sender.ts'

/** Must be called before `ready`. Holds for every page there will ever be, ours included. */
export function restrictWebContents(log: Log): void {
  app.enableSandbox()
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event, url) => {
      // Not even to our own scheme: the page is one document, and another address would leave the person before nothing.
      event.preventDefault()
      log.warn('a navigation was prevented', { url })
    })
    contents.on('will-redirect', (event, url) => {
      event.preventDefault()
      log.warn('a redirect was prevented', { url })
    })
    contents.on('will-attach-webview', (event) => {
      event.preventDefault()
      log.warn('a webview was denied')
    })
    contents.setWindowOpenHandler(({ url }) => {
      log.warn('a new window was denied', { url })
      return { action: 'deny' }
    })
  })
}

/**
 * After `ready`: the page gets no permission and no network. It never needs either: bytes and API calls leave from the main
 * process and its threads by `node:https`.
 */
export function restrictSession(log: Log): void {
  const { defaultSession } = session
  defaultSession.setPermissionRequestHandler((_contents, permission, answer) => {
    log.warn('a permission was denied', { permission })
    answer(false)
  })
  defaultSession.setPermissionCheckHandler(() => false)
  defaultSession.webRequest.onBeforeRequest(({ url }, answer) => {
    const cancel = !isAllowedRequest(url, app.isPackaged)
    if (cancel) log.warn('a request of the page was cancelled', { url })
    answer({ cancel })
  })
  // The spell checker would fetch its dictionaries from a server.
  defaultSession.setSpellCheckerEnabled(false)
}
