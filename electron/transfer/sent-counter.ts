/**
 * The bytes that a PUT has sent, in memory that its worker thread shares with the main thread: a message with
 * them may be late by 100 ms, and by more while the threads are busy.
 */
export type SentCounter = SharedArrayBuffer

export const createSentCounter = (): SentCounter => new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)

/** Bytes sent by the present attempt. */
export const sentBytesOf = (counter: SentCounter): number =>
  Number(Atomics.load(new BigInt64Array(counter), 0))

/** Called by the worker thread only. */
export function setSentBytes(counter: SentCounter, bytes: number): void {
  Atomics.store(new BigInt64Array(counter), 0, BigInt(bytes))
}
