import { app, Menu, nativeImage, nativeTheme, Tray, type NativeImage } from 'electron'
import { join } from 'node:path'
import process from 'node:process'
import type { Log } from '../../platform/environment.ts'
import type { Language } from '../settings/language.ts'
import { watchColourScheme, type ColourScheme } from './colour-scheme.ts'
import { createUpdateThrottle } from './update-throttle.ts'
import { trayMenuTemplate, type TrayActions, type TrayContent } from './tray-menu.ts'
import {
  isPanelDark,
  progressStep,
  summaryText,
  trayIconName,
  trayStateOf,
  type Panel,
  type TrayState,
} from './tray-state.ts'

export interface TrayIcon {
  /** Something of what it shows may have changed. */
  update(): void
  /** A tray has come that was not there: the icon is put into it. */
  recreate(): void
}

/** Icon and tooltip follow at most so often, in ms. */
const pauseMs = 1_000
/** A menu that only tells other numbers is rebuilt at most so often, in ms: on some desktops it closes under the pointer. */
const menuEveryMs = 5_000

interface TrayOptions {
  readonly icons: string
  readonly language: Language
  /** As it was before a theme was chosen for the app. */
  readonly isDesktopDark: boolean
  readonly content: () => TrayContent
  readonly actions: TrayActions
  /** Files that were dropped on the icon, which macOS allows. */
  readonly onFiles: (paths: readonly string[]) => void
  readonly log: Log
}

/** The tray's icon, tooltip and menu. Where no tray can be made the rest of the app goes on without. */
export function createTray(options: TrayOptions): TrayIcon {
  const { icons, log } = options
  const colours = watchColourScheme({
    ...{ platform: process.platform, log },
    // A theme of the app's own hides how the desktop is.
    otherwise: () =>
      nativeTheme.themeSource === 'system' ? nativeTheme.shouldUseDarkColors : options.isDesktopDark,
    changed: () => pacer.request(),
  })
  const isOnDark = () => isPanelDark(panelNow(colours))
  const image = createImages(icons, isOnDark)
  let tray = make()
  let drawn = ''
  let menu = { structure: '', whole: '', atMs: 0 }

  function make(): Tray | null {
    try {
      const made = new Tray(image('idle', 0))
      listen(made, options)
      return made
    } catch (error) {
      log.warn('there is no tray icon', { error })
      return null
    }
  }

  function draw(): void {
    if (!tray) return
    const { language, content: now, actions } = options
    const { sum, conditions, ...rest } = now()
    const words = language.translate()
    const isHeld = conditions.hold !== null
    const state = trayStateOf(sum.totals, sum.allPaused || isHeld)
    const line = summaryText(sum.totals, sum.allPaused, words, isHeld)
    const step = progressStep(sum.totals)
    const look = JSON.stringify([state, step, line, isOnDark()])
    if (look !== drawn) {
      drawn = look
      tray.setImage(image(state, step))
      tray.setToolTip(`${app.getName()} · ${line}`)
    }
    const structure = JSON.stringify([
      language.locale(),
      state,
      sum.allPaused,
      { ...conditions, power: null },
      rest,
    ])
    const whole = `${structure} ${line}`
    const nowMs = Date.now()
    if (whole === menu.whole || (structure === menu.structure && nowMs - menu.atMs < menuEveryMs)) return
    menu = { structure, whole, atMs: nowMs }
    const template = trayMenuTemplate(now(), actions, words, language.locale(), nowMs)
    tray.setContextMenu(Menu.buildFromTemplate(template))
  }

  const pacer = createUpdateThrottle(pauseMs, draw)
  draw()
  nativeTheme.on('updated', pacer.request)
  return {
    update: pacer.request,
    recreate() {
      tray?.destroy()
      tray = make()
      drawn = ''
      menu = { structure: '', whole: '', atMs: 0 }
      draw()
    },
  }
}

function listen(tray: Tray, { actions, onFiles }: TrayOptions): void {
  // On macOS a click opens the menu; elsewhere it opens the window, and the other button the menu.
  if (process.platform !== 'darwin') tray.on('click', actions.open)
  else tray.on('drop-files', (_event, files) => onFiles(files))
}

const panelNow = (colours: ColourScheme): Panel => ({
  platform: process.platform,
  desktop: process.env['XDG_CURRENT_DESKTOP'] ?? '',
  isDesktopDark: colours.isDark(),
  isSystemDark: nativeTheme.shouldUseDarkColorsForSystemIntegratedUI,
})

/** Each icon is read once. macOS colours a template by itself; elsewhere the icon fits the panel's ground. */
function createImages(
  folder: string,
  isOnDark: () => boolean,
): (state: TrayState, step: number) => NativeImage {
  const read = new Map<string, NativeImage>()
  return (state, step) => {
    const name = trayIconName(state, step, process.platform, isOnDark())
    const image = read.get(name) ?? nativeImage.createFromPath(join(folder, name))
    read.set(name, image)
    return image
  }
}
