import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import * as v from 'valibot'
import type { Result } from '../contract/failures.ts'
import {
  commandCallNames,
  hostEventNames,
  hostProtocol,
  type CommandHandlers,
  type HostEvents,
} from '../contract/command-calls.ts'
import { createNonce, hostHello, isSameProof, proofOf } from './handshake.ts'
import { readHost, type HostFile } from './host-file.ts'
import { messagesOf, sendMessage } from './messages-of.ts'

export type HostListener = { readonly [Name in keyof HostEvents]?: (value: HostEvents[Name]) => void }

/** What a command needs of the engine, in the process that hosts it or in another one. */
export interface Host {
  /** This process hosts it. */
  readonly isOwn: boolean
  /** The process that hosts it. */
  readonly about: Pick<HostFile, 'kind' | 'pid'>
  /** They are not answered any more once the host has ended. */
  readonly calls: CommandHandlers
  /** Passes on the events of this command's own uploads, and of the sign-ins, from now on. */
  listen(listener: HostListener): void
  /** Resolves when the host has ended. */
  readonly ended: Promise<HostEnd>
}

/** `app-starts`: the app takes its place. */
export type HostEnd = 'ended' | 'app-starts'

/** A connection to the process that hosts the uploads of a data folder. */
export interface HostConnection extends Host {
  /** Passes on the patches of all uploads too. */
  follow(listener: HostListener): void
  close(): void
}

export type HostSearch =
  | { readonly found: 'host'; readonly connection: HostConnection }
  | { readonly found: 'nothing' }
  /** It has another protocol. */
  | { readonly found: 'other-version'; readonly version: string }
  /** It doesn't answer, or doesn't know the key. */
  | { readonly found: 'silent'; readonly pid: number }

/** A host answers within milliseconds, unless it is stopped or its disk hangs. */
const helloTimeoutMs = 5_000

/** A snapshot of ten thousand rows has about 15 MB. */
const maxLineLength = 256 * 1024 * 1024

/** What the host says is not checked further: it has proved that it is this user's. */
const hostMessage = v.union([
  v.object({ id: v.number(), answer: v.custom<Result<never>>((answer) => answer instanceof Object) }),
  v.object({
    event: v.picklist(hostEventNames),
    value: v.optional(v.custom<never>(() => true)),
  }),
])

/** The host ends connections while many others are being greeted. */
const retryMs = 50

/**
 * Connects to the process that hosts the uploads of the data folder `home`, if there is one.
 * @param timeoutMs how long it may take to answer
 * @param signal ends the search, as if that time had passed
 */
export async function connectToHost(
  home: string,
  { timeoutMs = helloTimeoutMs, signal }: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<HostSearch> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const ending = signal ? AbortSignal.any([signal, timeout]) : timeout
  for (;;) {
    const host = readHost(home)
    if (host === null) return { found: 'nothing' }
    const search = await tryToConnect(host, ending)
    if (search !== null) return search
    if (ending.aborted) return { found: 'silent', pid: host.pid }
    await delay(retryMs)
  }
}

/** Null if the host can't take the connection now, has ended it or hasn't answered in time. */
async function tryToConnect(host: HostFile, ending: AbortSignal): Promise<HostSearch | null> {
  const socket = connect(host.address)
  const code = await new Promise<string | undefined>((resolve) => {
    socket.on('connect', () => resolve('connected'))
    socket.on('error', ({ code: reason }: NodeJS.ErrnoException) => resolve(reason))
  })
  // The process was killed, and its file is old. Other errors are temporary, such as EAGAIN if many connect.
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return { found: 'nothing' }
  if (code !== 'connected') return null
  const messages = messagesOf(socket, maxLineLength)
  const giveUp = () => void socket.destroy()
  ending.addEventListener('abort', giveUp)
  if (ending.aborted) giveUp()
  const greeting = await greet(socket, messages, host)
  ending.removeEventListener('abort', giveUp)
  if (greeting === 'same') return { found: 'host', connection: createConnection(socket, messages, host) }
  socket.destroy()
  if (greeting === null) return null
  return greeting === 'stranger' ? { found: 'silent', pid: host.pid } : greeting
}

/** What the other side proves to be; null if it says nothing. */
async function greet(
  socket: Socket,
  messages: AsyncGenerator<unknown, undefined>,
  { key }: HostFile,
): Promise<'same' | 'stranger' | (HostSearch & { readonly found: 'other-version' }) | null> {
  const nonce = createNonce()
  sendMessage(socket, { protocol: hostProtocol, nonce })
  const { value } = await messages.next()
  if (value === undefined) return null
  const hello = v.safeParse(hostHello, value)
  if (!hello.success) return 'stranger'
  const nonces = { command: nonce, host: hello.output.nonce }
  if (!isSameProof(hello.output.proof, proofOf('host', key, nonces))) return 'stranger'
  if (hello.output.protocol !== hostProtocol) return { found: 'other-version', version: hello.output.version }
  sendMessage(socket, { proof: proofOf('command', key, nonces) })
  return 'same'
}

/** All calls of a command, made by `call`. */
export const callsBy = (call: (name: string) => (args: unknown) => Promise<unknown>) =>
  Object.fromEntries(commandCallNames.map((name) => [name, call(name)])) as unknown as CommandHandlers

function createConnection(
  socket: Socket,
  messages: AsyncGenerator<unknown, undefined>,
  { kind, pid }: HostFile,
): HostConnection {
  const waiting = new Map<number, (answer: Result<never>) => void>()
  let listener: HostListener | null = null
  let lastId = 0

  async function receive(): Promise<HostEnd> {
    let end: HostEnd = 'ended'
    for await (const message of messages) {
      const { success, output } = v.safeParse(hostMessage, message)
      if (!success) break
      if ('id' in output) {
        waiting.get(output.id)?.(output.answer)
        waiting.delete(output.id)
      } else if (output.event === 'appStarts') end = 'app-starts'
      else listener?.[output.event]?.(output.value as never)
    }
    socket.destroy()
    return end
  }

  const ended = receive()
  const call = (name: string) => (args: unknown) =>
    new Promise<Result<never>>((resolve) => {
      lastId += 1
      waiting.set(lastId, resolve)
      sendMessage(socket, { id: lastId, call: name, args })
    })
  return {
    isOwn: false,
    about: { kind, pid },
    calls: callsBy(call),
    listen: (given) => void (listener = given),
    follow(given) {
      listener = given
      sendMessage(socket, { follow: true })
    },
    ended,
    close: () => void socket.destroy(),
  }
}
