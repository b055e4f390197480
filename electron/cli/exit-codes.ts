/** What the command line ends with; the numbers are in the README and part of its contract with scripts. */
export const exitCodes = {
  ok: 0,
  someFailed: 1,
  usage: 2,
  notSignedIn: 3,
  /** 128 and the signal's number, as shells count. */
  interrupted: 130,
  terminated: 143,
} as const
