import type { Bridge } from '../electron/contract/calls.ts'

declare global {
  interface Window {
    /** Put there by the preload, in its own world. */
    readonly modelferry?: Bridge
  }
}

/** The one door to the main process. Without it the page is a drawing, so a missing one is a fault of the build. */
export function bridge(): Bridge {
  if (!window.modelferry) throw new Error('window.modelferry is missing: the preload did not run')
  return window.modelferry
}
