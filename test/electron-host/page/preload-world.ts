import type { Bridge } from './bridge-world.ts'
import type { Delivery } from '../shapes.ts'
import type { Wire } from './wire.ts'

type Listener = (event: object, ...values: unknown[]) => void
type Preload = (require: (id: string) => unknown, process: object, exports: object, module: object) => void

export interface PreloadSurroundings {
  readonly wire: Wire
  readonly bridge: Bridge
  /** Names of the function that sends text to the host and of the one through which the host delivers. */
  readonly binding: string
  readonly deliver: string
  readonly process: object
  readonly preload: Preload
}

/**
 * The preload's world, whose source is injected: the modules that a sandboxed preload may require, and the
 * preload itself.
 */
export function runPreload(host: PreloadSurroundings): void {
  const { encode, decode } = host.wire
  const world = globalThis as unknown as Record<string, unknown>
  const tell = world[host.binding] as (text: string) => void
  delete world[host.binding]

  // The host responds while the page is paused in the debugger, which is the only synchronous channel. It
  // finds this function and its variables by name.
  function electronHostSync(
    _operation: string,
    _argument: unknown,
    out: { value?: unknown; error?: string },
  ) {
    // oxlint-disable-next-line no-debugger
    debugger
    return out
  }
  // Chromium runs no listeners of a paused page, so messages delivered meanwhile would not reach the page's
  // own world.
  let isPaused = false
  const late: Delivery[] = []
  function deliverLate(): void {
    if (!isPaused) for (const delivery of late.splice(0)) deliver(delivery)
  }
  function ask(operation: string, argument: unknown): unknown {
    isPaused = true
    const out = electronHostSync(operation, argument, {})
    isPaused = false
    if (late.length > 0) queueMicrotask(deliverLate)
    if (!('value' in out)) throw new Error(out.error ?? `electron-host: ${operation} got no answer`)
    return out.value
  }

  const listeners = new Map<string, { listener: Listener; once: boolean }[]>()
  const pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let last = 0

  function on(channel: string, listener: Listener, once = false): object {
    listeners.set(channel, [...(listeners.get(channel) ?? []), { listener, once }])
    return ipcRenderer
  }
  function off(channel: string, listener: Listener): object {
    const left = [...(listeners.get(channel) ?? [])]
    const at = left.findLastIndex((entry) => entry.listener === listener)
    if (at >= 0) left.splice(at, 1)
    listeners.set(channel, left)
    return ipcRenderer
  }
  const ipcRenderer = {
    on: (channel: string, listener: Listener) => on(channel, listener),
    addListener: (channel: string, listener: Listener) => on(channel, listener),
    once: (channel: string, listener: Listener) => on(channel, listener, true),
    off,
    removeListener: off,
    removeAllListeners(channel?: string) {
      if (channel === undefined) listeners.clear()
      else listeners.delete(channel)
      return ipcRenderer
    },
    listenerCount: (channel: string) => listeners.get(channel)?.length ?? 0,
    send(channel: string, ...values: unknown[]) {
      tell(JSON.stringify({ k: 'send', channel, args: encode(values) }))
    },
    invoke: (channel: string, ...values: unknown[]) =>
      new Promise((resolve, reject) => {
        const id = ++last
        tell(JSON.stringify({ k: 'invoke', id, channel, args: encode(values) }))
        pending.set(id, { resolve, reject })
      }),
    sendSync: (channel: string, ...values: unknown[]) =>
      decode(String(ask('sendSync', JSON.stringify({ channel, args: encode(values) })))),
  }

  function replied({ id, value, error }: Delivery & { k: 'reply' }): void {
    const asked = pending.get(id)
    pending.delete(id)
    if (error !== undefined) asked?.reject(new Error(error))
    else asked?.resolve(decode(value ?? ''))
  }
  function happened({ channel, args }: Delivery & { k: 'event' }): void {
    for (const { listener, once } of listeners.get(channel) ?? []) {
      if (once) off(channel, listener)
      listener({ sender: ipcRenderer, ports: [] }, ...(decode(args) as unknown[]))
    }
  }
  function deliver(delivery: Delivery): void {
    if (delivery.k === 'reply') replied(delivery)
    else happened(delivery)
  }
  world[host.deliver] = (delivery: Delivery) => {
    if (isPaused) late.push(delivery)
    else deliver(delivery)
  }

  const modules: Readonly<Record<string, unknown>> = {
    electron: {
      ipcRenderer,
      contextBridge: { exposeInMainWorld: (key: string, api: unknown) => host.bridge.expose(key, api) },
      webUtils: {
        getPathForFile(file: unknown) {
          if (file instanceof File) return ask('path', file)
          const errorText =
            "Failed to execute 'getPathForFile' on 'WebUtils': parameter 1 is not of type 'File'."
          throw new TypeError(errorText)
        },
      },
    },
    timers: { setTimeout, clearTimeout, setInterval, clearInterval },
    url: { URL, URLSearchParams },
  }
  function require(id: string): unknown {
    const name = id.replace(/^node:/, '').replace(/^electron\/(renderer|common)$/, 'electron')
    if (name === 'events') throw new Error('electron-host: require("events") in a preload is not emulated')
    if (!(name in modules)) throw new Error(`module not found: ${id}`)
    return modules[name]
  }
  const module = { exports: {} }
  try {
    host.preload(require, Object.freeze({ ...host.process }), module.exports, module)
  } catch (error) {
    tell(
      JSON.stringify({
        k: 'preload-error',
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
    )
    throw error
  }
}
