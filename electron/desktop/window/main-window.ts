import { app, BrowserWindow, nativeTheme, screen, type WebContents } from 'electron'
import type { Log } from '../../platform/environment.ts'
import { smallestSize } from './window-bounds.ts'
import { pageAddress } from '../security/ipc-sender.ts'
import type { JsonStore } from '../../platform/settings.ts'
import { createWindowPlacement } from './window-placement.ts'
import { storedZoom, zoomAfter, type ZoomChange } from './zoom.ts'

export interface MainWindow {
  /** Opens the window, or brings it to the front. */
  show(): void
  hide(): void
  /** Into dock or taskbar, opened there if need be. */
  minimise(): void
  /** Larger or smaller; it is kept. */
  zoom(change: ZoomChange): void
  /** True while a person can see it: shown and not minimised. */
  isVisible(): boolean
  isFocused(): boolean
  /** True while it is there and in no taskbar either. */
  isHidden(): boolean
  /** The page to talk to, or null when there is none. */
  webContents(): WebContents | null
  webContentsId(): number | null
  /** For dialogs that belong to it; null when it is not there. */
  browserWindow(): BrowserWindow | null
}

/** What the window does not decide itself. */
export interface WindowEvents {
  /** The person closed it. False lets it close for good, true keeps it: what becomes of it is then decided elsewhere. */
  readonly onClose: () => boolean
  readonly onSeen: () => void
  /** The page is being loaded, for the first time or anew. */
  readonly onLoading: () => void
}

/** The page's own background, so that nothing flashes before it is drawn: `--surface` of renderer/styles/tokens.css. */
const background = { light: '#ffffff', dark: '#191d22' }
const backgroundNow = () => (nativeTheme.shouldUseDarkColors ? background.dark : background.light)

/** A page that dies again within this time is not loaded a third time. */
const reloadPauseMs = 10_000

export function createMainWindow(options: {
  readonly preload: string
  readonly memory: JsonStore
  readonly events: WindowEvents
  readonly log: Log
}): MainWindow {
  const { preload, memory, events, log } = options
  let window: BrowserWindow | null = null
  const place = createWindowPlacement(memory, () => screen.getAllDisplays())
  const zoomNow = () => storedZoom(memory.read()['zoom'])

  function open(first: 'shown' | 'minimised'): BrowserWindow {
    const { bounds, isMaximised, isFullScreen } = place.initial()
    const made = new BrowserWindow({
      ...bounds,
      minWidth: smallestSize.width,
      minHeight: smallestSize.height,
      show: false,
      title: app.getName(),
      backgroundColor: backgroundNow(),
      // The menu's shortcuts work all the same; Alt shows it.
      autoHideMenuBar: true,
      webPreferences: {
        preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
        spellcheck: false,
      },
    })
    made.once('ready-to-show', () => {
      if (first === 'minimised') return made.minimize()
      if (isMaximised) made.maximize()
      made.show()
      if (isFullScreen) made.setFullScreen(true)
    })
    // A page that is loaded anew begins at its actual size.
    made.webContents.on('did-finish-load', () => made.webContents.setZoomFactor(zoomNow()))
    made.on('close', (event) => {
      place.save(made)
      if (events.onClose()) event.preventDefault()
    })
    made.on('closed', () => {
      window = null
    })
    for (const seen of ['show', 'restore'] as const) made.on(seen as 'show', events.onSeen)
    made.on('page-title-updated', (event) => event.preventDefault())
    watchPage(made.webContents, events, log)
    made.loadURL(pageAddress).catch((error: unknown) => log.error('the page could not be loaded', { error }))
    return made
  }

  nativeTheme.on('updated', () => window?.setBackgroundColor(backgroundNow()))
  const alive = () => (window && !window.isDestroyed() ? window : null)
  const contents = () => {
    const page = alive()?.webContents
    return page && !page.isDestroyed() ? page : null
  }

  return {
    show() {
      const current = alive()
      if (!current) {
        window = open('shown')
        return
      }
      place.restore(current)
      if (current.isMinimized()) current.restore()
      current.show()
      current.focus()
    },
    hide: () => alive()?.hide(),
    minimise() {
      const current = alive()
      if (!current) {
        window = open('minimised')
        return
      }
      // A hidden window has no place in the taskbar to go to.
      if (!current.isVisible()) current.showInactive()
      current.minimize()
    },
    zoom(change) {
      const zoom = zoomAfter(zoomNow(), change)
      memory.write({ zoom })
      contents()?.setZoomFactor(zoom)
    },
    isVisible() {
      const current = alive()
      return current !== null && current.isVisible() && !current.isMinimized()
    },
    isFocused: () => alive()?.isFocused() ?? false,
    isHidden: () => alive()?.isVisible() === false,
    webContents: contents,
    webContentsId: () => contents()?.id ?? null,
    browserWindow: alive,
  }
}

function watchPage(contents: WebContents, { onLoading }: WindowEvents, log: Log): void {
  let lastReloadMs = 0
  contents.on('did-start-loading', onLoading)
  contents.on('preload-error', (_event, _path, error) => log.error('the preload failed', { error }))
  contents.on('unresponsive', () => log.warn('the page does not respond'))
  contents.on('render-process-gone', (_event, details) => {
    log.error('the page is gone', { ...details })
    if (details.reason === 'clean-exit') return
    // The uploads go on meanwhile; the page comes back and asks for the snapshot.
    if (Date.now() - lastReloadMs < reloadPauseMs) return
    lastReloadMs = Date.now()
    contents.reload()
  })
}
