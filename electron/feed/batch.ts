import type { UploadRow } from '../contract/uploads.ts'
import { isRunning } from '../journal/upload-state.ts'

/** What is sent in one go: all that runs or waits, and what did so before it since nothing last ran or waited. */
export interface Batch {
  /** How a row stands now; null when it is shown no more. */
  see(id: string, row: UploadRow | null): void
  sum(): BatchSum
}

export interface BatchSum {
  /** What the batch takes in all, and how much of that has moved: their quotient falls only where work is added. */
  readonly totalBytes: number
  readonly movedBytes: number
  /** What still has to go of all that runs or waits. */
  readonly leftBytes: number
}

interface Share extends BatchSum {
  readonly isOpen: boolean
  readonly sentBytes: number
}

/**
 * Remembers what left the queue. A registered file stays in both sums; of one that was cancelled, paused or failed, what had
 * moved stays in both, so that no other file's end makes the whole fall back.
 */
export function createBatch(): Batch {
  const shares = new Map<string, Share>()

  function close(id: string, movedBytes: number): void {
    shares.set(id, { isOpen: false, totalBytes: movedBytes, movedBytes, leftBytes: 0, sentBytes: 0 })
  }

  return {
    see(id, row) {
      const before = shares.get(id)
      if (row && isOpen(row)) shares.set(id, openShare(row, before))
      else if (before?.isOpen)
        close(id, row?.phase === 'registered' && !row.already ? row.sizeBytes : before.movedBytes)
    },
    sum() {
      const sum = { totalBytes: 0, movedBytes: 0, leftBytes: 0 }
      let anyOpen = false
      for (const share of shares.values()) {
        sum.totalBytes += share.totalBytes
        sum.movedBytes += share.movedBytes
        sum.leftBytes += share.leftBytes
        anyOpen ||= share.isOpen
      }
      if (anyOpen) return sum
      shares.clear()
      return { totalBytes: 0, movedBytes: 0, leftBytes: 0 }
    },
  }
}

const isOpen = ({ phase }: UploadRow) => isRunning(phase) || phase === 'waiting' || phase === 'retrying'

function openShare({ sizeBytes, sentBytes, inFlightBytes }: UploadRow, before: Share | undefined): Share {
  const outBytes = Math.min(sizeBytes, sentBytes + inFlightBytes)
  // Parts in flight that go once more take nothing back; an upload of which storage has less than before begins anew.
  const isAnew = !before || outBytes === 0 || sentBytes < before.sentBytes
  const movedBytes = isAnew ? outBytes : Math.max(outBytes, Math.min(sizeBytes, before.movedBytes))
  return { isOpen: true, totalBytes: sizeBytes, movedBytes, leftBytes: sizeBytes - outBytes, sentBytes }
}
