/**
 * Asks running work to end soon: it finishes what takes a few seconds and starts nothing new. Unlike an abort
 * it can be revoked.
 */
export interface PauseRequest {
  readonly isRequested: boolean
  /** Aborts when the pause is requested. After it is revoked there is a new signal. */
  readonly signal: AbortSignal
  /** Calls `listener` whenever the pause is requested or revoked. Returns the unsubscribe function. */
  onChange(listener: () => void): () => void
  /** One for each PUT in flight: whether a pause would finish it. */
  readonly puts: Set<() => boolean>
}

export interface PauseControl extends PauseRequest {
  request(): void
  revoke(): void
}

export function createPauseControl(): PauseControl {
  const listeners = new Set<() => void>()
  let controller = new AbortController()
  const notify = () => [...listeners].forEach((listener) => listener())
  return {
    puts: new Set(),
    get isRequested() {
      return controller.signal.aborted
    },
    get signal() {
      return controller.signal
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    request() {
      if (controller.signal.aborted) return
      controller.abort()
      notify()
    },
    revoke() {
      if (!controller.signal.aborted) return
      controller = new AbortController()
      notify()
    },
  }
}

/** For work that is never paused. */
export const neverPaused: PauseRequest = createPauseControl()
