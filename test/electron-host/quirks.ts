import process from 'node:process'

/**
 * Behaviours of the real Electron that depend on the system and that the host doesn't show by default. A test
 * turns them on to prove that the app copes with them.
 */
export type Quirk =
  /** `ready-to-show` is never emitted (Wayland, electron/electron#48859). */
  | 'no-ready-to-show'
  /** `process.stdin` has ended (Windows, electron/electron#21705). */
  | 'ended-stdin'
  /** `process.exit` returns before the process ends (Windows, electron/electron#41866). */
  | 'exit-returns'

const active = new Set((process.env['ELECTRON_HOST_QUIRKS'] ?? '').split(',').filter(Boolean))

/** True if `ELECTRON_HOST_QUIRKS`, a list separated by commas, contains the quirk. */
export const hasQuirk = (quirk: Quirk): boolean => active.has(quirk)
