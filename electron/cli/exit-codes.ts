/** Documented in docs/command-line.md; scripts depend on the numbers. */
export const exitCodes = {
  ok: 0,
  someFailed: 1,
  usage: 2,
  notSignedIn: 3,
  /** 128 plus the signal's number, as in shells. */
  interrupted: 130,
  hungUp: 129,
  terminated: 143,
} as const
