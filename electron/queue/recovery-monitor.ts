import { isConnectivityFailure, type Failure, type Result } from '../contract/failures.ts'
import type { ConnectivityState } from '../contract/uploads.ts'
import type { Environment } from '../platform/environment.ts'
import { createMissingVolumeMonitor } from './missing-volume-monitor.ts'
import { isVolumeBack, type MissingVolume } from '../platform/files/find-missing-volume.ts'
import { createConnectivityMonitor } from './connectivity.ts'
import type { Rows } from '../journal/rows.ts'
import { isRunning } from '../journal/upload-phase.ts'

/** Watches for what uploads wait for other than a time: the connection and missing volumes. */
export interface RecoveryMonitor {
  readonly connectivity: ConnectivityState
  /**
   * An upload waits after this failure: while the computer is offline, it waits for the connection instead of
   * for a time.
   */
  waitForConnection(id: string, met: Failure): void
  /** An upload waits until this volume is back. */
  waitForVolume(id: string, until: MissingVolume): void
  /** The computer woke, or its network changed: checks the connection at once. */
  check(): void
  close(): Promise<void>
}

/** A server that can be asked whether it is reachable. */
interface Reachable {
  readonly client: { readonly server: string; isReachable(signal: AbortSignal): Promise<boolean> }
}

export function createRecoveryMonitor(options: {
  readonly rows: Rows
  readonly accessFor: (accountId: string, teamId: string) => Result<Reachable>
  readonly connectivityChanged: (state: ConnectivityState) => void
  /** The volumes of these uploads are back. */
  readonly volumesBack: (ids: readonly string[]) => void
  readonly environment: Environment
}): RecoveryMonitor {
  const { rows, accessFor, environment } = options

  /** Every server that the queue has uploads for: one that is down must not block uploads to the others. */
  function servers(): readonly Reachable[] {
    // Once per account and team: finding an access reads the journal, and ten thousand uploads may wait.
    const teams = new Map<string, { readonly accountId: string; readonly teamId: string }>()
    for (const id of rows.ids()) {
      const row = rows.get(id)
      if (!row?.live.isRequested) continue
      const { phase } = row.live
      if (phase !== 'waiting' && phase !== 'retrying' && !isRunning(phase)) continue
      const { accountId, team } = row.record
      teams.set(`${accountId} ${team.id}`, { accountId, teamId: team.id })
    }
    const found = new Map<string, Reachable>()
    for (const { accountId, teamId } of teams.values()) {
      const access = accessFor(accountId, teamId)
      if (access.ok) found.set(access.value.client.server, access.value)
    }
    return [...found.values()]
  }

  /** Nothing runs while the computer is offline, so that a time may pass without a retry. */
  function waitWhileOffline(id: string): void {
    const row = rows.get(id)
    if (row?.live.phase !== 'retrying' || !row.record.failure) return
    if (isConnectivityFailure(row.record.failure)) rows.waitForConnection(id)
    else if (row.live.retryAtMs !== null) rows.setRetryTime(id, null)
  }

  const connectivity = createConnectivityMonitor({
    environment,
    async isReachable(signal) {
      const asked = servers().map(({ client }) => client.isReachable(signal))
      // Without a server to ask, the connection counts as present.
      return asked.length === 0 || (await Promise.all(asked)).includes(true)
    },
    changed(state) {
      if (state === 'offline') for (const id of rows.ids()) waitWhileOffline(id)
      options.connectivityChanged(state)
    },
  })

  const missingVolumes = createMissingVolumeMonitor({
    environment,
    isVolumeBack,
    isWaiting(id) {
      const row = rows.get(id)
      return row?.live.phase === 'retrying' && row.record.failure?.code === 'disk-missing'
    },
    back: options.volumesBack,
  })

  return {
    get connectivity() {
      return connectivity.state
    },
    waitForConnection(id, met) {
      if (connectivity.state === 'offline') waitWhileOffline(id)
      else if (isConnectivityFailure(met)) connectivity.suspect()
    },
    waitForVolume: (id, until) => missingVolumes.wait(id, until),
    check: () => connectivity.check(),
    close() {
      missingVolumes.close()
      return connectivity.close()
    },
  }
}
