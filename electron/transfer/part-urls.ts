import type { Result } from '../contract/errors.ts'
import type { Ports } from '../contract/ports.ts'
import { expiryOf } from './presigned-url.ts'

export interface PartUrl {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** A URL with less life than this left is asked for anew: the request still has to be made. */
const leastLifeMs = 10_000

export interface PartUrls {
  /** The URL of a part, prepared or asked for now; `null` when aborted. */
  take(number: number): Promise<Result<PartUrl> | null>
  /** Asks for the URL of the next part that nobody has asked for, so that its stream need not wait. */
  prepareNext(): void
}

/** Presigned just ahead: one URL waits for each stream that sends, never the whole file's. */
export function createPartUrls(options: {
  readonly missing: readonly number[]
  readonly presign: (partNumber: number, signal: AbortSignal) => Promise<Result<PartUrl>>
  readonly ahead: () => number
  readonly ports: Ports
  readonly signal: AbortSignal
}): PartUrls {
  const { missing, presign, ahead, ports, signal } = options
  const prepared = new Map<number, Promise<Result<PartUrl> | null>>()
  let next = 0

  const ask = (number: number) =>
    presign(number, signal).catch((error: unknown) => {
      if (signal.aborted) return null
      throw error
    })
  const fresh = (url: Result<PartUrl> | null) => {
    if (!url?.ok) return false
    const expiry = expiryOf(url.value.url)
    return expiry === null || expiry - ports.now() > leastLifeMs
  }

  return {
    async take(number) {
      next = Math.max(next, missing.indexOf(number) + 1)
      const early = prepared.get(number)
      prepared.delete(number)
      const url = early ? await early : null
      return fresh(url) ? url : ask(number)
    },
    prepareNext() {
      const number = missing[next]
      if (number === undefined || prepared.size >= ahead()) return
      next += 1
      prepared.set(number, ask(number))
    },
  }
}
