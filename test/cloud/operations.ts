/** What the cloud was asked, in the order in which the requests arrived. */

export type Operation = {
  readonly kind: 'api' | 'storage'
  /** The API's operationId, or a storage word such as `put-object`; `unknown` when no route fits. */
  readonly name: string
  readonly method: string
  /** Path without its query, because a storage query carries a signature. */
  readonly path: string
  /** Storage and presigning of parts only. */
  readonly partNumber?: number
  /** Names in lower case; `authorization` is reduced to its kind, for instance `Bearer jwt`. */
  readonly headers: Readonly<Record<string, string>>
  /** Arrival by the cloud's clock, in milliseconds. */
  readonly at: number
  /** Bytes of the request's body read so far. */
  bytes: number
  /** 0 until answered, and for ever when the connection was cut before an answer. */
  status: number
  /** True once answered or cut. */
  ended: boolean
}

export type OperationLog = {
  readonly list: readonly Operation[]
  begin(operation: Operation): void
  end(operation: Operation, status: number): void
  /**
   * Resolves with the first `count` operations of that name once they have ended.
   * Earlier ones count, so a test may ask after the fact.
   */
  ended(name: string, count?: number): Promise<readonly Operation[]>
  forget(): void
}

type Waiter = { readonly name: string; readonly count: number; resolve(found: readonly Operation[]): void }

/** An empty log. */
export function createOperationLog(): OperationLog {
  const list: Operation[] = []
  let waiters: Waiter[] = []

  const endedOf = (name: string) => list.filter((operation) => operation.name === name && operation.ended)

  return {
    list,
    begin(operation) {
      list.push(operation)
    },
    end(operation, status) {
      operation.status = status
      operation.ended = true
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

/** Tells what kind of credential an Authorization header carries without keeping the credential. */
export function authorizationKind(header: string): string {
  const [scheme = '', rest = ''] = header.split(' ')
  if (scheme.toLowerCase() !== 'bearer') return scheme
  const prefix = /^(dk|sk|ak)-/.exec(rest)?.[1]
  return `Bearer ${prefix ?? (rest.split('.').length === 3 ? 'jwt' : 'unknown')}`
}
