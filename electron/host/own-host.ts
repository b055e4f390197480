import process from 'node:process'
import {
  commandCalls,
  type ServedCommand,
  type SharedHandlers,
  type TellCommand,
} from '../contract/command-calls.ts'
import type { Log } from '../platform/environment.ts'
import { answerCall } from './answer.ts'
import { callsBy, type Host, type HostEnd, type HostListener } from './connect-host.ts'

/** What a command needs of the engine that its own process hosts: the same as of another process. */
export function createOwnHost(options: {
  readonly handlers: SharedHandlers
  readonly serveCommand: (tell: TellCommand) => ServedCommand
  readonly ended: Promise<HostEnd>
  readonly log: Log
}): Host {
  const { ended, log } = options
  let listener: HostListener = {}
  let hasEnded = false
  void ended.then(() => (hasEnded = true))
  const { calls: ownCalls } = options.serveCommand((event, value) => {
    if (!hasEnded) listener[event]?.(value as never)
  })
  const handlers = { ...options.handlers, ...ownCalls }
  const call = (name: string) => async (args: unknown) => {
    const answer = await answerCall(name, args, { calls: commandCalls, handlers, log })
    return hasEnded ? new Promise(() => {}) : answer
  }
  return {
    isOwn: true,
    about: { kind: 'command', pid: process.pid },
    calls: callsBy(call),
    listen: (given) => void (listener = given),
    ended,
  }
}
