// One end of contextBridge. Its source is injected into both worlds of a page, so it must not use anything
// outside the function.

interface ErrorFacts {
  readonly name: string
  readonly message: string
}

type Packed =
  | { t: 'value'; v: unknown }
  | { t: 'array'; v: Packed[] }
  | { t: 'object'; v: [string, Packed][] }
  | { t: 'error'; e: ErrorFacts }
  | { t: 'promise'; id: number }
  | { t: 'function'; id: number }

type Message =
  | { k: 'call'; id: number; seq: number; args: Packed[] }
  | { k: 'answer'; seq: number; v?: Packed; e?: ErrorFacts }
  | { k: 'settle'; id: number; v?: Packed; e?: ErrorFacts }
  | { k: 'expose'; seq: number; key: string; v: Packed }
  | { k: 'open'; url: string; name: string }

export interface Bridge {
  post(message: Message): void
  expose(key: string, api: unknown): void
}

interface Hooks {
  readonly expose?: (key: string, value: unknown) => void
  readonly opened?: (message: Message) => void
}

type AnyFunction = (...values: unknown[]) => unknown

/**
 * The worlds share only the DOM: each message is an event whose detail the browser clones across. Dispatching
 * runs the other world's listener before it returns, so calls are synchronous as in Electron. The event names
 * are secret.
 */
export function makeBridge(outName: string, inName: string, hooks: Hooks): Bridge {
  // Saved now, because the page may later replace members of the prototypes.
  const { dispatchEvent, addEventListener } = EventTarget.prototype
  const MessageEvent = CustomEvent
  const detailOf = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'detail')
    ?.get as () => Message | null
  const target = window
  const functions = new Map<number, AnyFunction>()
  const ids = new WeakMap<AnyFunction, number>()
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  const answers = new Map<number, Message & { k: 'answer' }>()
  let last = 0
  const notCloned = 'An object could not be cloned.'
  const post = (message: Message) =>
    void dispatchEvent.call(target, new MessageEvent(outName, { detail: message }))
  // As in Electron's bridge, only the message of an error is transferred.
  const revive = (facts: ErrorFacts) => new Error(facts.message)
  const factsOf = (error: unknown): ErrorFacts =>
    error instanceof Error
      ? { name: error.name, message: error.message }
      : { name: 'Error', message: String(error) }

  function packFunction(value: AnyFunction): Packed {
    const id = ids.get(value) ?? ++last
    ids.set(value, id)
    functions.set(id, value)
    return { t: 'function', id }
  }
  function packPromise(value: Promise<unknown>): Packed {
    const id = ++last
    value.then(
      (settled) => post({ k: 'settle', id, v: pack(settled) }),
      (error: unknown) => post({ k: 'settle', id, e: factsOf(error) }),
    )
    return { t: 'promise', id }
  }
  function pack(value: unknown, depth = 0): Packed {
    if (depth > 1000) {
      throw new TypeError(
        'Electron contextBridge recursion depth exceeded.  Nested objects deeper than 1000 are not supported.',
      )
    }
    if (typeof value === 'function') return packFunction(value as AnyFunction)
    if (typeof value === 'symbol') throw new TypeError(notCloned)
    if (value === null || typeof value !== 'object') return { t: 'value', v: value }
    if (Array.isArray(value)) return { t: 'array', v: value.map((inner) => pack(inner, depth + 1)) }
    if (value instanceof Promise) return packPromise(value)
    if (value instanceof Error) return { t: 'error', e: factsOf(value) }
    if (value instanceof Node) throw new Error('electron-host: elements over contextBridge are not emulated')
    if (Object.prototype.toString.call(value) !== '[object Object]')
      return { t: 'value', v: structuredClone(value) }
    return { t: 'object', v: Object.entries(value).map(([key, inner]) => [key, pack(inner, depth + 1)]) }
  }

  function unpack(packed: Packed, freeze = false): unknown {
    const kept = <T>(value: T) => (freeze ? Object.freeze(value) : value)
    if (packed.t === 'value') return packed.v
    if (packed.t === 'array') return kept(packed.v.map((inner) => unpack(inner, freeze)))
    if (packed.t === 'object')
      return kept(Object.fromEntries(packed.v.map(([key, inner]) => [key, unpack(inner, freeze)])))
    if (packed.t === 'error') return revive(packed.e)
    if (packed.t === 'function') return (...values: unknown[]) => call(packed.id, values)
    return new Promise((resolve, reject) => waiting.set(packed.id, { resolve, reject }))
  }

  function call(id: number, values: unknown[]): unknown {
    const seq = ++last
    post({ k: 'call', id, seq, args: values.map((value) => pack(value)) })
    const answer = answers.get(seq)
    answers.delete(seq)
    if (!answer) throw new Error(notCloned)
    if (answer.e) throw revive(answer.e)
    return answer.v && unpack(answer.v)
  }

  function called({ id, seq, args }: Message & { k: 'call' }): Message {
    try {
      return { k: 'answer', seq, v: pack(functions.get(id)?.(...args.map((value) => unpack(value)))) }
    } catch (error) {
      return { k: 'answer', seq, e: factsOf(error) }
    }
  }
  function settled({ id, v, e }: Message & { k: 'settle' }): void {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (e) asked?.reject(revive(e))
    else asked?.resolve(v && unpack(v))
  }
  function exposed({ key, v, seq }: Message & { k: 'expose' }): Message {
    const taken = Object.prototype.hasOwnProperty.call(window, key)
    if (!taken) hooks.expose?.(key, unpack(v, true))
    return { k: 'answer', seq, v: { t: 'value', v: taken } }
  }

  addEventListener.call(target, inName, (event) => {
    event.stopImmediatePropagation()
    const message = detailOf.call(event as never)
    if (message?.k === 'call') post(called(message))
    else if (message?.k === 'answer') answers.set(message.seq, message)
    else if (message?.k === 'settle') settled(message)
    else if (message?.k === 'expose') post(exposed(message))
    else if (message?.k === 'open') hooks.opened?.(message)
  })
  return {
    post,
    expose(key, api) {
      const seq = ++last
      post({ k: 'expose', seq, key, v: pack(api) })
      const answer = answers.get(seq)
      answers.delete(seq)
      if (!answer?.v || answer.v.t !== 'value') throw new Error(notCloned)
      if (answer.v.v)
        throw new Error('Cannot bind an API on top of an existing property on the window object')
    },
  }
}
