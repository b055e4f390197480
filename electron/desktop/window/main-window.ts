import { app, BrowserWindow, nativeTheme, screen, type WebContents } from 'electron'
import { EventEmitter } from 'node:events'
import process from 'node:process'
import type { Log, Timers } from '../../platform/environment.ts'
import { monotonicMs } from '../../platform/system-environment.ts'
import type { JsonStore } from '../../platform/settings.ts'
import { pageAddress } from '../security/ipc-sender.ts'
import { hideWindow, isHidden } from './hide-window.ts'
import { reloadAfterCrash } from './reload-after-crash.ts'
import { smallestSize } from './window-bounds.ts'
import { createWindowPlacement, type Placement } from './window-placement.ts'
import { storedZoom, zoomAfter, type ZoomChange } from './zoom.ts'

interface MainWindowEvents {
  /** The user is closing the window; `preventDefault` keeps it. */
  close: [event: { preventDefault(): void }]
  /** The window became visible: shown, or restored from the taskbar. */
  shown: []
  /** The page does not listen: a new one has begun, or its process has ended. */
  'page-loading': []
}

export interface MainWindow {
  readonly events: Pick<EventEmitter<MainWindowEvents>, 'on'>
  /** Opens the window, or brings it to the front. A new window is shown once its page is drawn. */
  show(): void
  /** The window, shown at once if it is not visible: a dialog that belongs to an invisible one can't be reached. */
  visibleWindow(): BrowserWindow
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

/** Longer than a page takes to load. */
const longestWaitMs = 3_000

/**
 * Calls back once the page of a new window is drawn, or some seconds later, unless the window was closed before. On
 * Wayland a window that is not shown yet may get no `ready-to-show` (electron/electron#48859).
 */
function oncePageDrawn(window: BrowserWindow, timers: Timers, listener: () => void): void {
  const cancelWait = timers.after(longestWaitMs, listener)
  window.once('ready-to-show', listener)
  window.webContents.once('did-finish-load', listener)
  window.once('closed', cancelWait)
}

function createHidden(bounds: Placement['bounds'], preload: string): BrowserWindow {
  return new BrowserWindow({
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
}

type WindowState = Pick<
  MainWindow,
  'isVisible' | 'isFocused' | 'isHidden' | 'webContents' | 'webContentsId' | 'browserWindow'
>

/** The state of a window, which may have been closed. */
function stateOf(window: () => BrowserWindow | null): WindowState {
  const browserWindow = () => {
    const current = window()
    return current && !current.isDestroyed() ? current : null
  }
  const webContents = () => {
    const contents = browserWindow()?.webContents
    return contents && !contents.isDestroyed() ? contents : null
  }
  return {
    isVisible() {
      const current = browserWindow()
      return current !== null && current.isVisible() && !current.isMinimized()
    },
    isFocused: () => browserWindow()?.isFocused() ?? false,
    isHidden() {
      const current = browserWindow()
      return current !== null && isHidden(current)
    },
    webContents,
    webContentsId: () => webContents()?.id ?? null,
    browserWindow,
  }
}

export function createMainWindow(options: {
  readonly preload: string
  readonly memory: JsonStore
  readonly timers: Timers
  readonly log: Log
}): MainWindow {
  const { preload, memory, timers, log } = options
  const events = new EventEmitter<MainWindowEvents>()
  const placement = createWindowPlacement(memory, () => screen.getAllDisplays())
  const zoomFactor = () => storedZoom(memory.read()['zoom'])
  let window: BrowserWindow | null = null
  /** What happens to a new window once its page is drawn; null afterwards, and if it was hidden before. */
  let whenDrawn: 'show' | 'minimise' | null = null
  /** The state of a window that was not shown yet. */
  let firstState: Pick<Placement, 'isMaximised' | 'isFullScreen'> | null = null

  const state = stateOf(() => window)
  const { browserWindow, webContents } = state

  function open(initially: 'show' | 'minimise'): BrowserWindow {
    const { bounds, ...initialState } = placement.initial()
    const opened = createHidden(bounds, preload)
    window = opened
    whenDrawn = initially
    firstState = initialState
    oncePageDrawn(opened, timers, pageDrawn)
    // A reloaded page starts without the zoom factor.
    opened.webContents.on('did-finish-load', () => opened.webContents.setZoomFactor(zoomFactor()))
    opened.on('close', (event) => {
      if (firstState === null) placement.save(opened)
      events.emit('close', event)
    })
    opened.on('closed', () => (window = null))
    opened.on('show', () => events.emit('shown'))
    opened.on('restore', () => {
      // The user has opened a window that was minimised from the beginning.
      if (firstState !== null) bringToFront(opened)
      events.emit('shown')
    })
    opened.on('page-title-updated', (event) => event.preventDefault())
    // Not `did-start-loading`, which is emitted for a prevented navigation too.
    opened.webContents.on('did-navigate', () => events.emit('page-loading'))
    opened.webContents.on('render-process-gone', () => events.emit('page-loading'))
    reloadAfterCrash(opened.webContents, { monotonicMs, log })
    opened
      .loadURL(pageAddress)
      .catch((error: unknown) => log.error('the page could not be loaded', { error }))
    return opened
  }

  function pageDrawn(): void {
    const current = browserWindow()
    if (current === null) return
    if (whenDrawn === 'show') bringToFront(current)
    if (whenDrawn === 'minimise') current.minimize()
    whenDrawn = null
  }

  function bringToFront(current: BrowserWindow): void {
    const first = firstState
    firstState = null
    whenDrawn = null
    // A page that crashed twice in a row was not reloaded automatically.
    const contents = webContents()
    if (contents?.isCrashed()) contents.reload()
    placement.restore(current)
    if (current.isMinimized()) current.restore()
    if (first?.isMaximised) current.maximize()
    current.show()
    if (first?.isFullScreen) current.setFullScreen(true)
    current.focus()
  }

  nativeTheme.on('updated', () => window?.setBackgroundColor(currentBackground()))

  return {
    events,
    ...state,
    show() {
      const current = browserWindow()
      if (current === null) open('show')
      else if (whenDrawn === null) bringToFront(current)
      else whenDrawn = 'show'
    },
    visibleWindow() {
      const current = browserWindow() ?? open('show')
      if (!state.isVisible()) bringToFront(current)
      return current
    },
    hide() {
      whenDrawn = null
      hideWindow(browserWindow(), process.platform)
    },
    minimise() {
      const current = browserWindow()
      if (current === null) open('minimise')
      else if (whenDrawn !== null) whenDrawn = 'minimise'
      else {
        // A hidden window has no taskbar entry, so minimising it directly would make it unreachable.
        if (isHidden(current)) current.showInactive()
        current.minimize()
      }
    },
    zoom(change) {
      const zoom = zoomAfter(zoomFactor(), change)
      memory.write({ zoom })
      webContents()?.setZoomFactor(zoom)
    },
  }
}
