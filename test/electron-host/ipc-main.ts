import type { HostContents } from './shapes.ts'
import { strictEmitter } from './strict.ts'

type Handler = (event: object, ...values: unknown[]) => unknown

const handlers = new Map<string, Handler>()

export const ipcMain = strictEmitter('ipcMain', {
  handle(channel: string, handler: Handler): void {
    if (handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`)
    if (typeof handler !== 'function') {
      throw new TypeError(`Expected handler to be a function, but found type '${typeof handler}'`)
    }
    handlers.set(channel, handler)
  },
  handleOnce(channel: string, handler: Handler): void {
    ipcMain.handle(channel, (event, ...values) => {
      handlers.delete(channel)
      return handler(event, ...values)
    })
  },
  removeHandler(channel: string): void {
    handlers.delete(channel)
  },
})

const eventFrom = (contents: HostContents) => ({
  type: 'frame',
  sender: contents,
  senderFrame: contents.mainFrame,
  frameId: 1,
  processId: 1,
  ports: [],
  returnValue: undefined as unknown,
  reply(channel: string, ...values: unknown[]) {
    contents.send(channel, ...values)
  },
})

/**
 * Handles `ipcRenderer.invoke`.
 * @throws the handler's error, or an error if there is no handler
 */
export async function invoke(contents: HostContents, channel: string, values: unknown[]): Promise<unknown> {
  const handler = handlers.get(channel)
  if (!handler) throw new Error(`No handler registered for '${channel}'`)
  return handler(eventFrom(contents), ...values)
}

/** Handles `ipcRenderer.send`. */
export function receive(contents: HostContents, channel: string, values: unknown[]): void {
  const event = eventFrom(contents)
  contents.emit('ipc-message', event, channel, ...values)
  ipcMain.emit(channel, event, ...values)
}

/** Handles `sendSync`: the response is the `returnValue` set by a listener. */
export function receiveSync(contents: HostContents, channel: string, values: unknown[]): Promise<unknown> {
  return new Promise((resolve) => {
    const event = Object.defineProperty(eventFrom(contents), 'returnValue', { set: resolve })
    if (!ipcMain.emit(channel, event, ...values)) resolve(undefined)
  })
}
