import type { Failure } from './failures.ts'

/** Why this app doesn't bring itself up to date: somebody else does, or nobody can. */
export type NoUpdates =
  /** deb or rpm: the system's own updates. */
  | 'package'
  | 'flatpak'
  | 'snap'
  /** An archive that was unpacked by hand. */
  | 'portable'
  /** Not installed: run from a checkout. */
  | 'development'
  /** Built without the keys by which a newer one could be checked. */
  | 'no-key'

/** Where a newer version of the app stands. */
export type UpdateState =
  | { readonly kind: 'off'; readonly why: NoUpdates }
  /** The person has turned it off; a look by hand still works. */
  | { readonly kind: 'resting' }
  /** Nothing newer was there at `checkedAtMs` (ms since the epoch), or nobody has looked yet. */
  | { readonly kind: 'current'; readonly checkedAtMs: number | null }
  | { readonly kind: 'checking' }
  /** There is a newer one, and the person is asked. */
  | { readonly kind: 'found'; readonly version: string }
  | { readonly kind: 'downloading'; readonly version: string; readonly percent: number }
  /** It is here and checked. */
  | { readonly kind: 'ready'; readonly version: string }
  /** It is put beside this one, uploads are stopped, and it takes this one's place. */
  | { readonly kind: 'installing'; readonly version: string }
  | { readonly kind: 'failed'; readonly failure: Failure }
