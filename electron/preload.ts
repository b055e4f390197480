import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron'
import { callChannel, calls, type CallName } from './contract/calls.ts'
import { eventChannel, eventNames, type EventName } from './contract/events.ts'

/** The path of a dropped or picked file; `''` for files created in scripts and for other values. */
function pathOf(file: unknown): string {
  try {
    return webUtils.getPathForFile(file as File)
  } catch {
    return ''
  }
}

/** Replaces `File` objects by their paths, since the page must not supply paths itself. */
function withPaths(args: unknown): { paths: string[]; team?: unknown } {
  const { files, team } = { ...(args as { files?: unknown; team?: unknown } | null | undefined) }
  const paths = Array.isArray(files) ? files.map(pathOf) : []
  return team === undefined ? { paths } : { paths, team }
}

function bridgeCall(name: CallName): (args?: unknown) => Promise<unknown> {
  const channel = callChannel(name)
  if (name === 'addFiles') return (args) => ipcRenderer.invoke(channel, withPaths(args))
  return (args) => ipcRenderer.invoke(channel, args)
}

/**
 * Subscribes to an event; the listener gets the value but not the IPC event. Returns a function that
 * unsubscribes.
 */
function on(name: EventName, listener: (value: unknown) => void): () => void {
  if (!eventNames.includes(name) || typeof listener !== 'function')
    throw new TypeError(`no such event: ${name}`)
  const channel = eventChannel(name)
  const ipcListener = (_event: IpcRendererEvent, value: unknown) => listener(value)
  ipcRenderer.on(channel, ipcListener)
  return () => {
    ipcRenderer.off(channel, ipcListener)
  }
}

const callNames = Object.keys(calls) as CallName[]
contextBridge.exposeInMainWorld('modelferry', {
  ...Object.fromEntries(callNames.map((name) => [name, bridgeCall(name)])),
  on,
})
