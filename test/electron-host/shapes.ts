import type { EventEmitter } from 'node:events'
import type { Session } from './cdp.ts'
import type { Wire } from './page/wire.ts'
import type { SecretNames } from './page/secret-names.ts'

// Interfaces between the host's modules. Members with a leading `_` are internal to the host.

export interface HostWindow extends EventEmitter {
  readonly _size: { readonly width: number; readonly height: number }
  readonly _backgroundColor: string | undefined
  _ready(): void
  _titleChanged(title: string): void
  _gone(): void
  close(): void
  show(): void
  showInactive(): void
  focus(): void
  blur(): void
  minimize(): void
  restore(): void
  isVisible(): boolean
  isFocused(): boolean
  isMinimized(): boolean
}

/** A load whose promise is pending. */
export interface Load {
  loaderId: string | undefined
  readonly finish: () => void
  readonly fail: (error: Error) => void
}

/** Messages from a preload's world to the host. */
export type FromPreload =
  | { readonly k: 'send'; readonly channel: string; readonly args: string }
  | { readonly k: 'invoke'; readonly id: number; readonly channel: string; readonly args: string }
  | { readonly k: 'preload-error'; readonly message: string }
  | { readonly k: 'open'; readonly url: string; readonly name: string }

/** Messages from the host to a preload's world. */
export type Delivery =
  | { readonly k: 'reply'; readonly id: number; readonly value?: string; readonly error?: string }
  | { readonly k: 'event'; readonly channel: string; readonly args: string }

export interface HostContents extends EventEmitter {
  readonly id: number
  readonly mainFrame: object
  readonly _wire: Wire
  readonly _names: SecretNames
  readonly _window: HostWindow
  readonly _attached: Promise<Session>
  readonly _destroyed: boolean
  readonly _frameId: string
  readonly _targetId: string
  /** The preload's world of the current document. */
  _isolatedContext: number | undefined
  _load: Load | undefined
  /** The displayed address, in the form that main uses. */
  _url: string
  _title: string
  /** True until a navigation started by main has reached the network. */
  _ownNavigation: boolean
  /** True from a crash of the page until it is loaded again. */
  _crashed: boolean
  _showAppearance(): void
  _opened(url: string, frameName: string): void
  _fromPreload(message: FromPreload, context: number): Promise<void>
  _gone(): void
  getURL(): string
  isDestroyed(): boolean
  isFocused(): boolean
  send(channel: string, ...values: unknown[]): void
  executeJavaScript(code: string): Promise<unknown>
}
