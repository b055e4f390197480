/**
 * How long storage takes to answer `Expect: 100-continue` (see expect-continue.ts): one round trip plus any
 * queue on the way or at storage. Each PUT that uses it yields one sample before its first byte is sent.
 */
interface LatencyTracker {
  record(host: string, latencyMs: number, nowMs: number): void
  /**
   * Median latency since `sinceMs` relative to the usual latency, for the slowest host; 1 where the
   * difference is negligible, null while there are too few samples.
   */
  ratioSince(sinceMs: number): number | null
}

const minSamples = 3
const maxSamples = 5
/** The usual latency is the lowest of the last one to two periods of this length, in ms. */
const baselinePeriodMs = 300_000
/** A smaller difference is not treated as a queue: a busy computer alone causes some of it. */
const negligibleMs = 100

interface Host {
  samples: { readonly atMs: number; readonly latencyMs: number }[]
  lowestMs: number
  lowestBeforeMs: number
  periodStartMs: number
}

export function createLatencyTracker(): LatencyTracker {
  const hosts = new Map<string, Host>()

  function hostFor(name: string, nowMs: number): Host {
    const host = hosts.get(name) ?? {
      samples: [],
      lowestMs: Infinity,
      lowestBeforeMs: Infinity,
      periodStartMs: nowMs,
    }
    hosts.set(name, host)
    if (nowMs - host.periodStartMs > baselinePeriodMs) {
      host.lowestBeforeMs = host.lowestMs
      host.lowestMs = Infinity
      host.periodStartMs = nowMs
    }
    return host
  }

  function ratioOf({ samples, lowestMs, lowestBeforeMs }: Host, sinceMs: number): number | null {
    const latenciesMs = samples.filter(({ atMs }) => atMs >= sinceMs).map(({ latencyMs }) => latencyMs)
    if (latenciesMs.length < minSamples) return null
    const medianMs = latenciesMs.sort((a, b) => a - b)[latenciesMs.length >> 1] ?? 0
    const usualMs = Math.max(1, Math.min(lowestMs, lowestBeforeMs))
    return medianMs - usualMs < negligibleMs ? 1 : medianMs / usualMs
  }

  return {
    record(name, latencyMs, nowMs) {
      const host = hostFor(name, nowMs)
      host.lowestMs = Math.min(host.lowestMs, latencyMs)
      host.samples = [...host.samples, { atMs: nowMs, latencyMs }].slice(-maxSamples)
    },
    ratioSince(sinceMs) {
      let highest: number | null = null
      for (const host of hosts.values()) {
        const ratio = ratioOf(host, sinceMs)
        if (ratio !== null) highest = Math.max(highest ?? 1, ratio)
      }
      return highest
    },
  }
}
