/**
 * Runs `update` immediately, and at most once per interval for further requests: the display is never older
 * than the interval and never redrawn more often.
 */
export function createUpdateThrottle(
  intervalMs: number,
  update: () => void,
): { readonly request: () => void } {
  let timer: NodeJS.Timeout | null = null
  let isRequested = false

  function run(): void {
    isRequested = false
    update()
    timer = setTimeout(() => {
      timer = null
      if (isRequested) run()
    }, intervalMs)
    // A pending redraw must not keep the process alive.
    timer.unref()
  }

  return {
    request() {
      if (timer === null) run()
      else isRequested = true
    },
  }
}

export interface MenuThrottle {
  /** Returns whether the menu is to be built now, and if so starts the next interval. */
  startBuild(structure: string, numbers: string): boolean
  /** There is no menu any more. */
  reset(): void
}

/**
 * Decides when a menu is built again: immediately if its structure has changed, but with only new numbers at
 * most once per interval. `redraw` is called when numbers that came too early may be shown.
 */
export function createMenuThrottle(intervalMs: number, redraw: () => void): MenuThrottle {
  let built = { structure: '', numbers: '' }
  let timer: NodeJS.Timeout | undefined
  let isRequested = false

  function startInterval(): void {
    clearTimeout(timer)
    timer = setTimeout(() => {
      timer = undefined
      if (isRequested) redraw()
    }, intervalMs)
    timer.unref()
  }

  return {
    startBuild(structure, numbers) {
      const hasOnlyNewNumbers = structure === built.structure
      isRequested = hasOnlyNewNumbers && numbers !== built.numbers && timer !== undefined
      if (isRequested || (hasOnlyNewNumbers && numbers === built.numbers)) return false
      built = { structure, numbers }
      startInterval()
      return true
    },
    reset() {
      built = { structure: '', numbers: '' }
    },
  }
}
