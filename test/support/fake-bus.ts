import { interface as service, Message, sessionBus, Variant, type Interface } from '@jellybrick/dbus-next'
import { once } from 'node:events'

// Services of a desktop and a system, played on a real bus: the one of the session that the test runs in.

/** Signatures of a service's properties, in D-Bus' letters, with their values. */
export type Properties = Readonly<Record<string, readonly [signature: string, value: unknown]>>

/** What a test owns on the bus, until it is ended. */
export interface FakeService {
  /** Changes properties and says so, as services do. */
  change(path: string, values: Readonly<Record<string, unknown>>): void
  end(): void
}

function withProperties(name: string, properties: Properties): Interface {
  class Fake extends service.Interface {}
  for (const [property, [, value]] of Object.entries(properties)) Reflect.set(Fake.prototype, property, value)
  Fake.configureMembers({
    properties: Object.fromEntries(
      Object.entries(properties).map(([property, [signature]]) => [property, { signature, access: 'read' }]),
    ),
  })
  const made = new Fake(name)
  // The library's constructor hides what it has just been configured with.
  Reflect.set(made, '$properties', Reflect.get(Fake.prototype, '$properties'))
  return made
}

/** A value that brings its signature along. */
export const variant = (signature: string, value: unknown) => new Variant(signature, value)

/** A method that always answers in the same way, played at a path of a name of its own. */
export async function fakeMethod(
  method: {
    readonly name: string
    /** The name's own unless told. */
    readonly interface?: string
    readonly path: string
    readonly member: string
    readonly inSignature?: string
  },
  outSignature: string,
  answer: () => unknown,
): Promise<{ signal(member: string, signature: string, body: readonly unknown[]): void; end(): void }> {
  const { name, path, member, inSignature = '' } = method
  class Fake extends service.Interface {}
  Reflect.set(Fake.prototype, member, answer)
  Fake.configureMembers({ methods: { [member]: { inSignature, outSignature } } })
  const made = new Fake(method.interface ?? name)
  Reflect.set(made, '$methods', Reflect.get(Fake.prototype, '$methods'))
  const bus = sessionBus()
  await once(bus, 'connect')
  bus.export(path, made)
  await bus.requestName(name, 0)
  return {
    signal(signal, signature, body) {
      bus.send(Message.newSignal(path, method.interface ?? name, signal, signature, [...body]))
    },
    end: () => bus.disconnect(),
  }
}

/** The service of a panel that shows tray icons. */
const trayWatcher = 'org.kde.StatusNotifierWatcher'

/** A panel that shows tray icons, until it is ended; without a host it only takes them. */
export const openPanel = (hasHost = true) =>
  fakeService(trayWatcher, {
    '/StatusNotifierWatcher': { [trayWatcher]: { IsStatusNotifierHostRegistered: ['b', hasHost] } },
  })

/** Owns a name and shows objects with properties: path → interface → properties. */
export async function fakeService(
  name: string,
  objects: Readonly<Record<string, Readonly<Record<string, Properties>>>>,
): Promise<FakeService> {
  const bus = sessionBus()
  await once(bus, 'connect')
  const shown = new Map<string, Interface[]>()
  for (const [path, interfaces] of Object.entries(objects)) {
    for (const [interfaceName, properties] of Object.entries(interfaces)) {
      const made = withProperties(interfaceName, properties)
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
    end: () => bus.disconnect(),
  }
}
