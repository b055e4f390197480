import type { Browser } from './browser.ts'
import type { HostContents, HostWindow } from './shapes.ts'

export interface AppPackage {
  readonly name?: string
  readonly productName?: string
  readonly version?: string
  readonly main?: string
}

export type ProtocolHandler = (request: Request) => Response | Promise<Response>

/** The parts of `app` that the rest of the host calls; app.ts assigns it here to avoid an import cycle. */
export interface AppSide {
  emit(name: string, ...values: unknown[]): boolean
  quit(): void
  quitCancelled(): void
  allClosed(): void
}

/** State shared by the host's modules; tests read it as `globalThis.__electronHost`. */
export const host = {
  /** Calls without an effect in the host, in order, each with its kind. */
  events: [] as Record<string, unknown>[],
  trays: new Set<object>(),
  notifications: [] as object[],
  windows: new Map<number, HostWindow>(),
  contents: new Map<number, HostContents>(),
  schemes: new Set<string>(),
  protocols: new Map<string, ProtocolHandler>(),
  switches: new Map<string, string>(),
  ready: false,
  /** In the preview, says that an API is missing. */
  showUnavailable: undefined as ((what: string) => void) | undefined,
  /** The app has called `app.whenReady`. */
  isReadyAwaited: false,
  appPath: '',
  pkg: {} as AppPackage,
  browser: undefined as Browser | undefined,
  app: undefined as AppSide | undefined,
  record(kind: string, facts: object = {}): void {
    host.events.push({ kind, ...facts })
  },
}

/**
 * The Chromium behind the windows.
 * @throws before `ready`
 */
export function theBrowser(): Browser {
  if (host.browser === undefined) throw new Error('electron-host: Chromium is not running yet')
  return host.browser
}

export function theApp(): AppSide {
  if (host.app === undefined) throw new Error('electron-host: app is not there yet')
  return host.app
}

export function complain(...words: unknown[]): void {
  console.error('electron-host:', ...words)
}

Object.assign(globalThis, { __electronHost: host })
