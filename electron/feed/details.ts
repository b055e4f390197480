import type { PartMap, SpeedHistory, UploadDetails } from '../contract/upload-details.ts'
import type { Environment } from '../platform/environment.ts'
import type { StoredPart } from '../journal/parts-store.ts'
import { partsAtRest, partsBefore, wholeAsOnePart } from './details-parts.ts'
import type { Row } from '../journal/rows.ts'

/** The page hears of the watched upload at most this often. */
const tellEveryMs = 100

/** Tells the page about the one upload that it watches, and costs nothing while it watches none. */
export interface Details {
  /** From now on this upload's details are told, or none's. Answers how it stands, or null when it is not known. */
  watch(id: string | null): UploadDetails | null
  /** Something about an upload changed. */
  changed(id: string): void
  /** Time has passed: an upload that is being sent is told anew, or a standstill would not show. */
  renew(): void
  /** How the parts of an upload stand, asked for while its run lasts and after it. */
  follow(id: string, map: () => PartMap): void
  subscribe(listener: (details: UploadDetails) => void): void
  close(): void
}

export function createDetails(options: {
  readonly rowOf: (id: string) => Row | undefined
  readonly speedOf: (id: string) => SpeedHistory
  /** The parts that storage acknowledged in any run. */
  readonly acknowledged: (id: string) => readonly StoredPart[]
  readonly environment: Environment
}): Details {
  const { rowOf, speedOf, acknowledged, environment } = options
  const listeners = new Set<(details: UploadDetails) => void>()
  const maps = new Map<string, () => PartMap>()
  let watched: string | null = null
  let cancel: (() => void) | null = null

  function detailsOf(id: string): UploadDetails | null {
    const row = rowOf(id)
    return row ? { id, parts: partsOf(row), speed: speedOf(id) } : null
  }

  function partsOf(row: Row): PartMap | null {
    const { id, multipart, identity } = row.record
    if (!multipart) return wholeAsOnePart(row)
    const map = maps.get(id)
    if (map) return row.live.phase === 'sending' ? map() : partsAtRest(map())
    const stored = row.record.storageKey !== null
    return partsBefore(identity.sizeBytes, multipart.partSizeBytes, stored ? 'all' : acknowledged(id))
  }

  function tell(): void {
    cancel = null
    const details = watched === null ? null : detailsOf(watched)
    if (details) for (const listener of listeners) listener(details)
  }

  return {
    watch(id) {
      watched = id
      cancel?.()
      cancel = null
      return id === null ? null : detailsOf(id)
    },
    changed(id) {
      if (id === watched) cancel ??= environment.timers.after(tellEveryMs, tell)
      if (!rowOf(id)) maps.delete(id)
    },
    renew() {
      if (watched !== null && rowOf(watched)?.live.phase === 'sending')
        cancel ??= environment.timers.after(tellEveryMs, tell)
    },
    follow(id, map) {
      maps.set(id, map)
    },
    subscribe(listener) {
      listeners.add(listener)
    },
    close() {
      cancel?.()
      listeners.clear()
    },
  }
}
