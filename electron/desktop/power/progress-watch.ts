import type { Patch, UploadRow } from '../../contract/uploads.ts'

/** Whether bytes move: what keeps a computer awake, and what tells a dead connection. */
export interface ProgressWatch {
  patch(patch: Pick<Patch, 'changed' | 'removed'>): void
  /** When bytes of any upload were last seen to move (ms since the epoch); 0 before that. */
  lastMs(): number
}

/** Sent, in flight and hashed: reading a file from a slow disk counts as well. */
const bytesOf = ({ sentBytes, inFlightBytes, hashedBytes }: UploadRow) =>
  `${sentBytes} ${inFlightBytes} ${hashedBytes}`

export function createProgressWatch(now: () => number): ProgressWatch {
  const known = new Map<string, string>()
  let lastMs = 0
  return {
    lastMs: () => lastMs,
    patch({ changed, removed }) {
      for (const id of removed) known.delete(id)
      for (const row of changed) {
        const runs = row.phase === 'checking' || row.phase === 'sending'
        const bytes = runs ? bytesOf(row) : undefined
        if (bytes === known.get(row.id)) continue
        lastMs = now()
        if (bytes === undefined) known.delete(row.id)
        else known.set(row.id, bytes)
      }
    },
  }
}
