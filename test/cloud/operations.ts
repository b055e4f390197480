/** Log of the requests to the cloud, in order of arrival. */

export type Operation = {
  readonly kind: 'api' | 'storage'
  /** The API's operationId or a storage operation such as `put-object`; `unknown` if no route matches. */
  readonly name: string
  readonly method: string
  /** Path without the query, because a storage query contains a signature. */
  readonly path: string
  /** For storage and the presigning of parts. */
  readonly partNumber?: number
  /** Names in lower case; `authorization` is reduced to its kind, such as `Bearer jwt`. */
  readonly headers: Readonly<Record<string, string>>
  /** Arrival in milliseconds on the cloud's clock. */
  readonly at: number
  /** Bytes of the request's body read so far. */
  bytes: number
  /** 0 until the response, and permanently if the connection was cut before it. */
  status: number
  /** True once the response was sent or the connection was cut. */
  ended: boolean
  /** When it ended, in milliseconds on the cloud's clock; 0 until then. */
  endedAt: number
}

export type OperationLog = {
  readonly list: readonly Operation[]
  begin(operation: Operation): void
  end(operation: Operation, status: number, atMs: number): void
  /**
   * Resolves with the first `count` operations of this name once they have ended. Earlier operations count,
   * so a test may call this afterwards.
   */
  ended(name: string, count?: number): Promise<readonly Operation[]>
  forget(): void
}

type Waiter = { readonly name: string; readonly count: number; resolve(found: readonly Operation[]): void }

export function createOperationLog(): OperationLog {
  const list: Operation[] = []
  let waiters: Waiter[] = []

  const endedOf = (name: string) => list.filter((operation) => operation.name === name && operation.ended)

  return {
    list,
    begin(operation) {
      list.push(operation)
    },
    end(operation, status, atMs) {
      operation.status = status
      operation.ended = true
      operation.endedAt = atMs
      waiters = waiters.filter((waiter) => {
        const found = endedOf(waiter.name)
        if (found.length < waiter.count) return true
        waiter.resolve(found.slice(0, waiter.count))
        return false
      })
    },
    ended(name, count = 1) {
      const found = endedOf(name)
      if (found.length >= count) return Promise.resolve(found.slice(0, count))
      return new Promise((resolve) => waiters.push({ name, count, resolve }))
    },
    forget() {
      list.length = 0
    },
  }
}

/** Returns the kind of credential in an Authorization header without the credential itself. */
export function authorizationKind(header: string): string {
  const [scheme = '', rest = ''] = header.split(' ')
  if (scheme.toLowerCase() !== 'bearer') return scheme
  const prefix = /^(dk|sk|ak)-/.exec(rest)?.[1]
  return `Bearer ${prefix ?? (rest.split('.').length === 3 ? 'jwt' : 'unknown')}`
}
