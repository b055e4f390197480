import { app, BrowserWindow, nativeTheme, screen, type WebContents } from 'electron'
import { EventEmitter } from 'node:events'
import process from 'node:process'
import type { Log } from '../../platform/environment.ts'
import type { JsonStore } from '../../platform/settings.ts'
import { pageAddress } from '../security/ipc-sender.ts'
import { hideWindow } from './hide-window.ts'
import { reloadAfterCrash } from './reload-after-crash.ts'
import { smallestSize } from './window-bounds.ts'
import { createWindowPlacement } from './window-placement.ts'
import { storedZoom, zoomAfter, type ZoomChange } from './zoom.ts'

interface MainWindowEvents {
  /** The user is closing the window; `preventDefault` keeps it. */
  close: [event: { preventDefault(): void }]
  /** The window became visible: shown, or restored from the taskbar. */
  shown: []
  /** The page is being loaded or reloaded. */
  'page-loading': []
}

export interface MainWindow {
  readonly events: Pick<EventEmitter<MainWindowEvents>, 'on'>
  /** Opens the window, or brings it to the front. */
  show(): void
  hide(): void
  /** Minimises the window into dock or taskbar, and opens it there if it is not open. */
  minimise(): void
  /** Changes the zoom factor and stores it. */
  zoom(change: ZoomChange): void
  /** True while the window is shown and not minimised. */
  isVisible(): boolean
  isFocused(): boolean
  /** True while the window exists but is neither on screen nor in the taskbar. */
  isHidden(): boolean
  /** Null when there is no window, or its page has been destroyed. */
  webContents(): WebContents | null
  webContentsId(): number | null
  /** Null when there is no window. */
  browserWindow(): BrowserWindow | null
}

/** `--surface` of renderer/styles/tokens.css, so that nothing flashes before the page is drawn. */
const backgrounds = { light: '#ffffff', dark: '#191d22' }
const currentBackground = () => (nativeTheme.shouldUseDarkColors ? backgrounds.dark : backgrounds.light)

export function createMainWindow(options: {
  readonly preload: string
  readonly memory: JsonStore
  readonly log: Log
}): MainWindow {
  const { preload, memory, log } = options
  const events = new EventEmitter<MainWindowEvents>()
  const placement = createWindowPlacement(memory, () => screen.getAllDisplays())
  const zoomFactor = () => storedZoom(memory.read()['zoom'])
  let window: BrowserWindow | null = null

  function open(initialState: 'shown' | 'minimised'): BrowserWindow {
    const { bounds, isMaximised, isFullScreen } = placement.initial()
    const opened = new BrowserWindow({
      ...bounds,
      minWidth: smallestSize.width,
      minHeight: smallestSize.height,
      show: false,
      title: app.getName(),
      backgroundColor: currentBackground(),
      // The menu's shortcuts still work; Alt shows the menu bar.
      autoHideMenuBar: true,
      webPreferences: {
        preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
        spellcheck: false,
        // Those of scripts, such as `alert`, which the page doesn't use.
        disableDialogs: true,
      },
    })
    opened.once('ready-to-show', () => {
      if (initialState === 'minimised') return opened.minimize()
      if (isMaximised) opened.maximize()
      opened.show()
      if (isFullScreen) opened.setFullScreen(true)
    })
    // A reloaded page starts without the zoom factor.
    opened.webContents.on('did-finish-load', () => opened.webContents.setZoomFactor(zoomFactor()))
    opened.on('close', (event) => {
      placement.save(opened)
      events.emit('close', event)
    })
    opened.on('closed', () => (window = null))
    opened.on('show', () => events.emit('shown'))
    opened.on('restore', () => events.emit('shown'))
    opened.on('page-title-updated', (event) => event.preventDefault())
    opened.webContents.on('did-start-loading', () => events.emit('page-loading'))
    reloadAfterCrash(opened.webContents, { now: Date.now, log })
    opened
      .loadURL(pageAddress)
      .catch((error: unknown) => log.error('the page could not be loaded', { error }))
    return opened
  }

  nativeTheme.on('updated', () => window?.setBackgroundColor(currentBackground()))
  const browserWindow = () => (window && !window.isDestroyed() ? window : null)
  const webContents = () => {
    const contents = browserWindow()?.webContents
    return contents && !contents.isDestroyed() ? contents : null
  }

  return {
    events,
    show() {
      const current = browserWindow()
      if (!current) {
        window = open('shown')
        return
      }
      // A page that crashed twice in a row was not reloaded automatically.
      const contents = webContents()
      if (contents?.isCrashed()) contents.reload()
      placement.restore(current)
      if (current.isMinimized()) current.restore()
      current.show()
      current.focus()
    },
    hide: () => hideWindow(browserWindow(), process.platform),
    minimise() {
      const current = browserWindow()
      if (!current) {
        window = open('minimised')
        return
      }
      // A hidden window has no taskbar entry, so minimising it directly would make it unreachable.
      if (!current.isVisible()) current.showInactive()
      current.minimize()
    },
    zoom(change) {
      const zoom = zoomAfter(zoomFactor(), change)
      memory.write({ zoom })
      webContents()?.setZoomFactor(zoom)
    },
    isVisible() {
      const current = browserWindow()
      return current !== null && current.isVisible() && !current.isMinimized()
    },
    isFocused: () => browserWindow()?.isFocused() ?? false,
    isHidden: () => browserWindow()?.isVisible() === false,
    webContents,
    webContentsId: () => webContents()?.id ?? null,
    browserWindow,
  }
}
