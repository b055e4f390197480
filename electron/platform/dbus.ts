import type { Message, MessageBus } from '@jellybrick/dbus-next'
import type { EventEmitter } from 'node:events'

/** A method of something on a bus. `signature` and `body` go together, in D-Bus' own letters. */
export interface DbusCall {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly signature?: string
  readonly body?: readonly unknown[]
}

export interface DbusSignal {
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly body: readonly unknown[]
}

/** Linux' session or system bus, over which desktop and system say how things stand. */
export interface Dbus {
  /** The values of the answer; null when nobody is there, it is refused, or two seconds have passed. */
  call(call: DbusCall): Promise<readonly unknown[] | null>
  /** One property; undefined when it can't be had. */
  property(of: Omit<DbusCall, 'member' | 'signature' | 'body'>, name: string): Promise<unknown>
  /** From now on hears every signal that fits the rule (dbus-specification, "Match Rules"). */
  listen(rule: string, heard: (signal: DbusSignal) => void): Promise<void>
  close(): void
}

/** The bus answers in a millisecond or not at all. */
const limitMs = 2_000
const busName = 'org.freedesktop.DBus'
export const dbusDaemon = { destination: busName, path: '/org/freedesktop/DBus', interface: busName } as const

/** Opens a bus; null where there is none. The library is fetched only then: other systems never need it. */
export async function openDbus(kind: 'session' | 'system'): Promise<Dbus | null> {
  const library = await import('@jellybrick/dbus-next')
  const bus = kind === 'session' ? library.sessionBus() : library.systemBus()
  if (!(await isConnected(bus))) {
    disconnect(bus)
    return null
  }
  // A bus that ends ends the session with it; nothing of ours depends on hearing so.
  onError(bus, () => undefined)
  return overBus(bus, (call) => new library.Message({ ...call, body: [...(call.body ?? [])] }))
}

/** The library's types leave out an event that it has; without a listener it would be thrown. */
function onError(bus: MessageBus, heard: () => void): void {
  const emitter = bus as unknown as EventEmitter
  emitter.on('error', heard)
}

function isConnected(bus: MessageBus): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), limitMs)
  bus.once('connect', () => resolve(true))
  onError(bus, () => resolve(false))
  return promise.finally(() => clearTimeout(timer))
}

function disconnect(bus: MessageBus): void {
  try {
    bus.disconnect()
  } catch {
    return // it never was connected
  }
}

function overBus(bus: MessageBus, message: (call: DbusCall) => Message): Dbus {
  async function ask(call: DbusCall): Promise<readonly unknown[] | null> {
    const { promise, resolve } = Promise.withResolvers<null>()
    const timer = setTimeout(() => resolve(null), limitMs)
    const asked = bus.call(message(call)).then(
      (answer) => answer?.body ?? null,
      () => null,
    )
    return Promise.race([asked, promise]).finally(() => clearTimeout(timer))
  }

  return {
    call: ask,
    async property(of, name) {
      const answer = await ask({
        ...of,
        interface: 'org.freedesktop.DBus.Properties',
        member: 'Get',
        signature: 'ss',
        body: [of.interface, name],
      })
      const [variant] = answer ?? []
      return typeof variant === 'object' && variant !== null && 'value' in variant ? variant.value : undefined
    },
    async listen(rule, heard) {
      bus.on('message', (signal: Message) => {
        if (isSignal(signal)) heard(signal)
      })
      await ask({ ...dbusDaemon, member: 'AddMatch', signature: 's', body: [rule] })
    },
    close: () => disconnect(bus),
  }
}

/** Message type 4 in the D-Bus specification. */
const isSignal = ({ type }: Message) => Number(type) === 4
