import { maxParts, type PartMap, type SpeedHistory, type UploadDetails } from '../contract/upload-details.ts'
import type { Environment } from '../platform/environment.ts'
import type { AcknowledgedPart } from '../platform/acknowledged-part.ts'
import type { Row } from '../journal/rows.ts'
import { isStored, multipartOf } from '../journal/upload-record.ts'

/** Details are sent at most this often. */
const reportEveryMs = 100

/** Details of the one upload that the page watches. Costs nothing while it watches none. */
export interface Details {
  /** Reports this upload from now on, or none. Returns its current details, or null when it is unknown. */
  watch(id: string | null): UploadDetails | null
  /** An upload changed. */
  changed(id: string): void
  /** Refreshes an upload that is being sent, so that a stall becomes visible. */
  renew(): void
  /** Supplies the part map of an upload, during its run and after it. */
  follow(id: string, map: () => PartMap): void
  subscribe(listener: (details: UploadDetails) => void): void
  close(): void
}

export function createDetails(options: {
  readonly rowOf: (id: string) => Row | undefined
  readonly speedOf: (id: string) => SpeedHistory
  /** The parts that storage acknowledged in any run. */
  readonly acknowledged: (id: string) => readonly AcknowledgedPart[]
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
    const { id, state, identity } = row.record
    const multipart = multipartOf(state)
    if (!multipart) return singlePut(row)
    const map = maps.get(id)
    if (map) return row.live.phase === 'sending' ? map() : partsWithoutFlight(map())
    const stored = isStored(state)
    return partsFromJournal(identity.sizeBytes, multipart.partSizeBytes, stored ? 'all' : acknowledged(id))
  }

  function report(): void {
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
      if (id === watched) cancel ??= environment.timers.after(reportEveryMs, report)
      if (!rowOf(id)) maps.delete(id)
    },
    renew() {
      if (watched !== null && rowOf(watched)?.live.phase === 'sending')
        cancel ??= environment.timers.after(reportEveryMs, report)
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

/** The part map of a run that ended or stopped: nothing is in flight any more. */
function partsWithoutFlight({ partSizeBytes, states }: PartMap): PartMap {
  return { partSizeBytes, states: states.replace(/[fu]/g, 'w').replace(/[FU]/g, 'W'), flying: [] }
}

/** A single PUT, shown as one part; null before the upload is known to be one. */
function singlePut({ record, live }: Row): PartMap | null {
  const partSizeBytes = record.identity.sizeBytes
  if (isStored(record.state)) return { partSizeBytes, states: 's', flying: [] }
  if (live.phase !== 'sending' && live.phase !== 'finishing') return null
  return { partSizeBytes, states: 'f', flying: [{ number: 1, bytes: live.inFlightBytes }] }
}

/** The part map from the journal: the acknowledged parts, or all of them. */
function partsFromJournal(
  sizeBytes: number,
  partSizeBytes: number,
  acknowledged: readonly { readonly number: number }[] | 'all',
): PartMap {
  // The part size is the server's, and the parts that it means may not have been checked yet.
  const count = Math.min(Math.ceil(sizeBytes / partSizeBytes), maxParts)
  if (acknowledged === 'all') return { partSizeBytes, states: 'b'.repeat(count), flying: [] }
  const states = Buffer.alloc(count, 'w')
  for (const { number } of acknowledged) states.write('b', number - 1)
  return { partSizeBytes, states: states.toString('latin1'), flying: [] }
}
