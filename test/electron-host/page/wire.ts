/** Encodes values as text and decodes them. */
export interface Wire {
  encode(value: unknown): string
  decode(text: string): unknown
}

/**
 * Encodes the values that structured cloning supports. It runs in main and, injected as source, in the
 * preload's world, so it must not use anything outside the function.
 * @throws DataCloneError for functions, symbols and so on, as Electron does
 */
export function makeWire(): Wire {
  const typedNames = (
    'Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array ' +
    'Float32Array Float64Array BigInt64Array BigUint64Array'
  ).split(' ')
  const kindOf = (value: unknown) => Object.prototype.toString.call(value).slice(8, -1)

  function toBase64(bytes: Uint8Array): string {
    let binary = ''
    // Arguments are passed on the stack; 8 KiB at a time is far below any engine's limit.
    for (let at = 0; at < bytes.length; at += 8192)
      binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
    return btoa(binary)
  }
  const fromBase64 = (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))

  function packNumber(value: number): unknown {
    if (Object.is(value, -0)) return ['number', '-0']
    return Number.isFinite(value) ? value : ['number', String(value)]
  }

  function packObject(value: object, kind: string): unknown {
    if (Array.isArray(value)) return ['array', value.map(pack)]
    if (value instanceof Date) return ['date', value.getTime()]
    if (value instanceof RegExp) return ['regexp', value.source, value.flags]
    if (value instanceof Map) return ['map', [...value].map(([key, inner]) => [pack(key), pack(inner)])]
    if (value instanceof Set) return ['set', [...value].map(pack)]
    if (value instanceof Error) return ['error', value.name, value.message, value.stack ?? '']
    if (value instanceof ArrayBuffer) return ['buffer', toBase64(new Uint8Array(value))]
    if (ArrayBuffer.isView(value) && typedNames.includes(kind)) {
      return ['typed', kind, toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))]
    }
    if (kind === 'Object') return ['object', Object.entries(value).map(([key, inner]) => [key, pack(inner)])]
    throw new Error(`electron-host: ${kind} over IPC is not emulated`)
  }

  function pack(value: unknown): unknown {
    if (typeof value === 'number') return packNumber(value)
    if (typeof value === 'bigint') return ['bigint', String(value)]
    if (value === undefined) return ['undefined']
    if (typeof value === 'object' && value !== null) return packObject(value, kindOf(value))
    return value
  }

  const constructorOf = (name: string) =>
    (globalThis as unknown as Record<string, new (...values: unknown[]) => object>)[name] ??
    (Error as new (...values: unknown[]) => object)

  function unpackTagged(tag: string, first: unknown, second: unknown, third: unknown): unknown {
    const pairs = () =>
      (first as [unknown, unknown][]).map(([key, inner]) => [unpack(key), unpack(inner)] as const)
    if (tag === 'number') return first === '-0' ? -0 : Number(first)
    if (tag === 'bigint') return BigInt(String(first))
    if (tag === 'array') return (first as unknown[]).map(unpack)
    if (tag === 'date') return new Date(Number(first))
    if (tag === 'regexp') return new RegExp(String(first), String(second))
    if (tag === 'map') return new Map(pairs())
    if (tag === 'set') return new Set((first as unknown[]).map(unpack))
    if (tag === 'error') {
      return Object.assign(new (constructorOf(String(first)))(second), { stack: third })
    }
    if (tag === 'buffer') return fromBase64(String(first)).buffer
    if (tag === 'typed') return new (constructorOf(String(first)))(fromBase64(String(second)).buffer)
    if (tag === 'object') return Object.fromEntries(pairs())
    return undefined
  }

  function unpack(value: unknown): unknown {
    if (!Array.isArray(value)) return value
    const [tag, first, second, third] = value as unknown[]
    return unpackTagged(String(tag), first, second, third)
  }

  // Our app sends texts, up to several megabytes long: they are not escaped. No JSON text starts like this.
  const textMark = 't:'
  const listMark = 'l:'

  return {
    encode(value) {
      if (typeof value === 'string') return textMark + value
      if (Array.isArray(value) && value.length === 1 && typeof value[0] === 'string')
        return listMark + value[0]
      return JSON.stringify(pack(structuredClone(value)))
    },
    decode(text) {
      if (text.startsWith(textMark)) return text.slice(textMark.length)
      if (text.startsWith(listMark)) return [text.slice(listMark.length)]
      return unpack(JSON.parse(text))
    },
  }
}
