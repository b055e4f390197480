import type { Bridge } from '../electron/contract/calls.ts'

declare global {
  interface Window {
    /** Exposed by the preload script. */
    readonly modelferry?: Bridge
  }
}

/** The page's connection to the main process. A missing one is a build error. */
export function bridge(): Bridge {
  if (!window.modelferry) throw new Error('window.modelferry is missing: the preload did not run')
  return window.modelferry
}
