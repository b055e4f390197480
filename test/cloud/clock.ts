/** A clock that tests advance, so that tokens and URLs expire without waiting. */
export type Clock = { readonly now: () => number; advance(seconds: number): void }

/** Starts at the current time. */
export function createClock(): Clock {
  let offsetMs = 0
  return {
    now: () => Date.now() + offsetMs,
    advance(seconds) {
      offsetMs += seconds * 1000
    },
  }
}
