import type { EventEmitter } from 'node:events'
import type { Wire } from './wire.ts'
import type { SecretNames } from './secret-names.ts'

// What the host's modules know of each other's objects. Members that begin with `_` are the host's own.

export interface HostWindow extends EventEmitter {
  readonly _size: { readonly width: number; readonly height: number }
  readonly _backgroundColor: string | undefined
  _ready(): void
  _titleChanged(title: string): void
  _gone(): void
  close(): void
  focus(): void
  isFocused(): boolean
}

/** A load that somebody waits for. */
export interface Load {
  loaderId: string | undefined
  readonly finish: () => void
  readonly fail: (error: Error) => void
}

/** What a preload's world sends out. */
export type FromPreload =
  | { readonly k: 'send'; readonly channel: string; readonly args: string }
  | { readonly k: 'invoke'; readonly id: number; readonly channel: string; readonly args: string }
  | { readonly k: 'preload-error'; readonly message: string }
  | { readonly k: 'open'; readonly url: string; readonly name: string }

/** What the host sends into it. */
export type Delivery =
  | { readonly k: 'reply'; readonly id: number; readonly value?: string; readonly error?: string }
  | { readonly k: 'event'; readonly channel: string; readonly args: string }

export interface HostContents extends EventEmitter {
  readonly id: number
  readonly mainFrame: object
  readonly _wire: Wire
  readonly _names: SecretNames
  readonly _window: HostWindow
  readonly _destroyed: boolean
  readonly _frameId: string
  readonly _targetId: string
  /** The preload's world of the document that is shown. */
  _isolatedContext: number | undefined
  _load: Load | undefined
  /** The address that is shown, as main sees it. */
  _url: string
  _title: string
  /** True until the navigation that main itself began has reached the network. */
  _ownNavigation: boolean
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
