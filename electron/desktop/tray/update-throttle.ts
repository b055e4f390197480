/**
 * Runs `work` at once, and while it is asked again within `pauseMs` only once more at the end of that time: what is shown is
 * never older than that and never redrawn more often.
 */
export function createUpdateThrottle(
  intervalMs: number,
  work: () => void,
): { readonly request: () => void; readonly stop: () => void } {
  let timer: NodeJS.Timeout | null = null
  let again = false

  function run(): void {
    again = false
    work()
    timer = setTimeout(() => {
      timer = null
      if (again) run()
    }, intervalMs)
    // Nothing that is only shown keeps the process alive.
    timer.unref()
  }

  return {
    request() {
      if (timer === null) run()
      else again = true
    },
    stop() {
      if (timer !== null) clearTimeout(timer)
      timer = null
      again = false
    },
  }
}
