/** What the command line ends with; the numbers are in the README and part of its contract with scripts. */
export const exitCodes = { ok: 0, someFailed: 1, usage: 2, notSignedIn: 3, interrupted: 130 } as const
