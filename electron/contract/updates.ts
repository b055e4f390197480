import type { Failure } from './failures.ts'

/** Why the app can't update itself. */
export type NoUpdatesReason =
  /** deb or rpm: updated by the system. */
  | 'package'
  | 'flatpak'
  | 'snap'
  /** An unpacked archive. */
  | 'portable'
  /** Run from a checkout. */
  | 'development'
  /** Built without the keys that verify a newer version. */
  | 'no-key'

/** The state of the search for, download and installation of a newer version. */
export type UpdateState =
  | { readonly kind: 'off'; readonly why: NoUpdatesReason }
  /** Turned off in the settings; a manual check still works. */
  | { readonly kind: 'resting' }
  /** No newer version at `checkedAtMs` (ms since the epoch); null before the first check. */
  | { readonly kind: 'current'; readonly checkedAtMs: number | null }
  | { readonly kind: 'checking' }
  /** A newer version exists, and the user is asked. */
  | { readonly kind: 'found'; readonly version: string }
  | { readonly kind: 'downloading'; readonly version: string; readonly percent: number }
  /** Downloaded and verified. */
  | { readonly kind: 'ready'; readonly version: string }
  /** Uploads are stopped and the new version is being installed. */
  | { readonly kind: 'installing'; readonly version: string }
  | { readonly kind: 'failed'; readonly failure: Failure }
