import type { Snapshot, Totals } from '../../contract/uploads.ts'

export type TrayState = 'idle' | 'sending' | 'paused' | 'attention'

/**
 * The state of the icon; a row that needs attention outranks everything else. `isPaused`: by the user, or by
 * battery, metered network or quiet hours.
 */
export function trayStateOf(totals: Totals, isPaused: boolean): TrayState {
  if (totals.needsYou > 0) return 'attention'
  if (totals.running > 0) return 'sending'
  if (totals.paused > 0 || (isPaused && totals.waiting > 0)) return 'paused'
  return 'idle'
}

export interface Panel {
  readonly platform: NodeJS.Platform
  /** `XDG_CURRENT_DESKTOP`, such as `ubuntu:GNOME`; `''` if it is not set. */
  readonly desktop: string
  /** The desktop's colour scheme, on Linux. */
  readonly isDesktopDark: boolean
  /** The colour of taskbar or menu bar as reported by Electron, on other systems. */
  readonly isSystemDark: boolean
}

/**
 * Whether the icon is on a dark background. The top bars of some desktops are dark in a light theme as well.
 */
export function isPanelDark({ platform, desktop, isDesktopDark, isSystemDark }: Panel): boolean {
  if (platform !== 'linux') return isSystemDark
  return /\b(?:gnome|unity|pantheon|cinnamon)\b/i.test(desktop) || isDesktopDark
}

/** The number of progress steps that fit an icon's width; build/tray-glyph.ts draws the same number. */
export const progressSteps = 8

/** The number of full steps; never all of them, since only a registered model is complete. */
export function progressStep({ movedBytes, totalBytes }: Totals): number {
  if (totalBytes === 0) return 0
  return Math.min(progressSteps - 1, Math.floor((movedBytes / totalBytes) * progressSteps))
}

/**
 * The icon file for a state; `step` is used for `sending`. Electron picks denser variants (`@1.25x`) in the
 * same folder.
 */
export function trayIconName(
  state: TrayState,
  step: number,
  platform: NodeJS.Platform,
  isDarkPanel: boolean,
): string {
  const name = state === 'sending' ? `sending-${step}` : state
  if (platform === 'darwin') return `${name}Template.png`
  return `${name}-${isDarkPanel ? 'light' : 'dark'}.${platform === 'win32' ? 'ico' : 'png'}`
}

/** Electron's `ProgressBarOptions.mode`. */
type TaskbarMode = 'none' | 'normal' | 'paused' | 'error'

/** The value and mode for the taskbar button; -1 removes the bar (Electron, BrowserWindow.setProgressBar). */
export function taskbarProgress(
  { totals, allPaused }: Pick<Snapshot, 'totals' | 'allPaused'>,
  isHeld: boolean,
): { readonly value: number; readonly mode: TaskbarMode } {
  if (totals.running + totals.waiting === 0) return { value: -1, mode: 'none' }
  // Rounded to hundredths, so that the desktop redraws less often.
  const share = totals.totalBytes > 0 ? Math.floor((totals.movedBytes / totals.totalBytes) * 100) / 100 : 0
  const value = Math.min(0.99, share)
  if (allPaused || isHeld) return { value, mode: 'paused' }
  if (totals.needsYou > 0) return { value, mode: 'error' }
  return { value, mode: 'normal' }
}
