import { app, Menu, nativeImage, nativeTheme, Tray, type NativeImage } from 'electron'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import type { Snapshot } from '../contract/model.ts'
import type { Log } from '../contract/ports.ts'
import type { Language } from './language.ts'
import { createPacer } from './pacer.ts'
import {
  isPanelDark,
  sumWords,
  trayIconNames,
  trayStateOf,
  type Panel,
  type TrayState,
} from './tray-state.ts'

export interface TrayIcon {
  update(sum: Pick<Snapshot, 'totals' | 'allPaused'>): void
  /** Draws again in the language in force. */
  redraw(): void
}

/** A menu that is rebuilt more often closes under the pointer on some desktops. */
const pauseMs = 1_000

/** The tray's icon and menu. Where no tray can be made (null) the rest of the app goes on without. */
export function setupTray(options: {
  readonly icons: string
  readonly language: Language
  readonly first: Pick<Snapshot, 'totals' | 'allPaused'>
  readonly actions: {
    readonly open: () => void
    readonly pauseAll: () => void
    readonly resumeAll: () => void
    readonly quit: () => void
  }
  readonly log: Log
}): TrayIcon | null {
  const { icons, language, first, actions, log } = options
  const image = createImages(icons)
  let tray: Tray
  try {
    tray = new Tray(image('idle'))
  } catch (error) {
    log.warn('there is no tray icon', { error })
    return null
  }
  let sum = first
  let shown = ''

  function draw(): void {
    const words = language.words()
    const state = trayStateOf(sum.totals, sum.allPaused)
    const line = sumWords(sum.totals, sum.allPaused, words)
    const drawn = JSON.stringify([
      language.locale(),
      state,
      line,
      sum.allPaused,
      nativeTheme.shouldUseDarkColors,
    ])
    if (drawn === shown) return
    shown = drawn
    tray.setImage(image(state))
    tray.setToolTip(`${app.getName()} · ${line}`)
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { id: 'sum', label: line, enabled: false },
        { type: 'separator' },
        { id: 'open', label: words('tray.open'), click: actions.open },
        sum.allPaused
          ? { id: 'resume-all', label: words('tray.resume-all'), click: actions.resumeAll }
          : { id: 'pause-all', label: words('tray.pause-all'), click: actions.pauseAll },
        { type: 'separator' },
        { id: 'quit', label: words('tray.quit'), click: actions.quit },
      ]),
    )
  }

  const pacer = createPacer(pauseMs, draw)
  draw()
  // On macOS a click opens the menu; elsewhere it opens the window, and the other button the menu.
  if (process.platform !== 'darwin') tray.on('click', actions.open)
  nativeTheme.on('updated', pacer.ask)
  return {
    update(next) {
      sum = next
      pacer.ask()
    },
    redraw: pacer.ask,
  }
}

const panelNow = (): Panel => ({
  platform: process.platform,
  desktop: process.env['XDG_CURRENT_DESKTOP'] ?? '',
  darkColours: nativeTheme.shouldUseDarkColors,
  darkSystemColours: nativeTheme.shouldUseDarkColorsForSystemIntegratedUI,
})

/** Each icon is read once. macOS colours a template by itself; elsewhere the icon fits the panel's ground. */
function createImages(folder: string): (state: TrayState) => NativeImage {
  const read = new Map<string, NativeImage>()
  return (state) => {
    const name = trayIconNames(state, process.platform, isPanelDark(panelNow())).find(
      (file) => read.has(file) || existsSync(join(folder, file)),
    )
    if (name === undefined) return nativeImage.createEmpty()
    const image = read.get(name) ?? nativeImage.createFromPath(join(folder, name))
    read.set(name, image)
    return image
  }
}
