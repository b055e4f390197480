import { app, Menu, nativeImage, nativeTheme, Tray, type NativeImage } from 'electron'
import { join } from 'node:path'
import process from 'node:process'
import { isAllPaused } from '../../contract/uploads.ts'
import type { Log } from '../../platform/environment.ts'
import type { Language } from '../settings/language.ts'
import { watchColourScheme } from './colour-scheme.ts'
import { trayMenuTemplate, trayText, type TrayActions, type TrayContent } from './tray-menu.ts'
import { isPanelDark, progressStep, trayIconName, trayStateOf, type TrayState } from './tray-state.ts'
import { createMenuThrottle, createUpdateThrottle } from './update-throttle.ts'

export interface TrayIcon {
  /** Redraws icon, tooltip and menu if their content has changed. */
  update(): void
  /** Creates the icon again, in a tray that has just become available. */
  recreate(): void
}

const updateIntervalMs = 1_000
/**
 * Rebuilding a menu closes it under the pointer on some desktops, so menu and tooltip are updated less often if
 * only their numbers are new.
 */
const menuIntervalMs = 5_000

interface TrayOptions {
  /** The folder of the icon files. */
  readonly icons: string
  readonly language: Language
  /** The desktop's colour scheme before the app's theme was applied. */
  readonly isDesktopDark: boolean
  readonly content: () => TrayContent
  readonly actions: TrayActions
  /** Files dropped on the icon, on macOS. */
  readonly onFiles: (paths: readonly string[]) => void
  readonly log: Log
}

/** Creates the tray icon with tooltip and menu. If that fails, the rest of the app works without it. */
export function createTray(options: TrayOptions): TrayIcon {
  const { icons, language, content, actions, log } = options
  const colourScheme = watchColourScheme({
    platform: process.platform,
    // Electron reports the desktop's scheme only while the app has no theme of its own.
    fallback: () =>
      nativeTheme.themeSource === 'system' ? nativeTheme.shouldUseDarkColors : options.isDesktopDark,
    log,
  })
  const isDarkPanel = () =>
    isPanelDark({
      platform: process.platform,
      desktop: process.env['XDG_CURRENT_DESKTOP'] ?? '',
      isDesktopDark: colourScheme.isDark(),
      isSystemDark: nativeTheme.shouldUseDarkColorsForSystemIntegratedUI,
    })
  const imageFor = createImageCache(icons, isDarkPanel)
  let tray = create()
  let shownIcon = ''
  const menuThrottle = createMenuThrottle(menuIntervalMs, () => throttle.request())

  function create(): Tray | null {
    try {
      const created = new Tray(imageFor('idle', 0))
      // On macOS a click opens the menu; elsewhere it opens the window and the other button opens the menu.
      if (process.platform !== 'darwin') created.on('click', actions.open)
      else created.on('drop-files', (_event, files) => options.onFiles(files))
      return created
    } catch (error) {
      log.warn('the tray icon could not be created', { error })
      return null
    }
  }

  function draw(): void {
    if (!tray) return
    const current = content()
    const { totals, allPaused } = current.summary
    const isHeld = current.conditions.hold !== null
    const state = trayStateOf(totals, allPaused || isHeld)
    const step = progressStep(totals)
    const icon = JSON.stringify([state, step, isDarkPanel()])
    if (icon !== shownIcon) {
      shownIcon = icon
      tray.setImage(imageFor(state, step))
    }
    drawMenu(tray, current, state)
  }

  function drawMenu(target: Tray, current: TrayContent, state: TrayState): void {
    const { summary: queue, conditions, ...others } = current
    const structure = JSON.stringify([
      language.regionalTag(),
      state,
      isAllPaused(queue),
      queue.line,
      queue.totals.pausing !== undefined,
      { ...conditions, power: null },
      others,
    ])
    const text = { t: language.translate(), tag: language.regionalTag(), nowMs: Date.now() }
    const summary = trayText(current, text)
    const numbers = `${summary} ${queue.totals.pausing?.unacknowledgedBytes ?? ''}`
    if (!menuThrottle.startBuild(structure, numbers)) return
    // On Linux, changing the tooltip rebuilds the menu too (Chromium, status_icon_linux_dbus.cc).
    target.setToolTip(`${app.getName()} · ${summary}`)
    target.setContextMenu(Menu.buildFromTemplate(trayMenuTemplate(current, actions, text)))
  }

  const throttle = createUpdateThrottle(updateIntervalMs, draw)
  draw()
  nativeTheme.on('updated', throttle.request)
  colourScheme.onChange(throttle.request)
  return {
    update: throttle.request,
    recreate() {
      tray?.destroy()
      tray = create()
      shownIcon = ''
      menuThrottle.reset()
      draw()
    },
  }
}

/** Reads each icon file once. macOS colours template images itself; elsewhere the icon matches the panel. */
function createImageCache(
  folder: string,
  isDarkPanel: () => boolean,
): (state: TrayState, step: number) => NativeImage {
  const images = new Map<string, NativeImage>()
  return (state, step) => {
    const name = trayIconName(state, step, process.platform, isDarkPanel())
    const image = images.get(name) ?? nativeImage.createFromPath(join(folder, name))
    images.set(name, image)
    return image
  }
}
