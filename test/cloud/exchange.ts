import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultRule, HeldGate } from './faults.ts'
import type { Operation } from './operations.ts'

export type Answer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Buffer | AsyncIterable<Uint8Array>
}

/** A request being handled; the handler returns the response and does not access the socket. */
export type Exchange = {
  readonly request: IncomingMessage
  readonly url: URL
  readonly operation: Operation
  /** Whether the client waits for `100 Continue` before sending its body. */
  readonly expectsContinue: boolean
  /** Whether a fault requires that presigned URLs in the response have already expired. */
  readonly wantsExpiredUrls: boolean
  /** Aborted if the connection is closed before the response has been sent. */
  readonly gone: AbortSignal
  /** The body; reading it sends `100 Continue` if the client waits for it. Can be called once. */
  body(): AsyncIterable<Buffer>
}

export type Handler = (exchange: Exchange) => Promise<Answer>

/** The connection was cut by a fault or by the client, so no response can be sent. */
export class ConnectionCut extends Error {
  override readonly name = 'ConnectionCut'
}

/** A fault that responds after the handler has started to read. */
export class AnsweredByFault extends Error {
  override readonly name = 'AnsweredByFault'
  readonly answer: Answer
  constructor(answer: Answer) {
    super('answered by a fault')
    this.answer = answer
  }
}

/** Waits until the connection is closed, then throws. */
export async function untilGone(gone: AbortSignal): Promise<never> {
  if (!gone.aborted) {
    await new Promise((resolve) => gone.addEventListener('abort', resolve, { once: true }))
  }
  throw new ConnectionCut('the client gave up')
}

/** Waits as long as `bytes` take at the given rate; throws if the connection is closed. */
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
  /** Resolves when stalls must end. */
  readonly cleared: Promise<void>
  /** The response of a fault with a status. */
  refusal(): Answer
}

/**
 * Reads and counts the request's body, and applies faults and holds at their byte positions. The stream is
 * not destroyed when the reader stops early, so that a response can still be sent.
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
    // Node reports a connection that ends within a body as an error of the request stream.
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
