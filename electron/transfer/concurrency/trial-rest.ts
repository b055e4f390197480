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
  let untilMs = -Infinity
  let nextMs = minMs
  const end = () => {
    untilMs = -Infinity
  }
  return {
    isOver: (nowMs) => nowMs >= untilMs,
    begin(nowMs, atLeastMs = minMs) {
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
