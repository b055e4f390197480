/**
 * Runs `work` at once, and while it is asked again within `pauseMs` only once more at the end of that time: what is shown is
 * never older than that and never redrawn more often.
 */
export function createPacer(
  pauseMs: number,
  work: () => void,
): { readonly ask: () => void; readonly stop: () => void } {
  let timer: NodeJS.Timeout | null = null
  let again = false

  function run(): void {
    again = false
    work()
    timer = setTimeout(() => {
      timer = null
      if (again) run()
    }, pauseMs)
    // Nothing that is only shown keeps the process alive.
    timer.unref()
  }

  return {
    ask() {
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
