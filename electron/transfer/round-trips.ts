/**
 * How long storage takes to say that it wants a body: one round trip, and whatever queues on the way there or at storage. Each
 * PUT that is announced (see announcing.ts) tells it for nothing, before the first of its bytes.
 */
export interface RoundTrips {
  heard(host: string, tookMs: number, nowMs: number): void
  /**
   * How many times as long as usual answers have taken since `sinceMs`, by the slowest host; 1 where it is too little to
   * matter, null while too few have come to tell.
   */
  slowness(sinceMs: number): number | null
}

/** So many answers tell a trend from a hiccup, and more are not kept. */
const fewest = 3
const most = 5
/** What is usual is the quickest answer of late; a line that became another one is believed after twice this time, in ms. */
const memoryMs = 300_000
/** Less than this on top of the usual is no queue worth avoiding: a busy computer alone brings some of it. */
const noticeableMs = 100

interface Host {
  recent: { readonly atMs: number; readonly tookMs: number }[]
  quickestMs: number
  quickestBeforeMs: number
  sinceMs: number
}

export function createRoundTrips(): RoundTrips {
  const hosts = new Map<string, Host>()

  function hostOf(name: string, nowMs: number): Host {
    const host = hosts.get(name) ?? {
      ...{ recent: [], quickestMs: Infinity, quickestBeforeMs: Infinity },
      sinceMs: nowMs,
    }
    hosts.set(name, host)
    if (nowMs - host.sinceMs > memoryMs) {
      host.quickestBeforeMs = host.quickestMs
      host.quickestMs = Infinity
      host.sinceMs = nowMs
    }
    return host
  }

  function slownessOf({ recent, quickestMs, quickestBeforeMs }: Host, sinceMs: number): number | null {
    const answers = recent.filter(({ atMs }) => atMs >= sinceMs).map(({ tookMs }) => tookMs)
    if (answers.length < fewest) return null
    const middleMs = answers.sort((a, b) => a - b)[answers.length >> 1] ?? 0
    const usualMs = Math.max(1, Math.min(quickestMs, quickestBeforeMs))
    return middleMs - usualMs < noticeableMs ? 1 : middleMs / usualMs
  }

  return {
    heard(name, tookMs, nowMs) {
      const host = hostOf(name, nowMs)
      host.quickestMs = Math.min(host.quickestMs, tookMs)
      host.recent = [...host.recent, { atMs: nowMs, tookMs }].slice(-most)
    },
    slowness(sinceMs) {
      let slowest: number | null = null
      for (const host of hosts.values()) {
        const one = slownessOf(host, sinceMs)
        if (one !== null) slowest = Math.max(slowest ?? 1, one)
      }
      return slowest
    },
  }
}
