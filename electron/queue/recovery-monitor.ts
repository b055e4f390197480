import type { Access } from '../accounts/accounts.ts'
import { isConnectivityFailure, type Failure, type Result } from '../contract/failures.ts'
import type { ConnectivityState } from '../contract/uploads.ts'
import type { Environment } from '../platform/environment.ts'
import { createMissingVolumeMonitor } from './missing-volumes.ts'
import { isVolumeBack, type MissingVolume } from '../platform/missing-volume.ts'
import { createConnectivityMonitor } from './connectivity.ts'
import type { Queue } from './queue.ts'
import type { Rows } from '../journal/rows.ts'
import { isRunning } from '../journal/upload-state.ts'

/** What uploads wait for that no clock tells: the line, and disks. */
export interface RecoveryMonitor {
  readonly connectivity: ConnectivityState
  /** An upload waits after this failure: if the line is gone, it waits for the line instead of for a time. */
  waitForConnection(id: string, met: Failure): void
  /** An upload waits until this is back. */
  waitForVolume(id: string, until: MissingVolume): void
  /** Tries now, and again every few seconds until `attempt` answers true. */
  tryUntilDone(attempt: () => boolean): void
  /** The computer woke, or its network changed. */
  check(): void
  close(): Promise<void>
}

/** How often what could not be done for want of room is tried again, in ms. */
const tryEveryMs = 5_000

/** Joins the line and the missing disks to the queue, which knows neither. */
export function createRecoveryMonitor(options: {
  readonly rows: Rows
  readonly queue: () => Pick<Queue, 'add' | 'setOnline'>
  readonly accessTo: (accountId: string, teamId: string) => Result<Access>
  /** The line has gone or has come back. */
  readonly changed: (line: ConnectivityState) => void
  readonly environment: Environment
}): RecoveryMonitor {
  const { rows, queue, accessTo, environment } = options

  /** Every server that something in the queue is for: one that is down must not hold up what goes to the others. */
  function servers(): readonly Access[] {
    const found = new Map<string, Access>()
    for (const id of rows.ids()) {
      const row = rows.get(id)
      if (
        !row ||
        (row.live.phase !== 'waiting' && row.live.phase !== 'retrying' && !isRunning(row.live.phase))
      )
        continue
      const access = accessTo(row.record.accountId, row.record.team.id)
      if (access.ok) found.set(access.value.client.server, access.value)
    }
    return [...found.values()]
  }

  const line = createConnectivityMonitor({
    environment,
    async isThere(signal) {
      const asked = servers().map(({ client }) => client.isThere(signal))
      // With nobody to ask nothing is known to be gone.
      return asked.length === 0 || (await Promise.all(asked)).includes(true)
    },
    becomes(state) {
      if (state === 'offline') {
        for (const id of rows.ids()) {
          const row = rows.get(id)
          if (
            row?.live.phase === 'retrying' &&
            row.record.failure &&
            isConnectivityFailure(row.record.failure)
          )
            rows.waitForLine(id)
        }
      }
      queue().setOnline(state === 'ok')
      options.changed(state)
    },
  })

  const away = createMissingVolumeMonitor({
    environment,
    isVolumeBack,
    stillWaits(id) {
      const row = rows.get(id)
      return row?.live.phase === 'retrying' && row.record.failure?.code === 'disk-missing'
    },
    back: (ids) => queue().add(ids),
  })

  const trying = new Set<() => void>()
  function tryUntilDone(attempt: () => boolean): void {
    if (attempt()) return
    const cancel = environment.timers.after(tryEveryMs, () => {
      trying.delete(cancel)
      tryUntilDone(attempt)
    })
    trying.add(cancel)
  }

  return {
    get connectivity() {
      return line.state
    },
    waitForConnection(id, met) {
      if (!isConnectivityFailure(met)) return
      if (line.state === 'offline') rows.waitForLine(id)
      else line.suspect()
    },
    waitForVolume: (id, until) => away.wait(id, until),
    tryUntilDone,
    check: () => line.check(),
    close() {
      for (const cancel of trying) cancel()
      away.close()
      return line.close()
    },
  }
}
