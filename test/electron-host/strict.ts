import { EventEmitter } from 'node:events'
import { host } from './state.ts'

/** Members that JavaScript, Node's inspector or a test's matcher reads on any object. */
const asked = new Set(
  (
    'then catch toJSON inspect nodeType asymmetricMatch constructor prototype length name domain ' +
    '__esModule default $$typeof captureRejections'
  ).split(' '),
)

function isOwnBusiness(member: string | symbol): boolean {
  return typeof member === 'symbol' || member.startsWith('_') || asked.has(member)
}

/**
 * An object that throws on access to a missing member, so that a gap in the host is not mistaken for an
 * `undefined`. Members with a leading `_` are internal to the host.
 */
export function strict<T extends object>(name: string, target: T): T {
  return new Proxy(target, {
    get(object, member, receiver): unknown {
      if (!(member in object) && !isOwnBusiness(member)) return missing(`${name}.${String(member)}`)
      return Reflect.get(object, member, receiver)
    },
  })
}

/** Replaces an Electron module that the host does not implement: importing it is allowed, using it throws. */
export function absent(name: string): object {
  return new Proxy(class {}, {
    get(object, member): unknown {
      if (isOwnBusiness(member)) return Reflect.get(object, member)
      return missing(`${name}.${String(member)}`)
    },
    construct() {
      throw notEmulated(`new ${name}()`)
    },
  })
}

/** The preview says it too, since the app reports an exception as its own fault. */
export function notEmulated(what: string): Error {
  host.showUnavailable?.(what)
  return new Error(`electron-host: ${what} is not emulated`)
}

/**
 * A member that the host lacks. In the preview it is a function that says so and does nothing.
 * @throws in tests
 */
function missing(what: string): () => void {
  const { showUnavailable } = host
  if (showUnavailable === undefined) throw notEmulated(what)
  return () => showUnavailable(what)
}

/** Rejects options that the host would otherwise ignore silently. */
export function refuseUnknown(where: string, options: object, known: ReadonlySet<string>): void {
  for (const option of Object.keys(options)) if (!known.has(option)) throw notEmulated(`${where}.${option}`)
}

/** Combines an emitter with methods and accessors into one strict object. */
export function strictEmitter<T extends object>(name: string, members: T): T & EventEmitter {
  const emitter = Object.defineProperties(new EventEmitter(), Object.getOwnPropertyDescriptors(members))
  return strict(name, emitter as T & EventEmitter)
}

/** Like `{ ...a, ...b }`, but keeps accessors. */
export function joined<A extends object, B extends object, C extends object>(a: A, b: B, c: C): A & B & C {
  const all = {}
  for (const part of [a, b, c]) Object.defineProperties(all, Object.getOwnPropertyDescriptors(part))
  return all as A & B & C
}

const emitterMembers = new Set(
  (
    'on once off addListener removeListener removeAllListeners emit listeners rawListeners listenerCount ' +
    'eventNames prependListener prependOnceListener setMaxListeners getMaxListeners isDestroyed'
  ).split(' '),
)

/**
 * The base of windows, contents and trays. Listening to an event that Electron does not have throws, because
 * such a listener would never be called. After `_destroy` all members throw, as in Electron.
 */
export class StrictEmitter extends EventEmitter {
  _destroyed = false

  constructor(name: string, events: string) {
    super()
    const known = new Set([...events.split(' '), 'newListener', 'removeListener', 'error'])
    this.on('newListener', (event: string | symbol) => {
      if (typeof event === 'string' && !known.has(event)) throw notEmulated(`${name}.on('${event}')`)
    })
    return new Proxy(this, {
      get(object, member, receiver): unknown {
        if (object._destroyed && !isOwnBusiness(member) && !emitterMembers.has(String(member))) {
          throw new TypeError('Object has been destroyed')
        }
        if (!(member in object) && !isOwnBusiness(member)) return missing(`${name}.${String(member)}`)
        return Reflect.get(object, member, receiver)
      },
    })
  }
}

export interface HostEvent {
  defaultPrevented: boolean
  preventDefault(): void
}

/** An Electron event object with additional members. */
export function event<T extends object>(extra?: T): HostEvent & T {
  return {
    defaultPrevented: false,
    preventDefault() {
      this.defaultPrevented = true
    },
    ...extra,
  } as HostEvent & T
}
