import { ipcMain, type IpcMainInvokeEvent } from 'electron'
import * as v from 'valibot'
import {
  callChannel,
  calls,
  eventChannel,
  type CallHandlers,
  type CallName,
  type EventName,
  type Events,
} from '../contract/calls.ts'
import { failed, failure, type Result } from '../contract/failures.ts'
import type { Log } from '../platform/environment.ts'
import { rejectionReason, type Sender } from './security/ipc-sender.ts'
import type { MainWindow } from './window/main-window.ts'

type AnyHandler = (args: unknown) => Promise<Result<unknown>>

/** Tells our page something; false when there is no page to tell. */
export type SendToPage = <Name extends EventName>(name: Name, value: Events[Name]) => boolean

const callNames = Object.keys(calls) as CallName[]

/**
 * Answers every call of the contract. It is the only listener to the page: whoever is not our window's main frame on our own
 * origin is refused aloud, arguments are parsed, and a handler that throws is a bug that is logged and told as `unexpected`.
 */
export function setupIpc(options: {
  readonly handlers: CallHandlers
  readonly window: Pick<MainWindow, 'webContentsId'>
  readonly log: Log
  /** After each answered call of our page, whatever the answer was. */
  readonly onAnswered?: (name: CallName) => void
}): void {
  const { handlers, window, log, onAnswered } = options
  for (const name of callNames) {
    // The table types each handler's arguments; here they have just been parsed by the same row of the table.
    const handler = handlers[name] as AnyHandler
    ipcMain.handle(callChannel(name), async (event, args: unknown) => {
      const strange = rejectionReason(senderOf(event), window.webContentsId())
      if (strange !== null) {
        log.error('a call from a stranger was refused', { name, strange })
        return failed(failure('bad-call'))
      }
      const answer = await answerCall(name, args, handler, log)
      onAnswered?.(name)
      return answer
    })
  }
}

/** The frame is read here, at once: after an `await` it may be gone. */
function senderOf({ sender, senderFrame }: IpcMainInvokeEvent): Sender {
  return {
    contentsId: sender.id,
    frame: senderFrame && { url: senderFrame.url, isMain: senderFrame.parent === null },
  }
}

async function answerCall(
  name: CallName,
  args: unknown,
  handler: AnyHandler,
  log: Log,
): Promise<Result<unknown>> {
  const parsed = v.safeParse(calls[name].args, args)
  if (!parsed.success) {
    // Where it was wrong, and not what it was: arguments may be a password.
    log.error('a call with wrong arguments was refused', {
      name,
      problems: parsed.issues.map((issue) => `${v.getDotPath(issue) ?? ''}: ${issue.type}`),
    })
    return failed(failure('bad-call'))
  }
  try {
    return await handler(parsed.output)
  } catch (error) {
    log.error('a call ended in an exception', { name, error })
    return failed(failure('unexpected'))
  }
}

/** The one way from main to the page, and to our own page only. */
export function createPageSender(window: Pick<MainWindow, 'webContents'>): SendToPage {
  return (name, value) => {
    const contents = window.webContents()
    if (!contents) return false
    contents.send(eventChannel(name), value)
    return true
  }
}
