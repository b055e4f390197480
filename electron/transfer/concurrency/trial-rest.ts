/** The pause between two trials. */
export interface TrialRest {
  isOver(nowMs: number): boolean
  /** Begins a pause of at least `atLeastMs`, twice as long as the one before, up to the maximum. */
  begin(nowMs: number, atLeastMs?: number): void
  /** Ends the pause; the next one is as long as it would have been. */
  end(): void
  /** Ends the pause; the next one is the shortest again. */
  reset(): void
}

export function createTrialRest(minMs: number, maxMs: number): TrialRest {
  let begunMs = -Infinity
  let untilMs = -Infinity
  let nextMs = minMs
  const end = () => {
    untilMs = -Infinity
  }
  return {
    // Also if the clock was set back to before its beginning.
    isOver: (nowMs) => nowMs >= untilMs || nowMs < begunMs,
    begin(nowMs, atLeastMs = minMs) {
      begunMs = nowMs
      untilMs = nowMs + Math.max(nextMs, atLeastMs)
      nextMs = Math.min(maxMs, nextMs * 2)
    },
    end,
    reset() {
      end()
      nextMs = minMs
    },
  }
}
