import type { AddReport } from '../../contract/uploads.ts'
import type { Environment } from '../../platform/environment.ts'

/** Uploads that are skipped within this time are reported together, in ms. Patches are as frequent. */
const collectMs = 100

interface SkippedUpload {
  readonly fileName: string
  readonly accountId: string
}

interface SkipReports {
  /** An upload was removed because the conflict setting says to skip it. */
  add(upload: SkippedUpload): void
  /** Users have signed out: their files must not be named any more. */
  forget(isDeparted: (accountId: string) => boolean): void
}

/** Reports uploads that were skipped after they had been queued: the page shows only that their rows are gone. */
export function createSkipReports(options: {
  readonly send: (report: AddReport) => void
  readonly timers: Environment['timers']
}): SkipReports {
  const { send, timers } = options
  let uploads: SkippedUpload[] = []
  let isScheduled = false

  function sendCollected(): void {
    isScheduled = false
    const skipped = uploads.map(({ fileName }) => ({ name: fileName, reason: 'path-taken' }))
    uploads = []
    if (skipped.length > 0) send({ added: 0, refused: 0, skipped, wereQueued: true })
  }

  return {
    add(upload) {
      uploads.push(upload)
      if (isScheduled) return
      isScheduled = true
      timers.after(collectMs, sendCollected)
    },
    forget(isDeparted) {
      uploads = uploads.filter(({ accountId }) => !isDeparted(accountId))
    },
  }
}
