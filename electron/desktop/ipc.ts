import { ipcMain, type IpcMainInvokeEvent } from 'electron'
import { callChannel, calls, type CallHandlers, type CallName } from '../contract/calls.ts'
import { eventChannel, type EventName, type Events } from '../contract/events.ts'
import { failed, failure, type Result } from '../contract/failures.ts'
import type { Engine } from '../engine/engine.ts'
import { answerCall } from '../host/answer.ts'
import type { Log } from '../platform/environment.ts'
import { rejectionReason, type Sender } from './security/ipc-sender.ts'
import type { MainWindow } from './window/main-window.ts'

/** Sends an event to the page; false when there is no page. */
export type SendToPage = <Name extends EventName>(name: Name, value: Events[Name]) => boolean

const callNames = Object.keys(calls) as CallName[]

/** What the first paint needs is answered before the queue is restored. */
const firstPaintCalls: ReadonlySet<CallName> = new Set<CallName>(['session', 'settings', 'surroundings'])

/**
 * Registers a handler for every call of the contract. This is the only IPC listener: calls that do not come
 * from the main frame of our window on our own origin are rejected and logged, the others wait until the queue
 * is restored, arguments are parsed, and an exception in a handler is logged as a bug and answered as
 * `unexpected`.
 */
export function setupIpc(options: {
  readonly handlers: CallHandlers
  readonly engine: Engine
  readonly window: Pick<MainWindow, 'webContentsId'>
  readonly log: Log
  /** After each answered call of our page, whether it succeeded or failed. */
  readonly onAnswered?: (name: CallName) => void
}): void {
  const { handlers, engine, window, log, onAnswered } = options
  // electron-store adds this listener with its first store only.
  ipcMain.removeAllListeners('electron-store-get-data')
  for (const name of callNames) {
    const answerTo = async (event: IpcMainInvokeEvent, args: unknown): Promise<Result<unknown>> => {
      const reason = rejectionReason(senderOf(event), window.webContentsId())
      if (reason !== null) {
        log.error('a call from an unknown sender was rejected', { name, reason })
        return failed(failure('bad-call'))
      }
      if (!firstPaintCalls.has(name)) await engine.queueRestored()
      const answer = await answerCall(name, args, { calls, handlers, log })
      onAnswered?.(name)
      return answer
    }
    // Text, as `TextBridge` explains.
    ipcMain.handle(callChannel(name), async (event, args: unknown) =>
      JSON.stringify(await answerTo(event, args)),
    )
  }
}

/** Must be read synchronously: after an `await` the frame may be gone. */
function senderOf({ sender, senderFrame }: IpcMainInvokeEvent): Sender {
  return {
    contentsId: sender.id,
    frame: senderFrame && { url: senderFrame.url, isMain: senderFrame.parent === null },
  }
}

/** Creates the only function that sends events to the page. */
export function createPageSender(window: Pick<MainWindow, 'webContents'>): SendToPage {
  return (name, value) => {
    const contents = window.webContents()
    if (!contents) return false
    contents.send(eventChannel(name), JSON.stringify(value))
    return true
  }
}
