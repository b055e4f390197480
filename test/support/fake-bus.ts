import {
  DBusError,
  interface as service,
  Message,
  sessionBus,
  Variant,
  type Interface,
  type MessageBus,
} from '@jellybrick/dbus-next'
import { once } from 'node:events'

// Fake desktop and system services on the real session bus of the test.

/** Properties of a service: D-Bus signature and value. */
export type Properties = Readonly<Record<string, readonly [signature: string, value: unknown]>>

/** A service that a test owns on the bus. */
export interface FakeService {
  /** Changes properties and emits the change signal. */
  change(path: string, values: Readonly<Record<string, unknown>>): void
  end(): void
}

interface FakeMethod {
  readonly inSignature?: string
  readonly outSignature?: string
  readonly answer: (...values: never[]) => unknown
}

function fakeInterface(
  name: string,
  properties: Properties,
  methods: Readonly<Record<string, FakeMethod>> = {},
): Interface {
  class Fake extends service.Interface {}
  for (const [property, [, value]] of Object.entries(properties)) Reflect.set(Fake.prototype, property, value)
  for (const [method, { answer }] of Object.entries(methods)) Reflect.set(Fake.prototype, method, answer)
  Fake.configureMembers({
    properties: Object.fromEntries(
      Object.entries(properties).map(([property, [signature]]) => [property, { signature, access: 'read' }]),
    ),
    methods: Object.fromEntries(
      Object.entries(methods).map(([method, { inSignature = '', outSignature = '' }]) => [
        method,
        { inSignature, outSignature },
      ]),
    ),
  })
  const made = new Fake(name)
  // The library's constructor overwrites the configured members.
  for (const members of ['$properties', '$methods'])
    Reflect.set(made, members, Reflect.get(Fake.prototype, members))
  return made
}

/** A value with its signature. */
export const variant = (signature: string, value: unknown) => new Variant(signature, value)

/** A method with a fixed response, at a path of its own bus name. */
export async function fakeMethod(
  method: {
    readonly name: string
    /** Defaults to the bus name. */
    readonly interface?: string
    readonly path: string
    readonly member: string
    readonly inSignature?: string
  },
  outSignature: string,
  answer: () => unknown,
): Promise<{ signal(member: string, signature: string, body: readonly unknown[]): void; end(): void }> {
  const { name, path, member, inSignature } = method
  const methods = { [member]: { ...(inSignature !== undefined && { inSignature }), outSignature, answer } }
  const bus = await ownName(name, path, fakeInterface(method.interface ?? name, {}, methods))
  return {
    signal(signal, signature, body) {
      bus.send(Message.newSignal(path, method.interface ?? name, signal, signature, [...body]))
    },
    end: () => leave(bus),
  }
}

/** The panel's service for tray icons. */
const trayWatcher = 'org.kde.StatusNotifierWatcher'

/**
 * A fake panel for tray icons; without a host it accepts icons but does not display them. One that refuses icons does
 * so as GNOME's did (electron/electron#53213).
 */
export async function openPanel({ hasHost = true, acceptsIcons = true } = {}): Promise<{ end(): void }> {
  const items: string[] = []
  const register = (name: string) => {
    if (!acceptsIcons) throw new DBusError('org.freedesktop.DBus.Error.NameHasNoOwner', name)
    items.push(`${name}/StatusNotifierItem`)
  }
  const panel = fakeInterface(
    trayWatcher,
    { IsStatusNotifierHostRegistered: ['b', hasHost], RegisteredStatusNotifierItems: ['as', items] },
    { RegisterStatusNotifierItem: { inSignature: 's', answer: register } },
  )
  const bus = await ownName(trayWatcher, '/StatusNotifierWatcher', panel)
  return { end: () => leave(bus) }
}

/** Leaves the bus. The library would throw when a call that is already under way arrives after that. */
function leave(bus: MessageBus): void {
  bus.addMethodHandler(() => true)
  bus.disconnect()
}

async function ownName(name: string, path: string, object: Interface): Promise<MessageBus> {
  const bus = sessionBus()
  await once(bus, 'connect')
  bus.export(path, object)
  await bus.requestName(name, 0)
  return bus
}

/** Owns a name and exports objects with properties: path → interface → properties. */
export async function fakeService(
  name: string,
  objects: Readonly<Record<string, Readonly<Record<string, Properties>>>>,
): Promise<FakeService> {
  const bus = sessionBus()
  await once(bus, 'connect')
  const shown = new Map<string, Interface[]>()
  for (const [path, interfaces] of Object.entries(objects)) {
    for (const [interfaceName, properties] of Object.entries(interfaces)) {
      const made = fakeInterface(interfaceName, properties)
      bus.export(path, made)
      shown.set(path, [...(shown.get(path) ?? []), made])
    }
  }
  await bus.requestName(name, 0)
  return {
    change(path, values) {
      for (const made of shown.get(path) ?? []) {
        for (const [property, value] of Object.entries(values)) Reflect.set(made, property, value)
        service.Interface.emitPropertiesChanged(made, values, [])
      }
    },
    end: () => leave(bus),
  }
}
