import type { Snapshot, Totals } from '../../contract/uploads.ts'
import type { Translate } from '../../messages/messages.ts'

export type TrayState = 'idle' | 'sending' | 'paused' | 'attention'

/**
 * What the icon shows. A row that needs the person outranks everything: a glance must tell it. `isPaused`: by the person, or
 * by battery, line or hour.
 */
export function trayStateOf(totals: Totals, isPaused: boolean): TrayState {
  if (totals.needsYou > 0) return 'attention'
  if (totals.running > 0) return 'sending'
  if (totals.paused > 0 || (isPaused && totals.waiting > 0)) return 'paused'
  return 'idle'
}

/** Time left in people's steps, so that the words stand still while the seconds run. */
export function timeLeftText(secondsLeft: number, t: Translate): string {
  const minutes = Math.ceil(secondsLeft / 60)
  if (minutes <= 1) return t('desktop.left-under-minute')
  if (minutes < 60)
    return t('desktop.left-minutes', { minutes: minutes < 10 ? minutes : Math.ceil(minutes / 5) * 5 })
  return t('desktop.left-hours', { hours: Math.round(minutes / 30) / 2 })
}

/** One line with the sum of what runs: how many, how far, how fast, how long. */
export function summaryText(totals: Totals, allPaused: boolean, t: Translate, isHeld = false): string {
  const state = trayStateOf(totals, allPaused || isHeld)
  if (totals.running === 0) {
    if (state === 'attention') return t('desktop.sum-needs-you', { needsYou: totals.needsYou })
    if (state === 'paused' && isHeld && !allPaused && totals.paused === 0)
      return t('desktop.sum-waiting', { waiting: totals.waiting })
    if (state === 'paused') return t('desktop.sum-paused', { paused: totals.paused + totals.waiting })
    if (totals.waiting > 0) return t('desktop.sum-waiting', { waiting: totals.waiting })
    return t('desktop.sum-idle')
  }
  // Only a registered model counts as whole, so what still runs is never shown as 100 %.
  const percent = totals.totalBytes > 0 ? Math.floor((totals.movedBytes / totals.totalBytes) * 100) : 0
  const parts = [
    t('desktop.sum-running', { running: totals.running, percent: Math.min(99, percent) }),
    ...(totals.waiting > 0 ? [t('desktop.sum-waiting', { waiting: totals.waiting })] : []),
    ...(totals.bytesPerSecond === null
      ? []
      : [t('desktop.speed', { speedBytes: Math.round(totals.bytesPerSecond) })]),
    ...(totals.secondsLeft === null ? [] : [timeLeftText(totals.secondsLeft, t)]),
    ...(totals.needsYou > 0 ? [t('desktop.sum-needs-you', { needsYou: totals.needsYou })] : []),
  ]
  return parts.join(' · ')
}

/** What is known of the panel that holds the icon. */
export interface Panel {
  readonly platform: NodeJS.Platform
  /** `XDG_CURRENT_DESKTOP`, such as `ubuntu:GNOME`; `''` where there is none. */
  readonly desktop: string
  /** What the desktop prefers for everything, on Linux. */
  readonly isDesktopDark: boolean
  /** What Electron tells of taskbar and menu bar, elsewhere. */
  readonly isSystemDark: boolean
}

/** Whether the icon stands on a dark ground. The top bars of these desktops are dark in a light theme as well. */
export function isPanelDark({
  platform,
  desktop,
  isDesktopDark: darkDesktop,
  isSystemDark: darkSystemColours,
}: Panel): boolean {
  if (platform !== 'linux') return darkSystemColours
  return /\b(?:gnome|unity|pantheon|cinnamon)\b/i.test(desktop) || darkDesktop
}

/** Progress is drawn in so many steps: what an icon's width can show. build/tray-glyph.ts draws as many. */
export const progressSteps = 8

/** Steps that are full; never all, since only a registered model counts as whole. */
export function progressStep({ movedBytes, totalBytes }: Totals): number {
  if (totalBytes === 0) return 0
  return Math.min(progressSteps - 1, Math.floor((movedBytes / totalBytes) * progressSteps))
}

/** The file of a state's icon; `step` is told for `sending`. Denser ones (`@1.25x` and so on) lie beside it. */
export function trayIconName(
  state: TrayState,
  step: number,
  platform: NodeJS.Platform,
  darkPanel: boolean,
): string {
  const name = state === 'sending' ? `sending-${step}` : state
  if (platform === 'darwin') return `${name}Template.png`
  return `${name}-${darkPanel ? 'light' : 'dark'}.${platform === 'win32' ? 'ico' : 'png'}`
}

/** Electron's words for how the bar is drawn (ProgressBarOptions.mode). */
type Mode = 'none' | 'normal' | 'paused' | 'error'

/** How far, and how it stands; -1 takes the bar away (Electron, BrowserWindow.setProgressBar). */
export function taskbarProgress(
  { totals, allPaused }: Pick<Snapshot, 'totals' | 'allPaused'>,
  isHeld: boolean,
): { readonly value: number; readonly mode: Mode } {
  if (totals.running + totals.waiting === 0) return { value: -1, mode: 'none' }
  // Steps of a hundredth: finer ones are only work for the desktop.
  const share = totals.totalBytes > 0 ? Math.floor((totals.movedBytes / totals.totalBytes) * 100) / 100 : 0
  const value = Math.min(0.99, share)
  if (allPaused || isHeld) return { value, mode: 'paused' }
  if (totals.needsYou > 0) return { value, mode: 'error' }
  return { value, mode: 'normal' }
}
