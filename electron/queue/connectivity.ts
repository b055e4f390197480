import type { ConnectivityState } from '../contract/uploads.ts'
import type { Environment } from '../platform/environment.ts'

/** Whether the line is there. Nobody asks while all goes well: only trouble makes it look. */
export interface ConnectivityMonitor {
  readonly state: ConnectivityState
  /** Something met trouble of the line: looks whether the line is gone or only that one answer. */
  suspect(): void
  /** The computer woke or its network changed: a line that was gone is looked for at once. */
  check(): void
  close(): Promise<void>
}

/** Waits between looks while the line is gone, in ms: short enough that uploads go on within seconds of its return. */
const waitsMs = [1_000, 2_000, 4_000, 5_000]

/**
 * Being offline is one state of the whole queue, not a failure of each upload. `isThere` asks the servers for any sign of life
 * and must end within its own time; `becomes` hears of each change.
 */
export function createConnectivityMonitor(options: {
  readonly isThere: (signal: AbortSignal) => Promise<boolean>
  readonly becomes: (state: ConnectivityState) => void
  readonly environment: Environment
}): ConnectivityMonitor {
  const { isThere, becomes, environment } = options
  const life = new AbortController()
  let state: ConnectivityState = 'ok'
  let looking: Promise<void> | null = null
  let fruitless = 0
  let cancelTimer = () => {}

  function become(next: ConnectivityState): void {
    if (next === state) return
    state = next
    fruitless = 0
    environment.log.info(next === 'ok' ? 'the line is back' : 'the line is gone')
    becomes(next)
  }

  async function lookOnce(): Promise<void> {
    const found = await isThere(life.signal).catch(() => false)
    if (life.signal.aborted) return
    become(found ? 'ok' : 'offline')
    if (found) return
    const waitMs = waitsMs[Math.min(fruitless, waitsMs.length - 1)] ?? 0
    fruitless += 1
    cancelTimer = environment.timers.after(waitMs, look)
  }

  function look(): void {
    cancelTimer()
    if (life.signal.aborted) return
    looking ??= lookOnce().finally(() => {
      looking = null
    })
  }

  return {
    get state() {
      return state
    },
    suspect() {
      // While it is gone, the next look is under way or on the clock already.
      if (state === 'ok') look()
    },
    check() {
      if (state === 'offline') look()
    },
    async close() {
      life.abort()
      cancelTimer()
      await looking
    },
  }
}
