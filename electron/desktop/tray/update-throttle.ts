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
