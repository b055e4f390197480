import type { Environment } from '../../platform/environment.ts'
import type { NetworkStatus } from './network-status.ts'

export interface NetworkPoller {
  /** Reads the status now: the addresses or the settings changed, or the computer resumed from sleep. */
  refresh(): void
  /** While active, the status is read at intervals, since no event reports that a network became metered. */
  setActive(isActive: boolean): void
}

/** Reading starts a program, and the cost of a network changes only when a user changes a setting. */
const readIntervalMs = 5 * 60_000

/** Polls the network status on systems without events for it, while a setting depends on it. */
export function createNetworkPoller(options: {
  /** Null on systems that send events instead. */
  readonly read: (() => Promise<NetworkStatus>) | null
  readonly isNeeded: () => boolean
  readonly onChange: (network: NetworkStatus) => void
  readonly environment: Pick<Environment, 'timers' | 'log'>
}): NetworkPoller {
  const { read, isNeeded, onChange, environment } = options
  if (!read) return { refresh: () => undefined, setActive: () => undefined }
  let isActive = false
  let lastReported = ''
  let cancelTimer = () => {}

  async function readAndReport(readStatus: () => Promise<NetworkStatus>): Promise<void> {
    cancelTimer()
    if (!isNeeded()) return
    const status = await readStatus().finally(scheduleNextRead)
    const text = JSON.stringify(status)
    if (text === lastReported) return
    lastReported = text
    environment.log.info('the network changed', {
      metered: status.metered,
      isConnected: status.line !== null,
    })
    onChange(status)
  }

  /** Also called after a failure, since the next read may succeed. */
  function scheduleNextRead(): void {
    cancelTimer()
    if (isActive) cancelTimer = environment.timers.after(readIntervalMs, refresh)
  }

  function refresh(): void {
    if (!read) return
    readAndReport(read).catch((error: unknown) =>
      environment.log.warn('the network status could not be read', { error }),
    )
  }

  return {
    refresh,
    setActive(next) {
      if (next === isActive) return
      isActive = next
      if (isActive) refresh()
      else cancelTimer()
    },
  }
}
