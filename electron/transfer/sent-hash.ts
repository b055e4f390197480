import { createHash } from 'node:crypto'
import type { MessagePort } from 'node:worker_threads'

/**
 * The SHA-256 of the bytes that a PUT sends, computed from the blocks in which they are sent: the file is read
 * once, and the hash is always that of the bytes that storage received.
 */
export interface SentHash {
  /** Forgets all bytes: the PUT starts again. */
  restart(): void
  /** Adds the next bytes. They must not change until `onHashed` is called. */
  add(bytes: Uint8Array, onHashed: () => void): void
  /** Whether added bytes are not hashed yet, or a restart or the hash is not answered yet. */
  isBehind(): boolean
  /** Resolves once nothing reads the added bytes any more. */
  settled(): Promise<void>
  /** 64 lower-case hex digits; null if the hash thread has ended. May be called once. */
  hex(): Promise<string | null>
  close(): void
}

/** Hashes in this thread: for small files a second thread costs more than it saves. */
export function createInlineHash(): SentHash {
  let hash = createHash('sha256')
  return {
    restart: () => void (hash = createHash('sha256')),
    add(bytes, onHashed) {
      hash.update(bytes)
      onHashed()
    },
    isBehind: () => false,
    settled: () => Promise.resolve(),
    hex: () => Promise.resolve(hash.digest('hex')),
    close: () => {},
  }
}

/** From an upload worker to the hash thread; bytes are in shared memory and not copied. */
type HashRequest = 'start' | 'digest' | Uint8Array

/** Hashes in the thread at the other end of `port` (`serveSentHash`), so that sending goes on meanwhile. */
export function createThreadHash(port: MessagePort): SentHash {
  /** Called in the order of the requests with the digest, or null. */
  const waiting: ((digest: string | null) => void)[] = []
  let isClosed = false
  const request = (message: HashRequest, onAnswer: (digest: string | null) => void) => {
    if (isClosed) return onAnswer(null)
    waiting.push(onAnswer)
    port.postMessage(message)
  }
  port.on('message', (digest: string | null) => waiting.shift()?.(digest))
  port.on('close', () => {
    isClosed = true
    for (const onAnswer of waiting.splice(0)) onAnswer(null)
  })
  const requestDigest = (message: HashRequest) =>
    new Promise<string | null>((resolve) => {
      request(message, resolve)
    })
  return {
    restart: () => void requestDigest('start'),
    add: (bytes, onHashed) => request(bytes, onHashed),
    isBehind: () => waiting.length > 0,
    settled: () =>
      new Promise<void>((resolve) => {
        const last = waiting.pop()
        if (!last) return resolve()
        waiting.push((digest) => {
          last(digest)
          resolve()
        })
      }),
    hex: () => requestDigest('digest'),
    close: () => port.close(),
  }
}

/** The hash thread's side. Calls `onClosed` when the PUT or its thread has ended. */
export function serveSentHash(port: MessagePort, onClosed: () => void): void {
  let hash = createHash('sha256')
  port.on('message', (request: HashRequest) => {
    let digest: string | null = null
    if (request === 'start') hash = createHash('sha256')
    else if (request === 'digest') digest = hash.digest('hex')
    else hash.update(request)
    port.postMessage(digest)
  })
  port.on('close', onClosed)
}
