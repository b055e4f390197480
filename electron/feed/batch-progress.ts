import { isWaitingForSameBytes, type UploadRow } from '../contract/uploads.ts'
import { isRunning } from '../journal/upload-phase.ts'

/**
 * One batch: all uploads that ran or waited since the queue was last empty. Progress bars show the batch as a
 * whole.
 */
export interface Batch {
  /** The current state of a row; null when it is no longer shown. */
  see(id: string, row: UploadRow | null): void
  sum(): BatchSum
}

export interface BatchSum {
  /** Total and sent bytes; their ratio falls only when work is added. */
  readonly totalBytes: number
  readonly movedBytes: number
  /** What remains of everything that runs or waits. */
  readonly leftBytes: number
}

interface Share extends BatchSum {
  readonly isOpen: boolean
  readonly sentBytes: number
}

/**
 * Keeps uploads that left the queue in the sums: registered files whole, cancelled, paused and failed ones
 * with the bytes they had sent, so that the progress of the batch never decreases.
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

function openShare(row: UploadRow, before: Share | undefined): Share {
  const { sizeBytes, sentBytes, inFlightBytes } = row
  const outBytes = Math.min(sizeBytes, sentBytes + inFlightBytes)
  if (isWaitingForSameBytes(row))
    return { isOpen: true, totalBytes: outBytes, movedBytes: outBytes, leftBytes: 0, sentBytes }
  // Repeated parts in flight do not reduce the progress; an upload of which storage has less than before has
  // been restarted.
  const isRestarted = !before || outBytes === 0 || sentBytes < before.sentBytes
  const movedBytes = isRestarted ? outBytes : Math.max(outBytes, Math.min(sizeBytes, before.movedBytes))
  return { isOpen: true, totalBytes: sizeBytes, movedBytes, leftBytes: sizeBytes - outBytes, sentBytes }
}
