import { app, session } from 'electron'
import type { Log } from '../../platform/environment.ts'
import { isAllowedRequest } from './ipc-sender.ts'

/** The page chooses the addresses that are logged, so they may have any length. */
const forLog = (url: string) => url.slice(0, 200)

/**
 * Forbids navigation, new windows, webviews and WebRTC over UDP in all pages, including ours. Must be called
 * before `ready`.
 */
export function restrictWebContents(log: Log): void {
  // It would remove `--no-sandbox`, without which no child process starts as root (electron_api_app.cc).
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
  app.on('web-contents-created', (_event, contents) => {
    // No policy of the page covers WebRTC; over TCP it stays possible.
    contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp')
    contents.on('will-navigate', (event, url) => {
      // Also within our own scheme: the page is a single document, so another address would show an empty
      // window.
      event.preventDefault()
      log.warn('a navigation was prevented', { url: forLog(url) })
    })
    contents.on('will-redirect', (event, url) => {
      event.preventDefault()
      log.warn('a redirect was prevented', { url: forLog(url) })
    })
    contents.on('will-attach-webview', (event) => {
      event.preventDefault()
      log.warn('a webview was denied')
    })
    contents.setWindowOpenHandler(({ url }) => {
      log.warn('a new window was denied', { url: forLog(url) })
      return { action: 'deny' }
    })
  })
}

/**
 * Keeps every session, also that of the updater, from downloading dictionaries. A session begins to load them when
 * it is created, and only an empty list of languages ends that (electron/electron#22995). macOS checks the
 * spelling itself. Must be called before `ready`.
 */
export function disableSpellChecker(): void {
  app.on('session-created', (created) => created.setSpellCheckerLanguages([]))
}

/**
 * Denies the page all permissions, requests and downloads; the main process and its threads send all requests.
 * WebRTC and the lookup of host names are no requests. Must be called after `ready`.
 */
export function restrictSession(log: Log): void {
  const { defaultSession } = session
  defaultSession.setPermissionRequestHandler((_contents, permission, respond) => {
    log.warn('a permission was denied', { permission })
    respond(false)
  })
  defaultSession.setPermissionCheckHandler(() => false)
  defaultSession.webRequest.onBeforeRequest(({ url }, respond) => {
    const cancel = !isAllowedRequest(url, app.isPackaged)
    if (cancel) log.warn('a request of the page was cancelled', { url: forLog(url) })
    respond({ cancel })
  })
  // The page offers no downloads. By default a script could save files that it made.
  defaultSession.on('will-download', (event, item) => {
    event.preventDefault()
    log.warn('a download was denied', { url: forLog(item.getURL()) })
  })
}
