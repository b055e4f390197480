import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultRule, HeldGate } from './faults.ts'
import type { Operation } from './operations.ts'

export type Answer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Buffer | AsyncIterable<Uint8Array>
}

/** One request on its way through a handler; the handler returns the answer and never touches the socket. */
export type Exchange = {
  readonly request: IncomingMessage
  readonly url: URL
  readonly operation: Operation
  /** True while the client waits for `100 Continue` before it sends its body. */
  readonly expectsContinue: boolean
  /** True when a fault asks that presigned URLs in the answer have already run out. */
  readonly wantsExpiredUrls: boolean
  /** Aborted when the connection is closed before the answer is out. */
  readonly gone: AbortSignal
  /** The body; asking for it sends `100 Continue` where the client waits for that. May be asked for once. */
  body(): AsyncIterable<Buffer>
}

export type Handler = (exchange: Exchange) => Promise<Answer>

/** The connection was cut, by a fault or by the client, so nobody is left to answer. */
export class ConnectionCut extends Error {
  override readonly name = 'ConnectionCut'
}

/** A fault that answers although the handler has begun to read. */
export class AnsweredByFault extends Error {
  override readonly name = 'AnsweredByFault'
  readonly answer: Answer
  constructor(answer: Answer) {
    super('answered by a fault')
    this.answer = answer
  }
}

/** Never returns: waits until the connection is closed, then throws. */
export async function untilGone(gone: AbortSignal): Promise<never> {
  if (!gone.aborted) {
    await new Promise((resolve) => gone.addEventListener('abort', resolve, { once: true }))
  }
  throw new ConnectionCut('the client gave up')
}

/** Waits as long as `bytes` take at the given rate, or throws when the connection is closed. */
export async function pace(bytes: number, bytesPerSecond: number, gone: AbortSignal): Promise<void> {
  try {
    await sleep((bytes / bytesPerSecond) * 1000, undefined, { signal: gone })
  } catch {
    throw new ConnectionCut('the client gave up')
  }
}

export type BodyPlan = {
  readonly request: IncomingMessage
  readonly operation: Operation
  readonly gone: AbortSignal
  readonly fault: FaultRule | undefined
  readonly gates: readonly HeldGate[]
  /** Resolves when stalls are to end. */
  readonly cleared: Promise<void>
  /** What a fault with a status answers. */
  refusal(): Answer
}

/**
 * Reads the request's body, counts it, and lets faults and gates act after the bytes they name.
 * The stream is not destroyed when the reader stops early, so that an answer can still be sent.
 */
export async function* readBody(plan: BodyPlan): AsyncGenerator<Buffer> {
  const { request, operation, gone, fault } = plan
  const gates = plan.gates
    .filter((gate) => typeof gate.moment === 'number')
    .map((gate) => ({ gate, isPast: false }))
  let struck = false

  async function act(chunkBytes: number, atEnd: boolean): Promise<void> {
    for (const one of gates) {
      if (one.isPast || !one.gate.isReached(operation.bytes, chunkBytes, atEnd)) continue
      one.isPast = true
      await one.gate.stop(operation)
    }
    if (struck || fault?.after === undefined) return
    if (operation.bytes < fault.after && !atEnd) return
    struck = true
    await strike(plan)
  }

  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const bytes = chunk as Buffer
      operation.bytes += bytes.length
      yield bytes
      if (fault?.how === 'slow') await pace(bytes.length, fault.bytesPerSecond ?? 1024, gone)
      await act(bytes.length, false)
    }
  } catch (error) {
    // Node reports a connection that ends inside a body as an error of the request stream.
    if (isReset(error)) throw new ConnectionCut('the client cut the body short', { cause: error })
    throw error
  }
  await act(0, true)
}

async function strike(plan: BodyPlan): Promise<void> {
  const how = plan.fault?.how
  if (how === 'stall') await Promise.race([untilGone(plan.gone), plan.cleared])
  if (how === 'cut' || how === 'stall') {
    plan.request.socket.destroy()
    throw new ConnectionCut('cut by a fault')
  }
  if (typeof how === 'number' || typeof how === 'object' || how === 'html' || how === 'expired-url') {
    throw new AnsweredByFault(plan.refusal())
  }
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNRESET'
}
