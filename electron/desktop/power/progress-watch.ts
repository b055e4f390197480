import type { Patch, UploadRow } from '../../contract/uploads.ts'

/** Records when upload data was last read or sent, which decides whether sleep is blocked. */
export interface ProgressWatch {
  applyPatch(patch: Pick<Patch, 'changed' | 'removed'>): void
  /** When the bytes of any upload last grew; `-Infinity` before that. */
  lastMs(): number
}

/** Reading a file from a slow disk counts as well. */
const bytesOf = ({ sentBytes, inFlightBytes, hashedBytes }: UploadRow) =>
  sentBytes + inFlightBytes + hashedBytes

export function createProgressWatch(now: () => number): ProgressWatch {
  const known = new Map<string, number>()
  let lastMs = -Infinity
  return {
    lastMs: () => lastMs,
    applyPatch({ changed, removed }) {
      for (const id of removed) known.delete(id)
      for (const row of changed) {
        const bytes = bytesOf(row)
        // What a restored upload has at first was sent before, unless it finished between two patches.
        const before = known.get(row.id) ?? (row.phase === 'registered' ? 0 : bytes)
        known.set(row.id, bytes)
        if (bytes > before) lastMs = now()
      }
    },
  }
}
