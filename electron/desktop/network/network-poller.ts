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
/** After the first failed read; the delay doubles with each further one, up to the interval. */
const firstRetryDelayMs = 30_000

/**
 * Polls the network status on systems without events for it, while a setting depends on it. After a failed
 * read, the last status stays valid.
 */
export function createNetworkPoller(options: {
  /** Null on systems that send events instead. It returns null when the status could not be read. */
  readonly read: (() => Promise<NetworkStatus | null>) | null
  readonly isNeeded: () => boolean
  readonly onChange: (network: NetworkStatus) => void
  readonly environment: Pick<Environment, 'timers' | 'log'>
}): NetworkPoller {
  const { read, isNeeded, onChange, environment } = options
  if (!read) return { refresh: () => undefined, setActive: () => undefined }
  let isActive = false
  let lastReported = ''
  let failedReads = 0
  let cancelTimer = () => {}

  async function readAndReport(readStatus: () => Promise<NetworkStatus | null>): Promise<void> {
    cancelTimer()
    if (!isNeeded()) return
    const status = await readOrNull(readStatus)
    scheduleNextRead()
    const text = JSON.stringify(status)
    if (!status || text === lastReported) return
    lastReported = text
    environment.log.info('the network changed', {
      metered: status.metered,
      isConnected: status.line !== null,
    })
    onChange(status)
  }

  async function readOrNull(readStatus: () => Promise<NetworkStatus | null>): Promise<NetworkStatus | null> {
    try {
      const status = await readStatus()
      if (status) failedReads = 0
      else countFailure({})
      return status
    } catch (error) {
      countFailure({ error })
      return null
    }
  }

  /** Of failures in a row, only the first is logged. */
  function countFailure(facts: Readonly<Record<string, unknown>>): void {
    if (failedReads === 0) environment.log.warn('the network status could not be read', facts)
    failedReads += 1
  }

  function scheduleNextRead(): void {
    cancelTimer()
    if (!isActive) return
    const retryDelayMs = firstRetryDelayMs * 2 ** (failedReads - 1)
    const delayMs = failedReads === 0 ? readIntervalMs : Math.min(retryDelayMs, readIntervalMs)
    cancelTimer = environment.timers.after(delayMs, refresh)
  }

  function refresh(): void {
    if (!read) return
    readAndReport(read).catch((error: unknown) =>
      environment.log.error('the network status could not be reported', { error }),
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
