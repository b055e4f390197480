import type { Environment } from '../../platform/environment.ts'
import type { NetworkStatus } from './network-manager.ts'

export interface NetworkPoller {
  /** The addresses are others, the computer woke, or the person's wish changed. */
  refresh(): void
  /** While something is to be sent the line is asked about from time to time: no event says that it is metered now. */
  setActive(isActive: boolean): void
}

/** Asking starts a program, and what a line costs changes by a person's hand. In ms. */
const readEveryMs = 5 * 60_000

/** Follows which line it is where a system has to be asked for it, and only while the person wants to wait on metered ones. */
export function createNetworkPoller(options: {
  /** Null where the system tells it by itself. */
  readonly read: (() => Promise<NetworkStatus>) | null
  readonly isNeeded: () => boolean
  readonly onChange: (network: NetworkStatus) => void
  readonly environment: Pick<Environment, 'timers' | 'log'>
}): NetworkPoller {
  const { read, isNeeded: matters, onChange: changed, environment } = options
  if (!read) return { refresh: () => undefined, setActive: () => undefined }
  let isActive = false
  let told = ''
  let cancelTimer = () => {}

  async function lookOnce(ask: () => Promise<NetworkStatus>): Promise<void> {
    cancelTimer()
    if (!matters()) return
    const now = await ask().finally(planNext)
    const text = JSON.stringify(now)
    if (text === told) return
    told = text
    environment.log.info('the network is', { metered: now.metered, isThere: now.line !== null })
    changed(now)
  }

  /** Also after a failure: it may be read next time. */
  function planNext(): void {
    cancelTimer()
    if (isActive) cancelTimer = environment.timers.after(readEveryMs, look)
  }

  function look(): void {
    if (!read) return
    lookOnce(read).catch((error: unknown) =>
      environment.log.warn('the line could not be asked about', { error }),
    )
  }

  return {
    refresh: look,
    setActive(next) {
      if (next === isActive) return
      isActive = next
      if (isActive) look()
      else cancelTimer()
    },
  }
}
