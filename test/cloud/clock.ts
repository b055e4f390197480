/** A clock that a test moves by hand, so that tokens and URLs run out without anybody waiting. */
export type Clock = { readonly now: () => number; advance(seconds: number): void }

/** Begins at the true time. */
export function createClock(): Clock {
  let offsetMs = 0
  return {
    now: () => Date.now() + offsetMs,
    advance(seconds) {
      offsetMs += seconds * 1000
    },
  }
}
