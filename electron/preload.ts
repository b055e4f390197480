import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron'
import {
  callChannel,
  calls,
  eventChannel,
  eventNames,
  type CallName,
  type EventName,
} from './contract/calls.ts'

/** The path of a dropped or picked file; `''` for one that was made in script and for what is no file at all. */
function pathOf(file: unknown): string {
  try {
    return webUtils.getPathForFile(file as File)
  } catch {
    return ''
  }
}

/** The page names no path: it hands over `File` objects, and only here do they become paths. */
function withPaths(args: unknown): { paths: string[] } {
  const files: unknown = typeof args === 'object' && args !== null && 'files' in args ? args.files : []
  return { paths: Array.isArray(files) ? files.map(pathOf) : [] }
}

function bridgeCall(name: CallName): (args?: unknown) => Promise<unknown> {
  const channel = callChannel(name)
  if (name === 'addFiles') return (args) => ipcRenderer.invoke(channel, withPaths(args))
  return (args) => ipcRenderer.invoke(channel, args)
}

/** Subscribes to an event by its name; the page gets the value, never the event, and a way to unsubscribe. */
function on(name: EventName, listener: (value: unknown) => void): () => void {
  if (!eventNames.includes(name) || typeof listener !== 'function')
    throw new TypeError(`no such event: ${name}`)
  const channel = eventChannel(name)
  const heard = (_event: IpcRendererEvent, value: unknown) => listener(value)
  ipcRenderer.on(channel, heard)
  return () => {
    ipcRenderer.off(channel, heard)
  }
}

const callNames = Object.keys(calls) as CallName[]
contextBridge.exposeInMainWorld('modelferry', {
  ...Object.fromEntries(callNames.map((name) => [name, bridgeCall(name)])),
  on,
})
