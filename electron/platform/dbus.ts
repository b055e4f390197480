import type { Message, MessageBus } from '@jellybrick/dbus-next'
import type { EventEmitter } from 'node:events'

/** A method call on a bus. `signature` is the D-Bus signature of `body`. */
interface DbusCall {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly signature?: string
  readonly body?: readonly unknown[]
}

interface DbusSignal {
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly body: readonly unknown[]
}

/** The session or system bus of Linux. */
export interface Dbus {
  /** The values of the reply; null on an error, or after two seconds. */
  call(call: DbusCall): Promise<readonly unknown[] | null>
  /** One property; undefined when it is not available, null without a reply within two seconds. */
  property(of: Omit<DbusCall, 'member' | 'signature' | 'body'>, name: string): Promise<unknown>
  /** Calls the listener for every signal that matches the rule (dbus-specification, "Match Rules"). */
  listen(rule: string, listener: (signal: DbusSignal) => void): Promise<void>
  close(): void
}

/** A working bus replies within milliseconds. */
const replyTimeoutMs = 2_000
const busName = 'org.freedesktop.DBus'
export const dbusDaemon = { destination: busName, path: '/org/freedesktop/DBus', interface: busName } as const

/**
 * Opens a bus; null where there is none. The library is loaded on demand, since other systems do not need it.
 */
export async function openDbus(kind: 'session' | 'system'): Promise<Dbus | null> {
  const library = await import('@jellybrick/dbus-next')
  const bus = kind === 'session' ? library.sessionBus() : library.systemBus()
  if (!(await isConnected(bus))) {
    disconnect(bus)
    return null
  }
  // When the bus ends, the session ends too, so that errors need no handling.
  onError(bus, () => undefined)
  return overBus(bus, (call) => new library.Message({ ...call, body: [...(call.body ?? [])] }))
}

/** Missing in the library's types. Without a listener the error would be thrown. */
function onError(bus: MessageBus, listener: () => void): void {
  const emitter = bus as unknown as EventEmitter
  emitter.on('error', listener)
}

function isConnected(bus: MessageBus): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), replyTimeoutMs)
  bus.once('connect', () => resolve(true))
  onError(bus, () => resolve(false))
  return promise.finally(() => clearTimeout(timer))
}

function disconnect(bus: MessageBus): void {
  try {
    bus.disconnect()
  } catch {
    return // it was never connected
  }
}

function overBus(bus: MessageBus, message: (call: DbusCall) => Message): Dbus {
  /** The values of the reply; null on an error, undefined without a reply in time. */
  async function request(call: DbusCall): Promise<readonly unknown[] | null | undefined> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const timer = setTimeout(() => resolve(undefined), replyTimeoutMs)
    const reply = bus.call(message(call)).then(
      (answer) => answer?.body ?? null,
      () => null,
    )
    return Promise.race([reply, promise]).finally(() => clearTimeout(timer))
  }

  return {
    call: async (call) => (await request(call)) ?? null,
    async property(of, name) {
      const answer = await request({
        ...of,
        interface: 'org.freedesktop.DBus.Properties',
        member: 'Get',
        signature: 'ss',
        body: [of.interface, name],
      })
      if (answer === undefined) return null
      const [variant] = answer ?? []
      return typeof variant === 'object' && variant !== null && 'value' in variant ? variant.value : undefined
    },
    async listen(rule, listener) {
      bus.on('message', (signal: Message) => {
        if (isSignal(signal)) listener(signal)
      })
      await request({ ...dbusDaemon, member: 'AddMatch', signature: 's', body: [rule] })
    },
    close: () => disconnect(bus),
  }
}

/** Message type 4 in the D-Bus specification. */
const isSignal = ({ type }: Message) => Number(type) === 4
