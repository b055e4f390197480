import { createServer, type Socket } from 'node:net'
import * as v from 'valibot'
import {
  commandCallNames,
  commandCalls,
  hostProtocol,
  type OwnEvents,
  type ServedCommand,
  type SharedHandlers,
  type TellCommand,
} from '../contract/command-calls.ts'
import type { Patch } from '../contract/uploads.ts'
import type { Log, Timers } from '../platform/environment.ts'
import type { HostEnd } from './connect-host.ts'
import { answerCall } from './answer.ts'
import { commandHello, commandProof, createNonce, isSameProof, proofOf } from './handshake.ts'
import { prepareHost, publishHost, removeHost, type HostFile } from './host-file.ts'
import { messagesOf, sendMessage } from './messages-of.ts'

/** Bounds against abuse and errors: a command makes a few calls over one connection. */
const limits = {
  connections: 64,
  /** Connections that have not proved yet that they know the key. */
  strangers: 8,
  strangerMs: 3_000,
  /** Calls of one connection at the same time. Further ones are read once the command has read an answer. */
  calls: 64,
  lineLength: 8 * 1024 * 1024,
  /** A command that hasn't read this much gets no more patches until it has, and then loads the snapshot again. */
  unsentBytes: 1024 * 1024,
}

const commandRequest = v.union([
  v.strictObject({ id: v.number(), call: v.picklist(commandCallNames), args: v.optional(v.unknown()) }),
  v.strictObject({ follow: v.literal(true) }),
])

export interface HostServer {
  /** Sends a patch to the commands that follow the queue. */
  sendPatch(patch: Patch): void
  /** Whether commands wait for uploads or answers. Those that only follow the queue don't count. */
  hasCommands(): boolean
  /** Accepts no more commands and answers no more calls: the engine is about to stop. */
  leave(end: HostEnd): void
  /** Ends all connections. */
  close(): void
}

export interface HostOptions {
  /** The data folder. */
  readonly home: string
  /** Of this app. */
  readonly version: string
  readonly kind: HostFile['kind']
  readonly handlers: SharedHandlers
  /** Serves the calls of one command that the page doesn't have. */
  readonly serveCommand: (tell: TellCommand) => ServedCommand
  /** Calls wait for it. */
  readonly queueRestored: () => Promise<void>
  readonly timers: Timers
  readonly log: Log
}

/**
 * Serves the calls of commands that run with the same data folder, over a socket that only this user can use. If that
 * isn't possible, for example because `run` belongs to another user, the reason is logged and commands find no host:
 * everything else works without.
 */
export function serveHost(options: HostOptions): HostServer {
  const { home, log } = options
  let hasLeft = false
  const followers = new Set<Follower>()
  const sockets = new Set<Socket>()
  const strangers = new Set<Socket>()
  const workingChecks = new Set<() => boolean>()

  function accept(socket: Socket, host: HostFile): void {
    // `close` follows.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      strangers.delete(socket)
      sockets.delete(socket)
    })
    if (strangers.size >= limits.strangers) return void socket.destroy()
    strangers.add(socket)
    sockets.add(socket)
    const onKnown = () => void strangers.delete(socket)
    const hasHostLeft = () => hasLeft
    void serveCommand(socket, { ...options, host, followers, workingChecks, onKnown, hasHostLeft }).finally(
      () => socket.destroy(),
    )
  }

  function listen(): () => void {
    const host = prepareHost(home, options)
    const server = createServer((socket) => accept(socket, host))
    server.maxConnections = limits.connections
    server.on('error', (error) => log.warn('commands can’t reach this process', { error }))
    server.listen(host.address)
    publishHost(home, host)
    return () => {
      server.close()
      removeHost(home, host)
    }
  }

  let stopListening = () => {}
  try {
    stopListening = listen()
  } catch (error) {
    log.warn('commands can’t reach this process', { error })
  }
  return {
    sendPatch: (patch) => followers.forEach((follower) => follower(patch)),
    hasCommands: () => [...workingChecks].some((isWorking) => isWorking()),
    leave(end) {
      hasLeft = true
      stopListening()
      if (end === 'app-starts') for (const socket of sockets) sendMessage(socket, { event: 'appStarts' })
    },
    close() {
      stopListening()
      for (const socket of sockets) socket.destroy()
    },
  }
}

type Follower = (patch: Patch) => void

interface CommandOptions extends HostOptions {
  readonly host: HostFile
  readonly followers: Set<Follower>
  /** For each command, whether it waits for uploads or answers. */
  readonly workingChecks: Set<() => boolean>
  /** The command has proved that it knows the key. */
  readonly onKnown: () => void
  readonly hasHostLeft: () => boolean
}

async function serveCommand(socket: Socket, options: CommandOptions): Promise<void> {
  const messages = messagesOf(socket, limits.lineLength)
  const stopWaiting = options.timers.after(limits.strangerMs, () => socket.destroy())
  const isKnown = await isGreeted(socket, messages, options)
  stopWaiting()
  if (!isKnown) return
  options.onKnown()
  await serveCalls(socket, messages, options)
}

/** Whether the command has the same protocol and has proved that it knows the key. */
async function isGreeted(
  socket: Socket,
  messages: AsyncGenerator<unknown, undefined>,
  { host, version, log }: CommandOptions,
): Promise<boolean> {
  const hello = v.safeParse(commandHello, (await messages.next()).value)
  if (!hello.success) return false
  const nonces = { host: createNonce(), command: hello.output.nonce }
  const proof = proofOf('host', host.key, nonces)
  sendMessage(socket, { protocol: hostProtocol, version, nonce: nonces.host, proof })
  // A command of another version ends the connection after this and reports both.
  const answer = v.safeParse(commandProof, (await messages.next()).value)
  if (!answer.success) return false
  const isProved = isSameProof(answer.output.proof, proofOf('command', host.key, nonces))
  if (!isProved) log.warn('a connection without the key was refused')
  return isProved && hello.output.protocol === hostProtocol
}

async function serveCalls(
  socket: Socket,
  messages: AsyncGenerator<unknown, undefined>,
  { followers, workingChecks, queueRestored, hasHostLeft, log, ...options }: CommandOptions,
): Promise<void> {
  let isBehind = false
  function sendPatch(event: 'patch' | 'uploads', value: Patch): void {
    isBehind ||= socket.writableLength > limits.unsentBytes
    if (!isBehind) sendMessage(socket, { event, value })
  }
  const follower: Follower = (patch) => sendPatch('patch', patch)
  const tell: TellCommand = (event, value) => {
    if (event === 'uploads') sendPatch(event, value as OwnEvents['uploads'])
    // At most one for each upload or question.
    else sendMessage(socket, { event, value })
  }
  const own = options.serveCommand(tell)
  const handlers = { ...options.handlers, ...own.calls }
  socket.on('drain', () => {
    if (!isBehind) return
    isBehind = false
    if (followers.has(follower)) sendMessage(socket, { event: 'resync' })
    else own.tellAll()
  })
  const running = new Set<Promise<void>>()
  const isWorking = () => running.size > 0 || own.hasUploads()
  workingChecks.add(isWorking)
  socket.on('close', () => {
    followers.delete(follower)
    workingChecks.delete(isWorking)
    own.close()
  })
  for await (const message of messages) {
    const request = v.safeParse(commandRequest, message)
    if (!request.success) return log.warn('a request that is no call was refused')
    // It is answered by the end of the connection.
    if (hasHostLeft()) continue
    if ('follow' in request.output) {
      followers.add(follower)
      continue
    }
    const { id, call, args } = request.output
    const answered = queueRestored()
      .then(() => answerCall(call, args, { calls: commandCalls, handlers, log }))
      .then((answer) => {
        // What is about to stop answers that it was stopped.
        if (hasHostLeft()) return
        return new Promise<void>((resolve) => sendMessage(socket, { id, answer }, resolve))
      })
      // The queue couldn't be restored.
      .catch(() => void socket.destroy())
      .finally(() => running.delete(answered))
    running.add(answered)
    if (running.size >= limits.calls) await Promise.race(running)
  }
}
