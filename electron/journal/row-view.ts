import type { LibraryRelation } from '../contract/library.ts'
import { withModelType, type Pausing, type Phase, type UploadRow } from '../contract/uploads.ts'
import { isStarted, modelIdOf, reviewIdOf, verificationOf, type UploadRecord } from './upload-record.ts'
import type { SpeedMeter } from '../platform/speed-meter.ts'

/** What an upload is doing right now. Kept in memory only. */
export interface LiveState {
  phase: Phase
  /**
   * The engine runs it when its turn comes. False if a command's engine has read it from the journal and was not asked to
   * continue it: it is then treated as absent.
   */
  isRequested: boolean
  sentBytes: number
  inFlightBytes: number
  /** Parts in flight; a single PUT counts as one. */
  inFlightParts: number
  hashedBytes: number
  /** The run finishes what takes a few seconds, then the upload is paused. */
  isPausing: boolean
  /** Other files use the connection, and it has no request of its own. */
  waitsForTurn: boolean
  retryAtMs: number | null
  /** Attempts since storage last acknowledged bytes. */
  attempts: number
  readonly speed: SpeedMeter
}

/** Whether it is being sent at this moment. */
export const isSending = ({
  phase,
  waitsForTurn,
}: {
  readonly phase: Phase
  readonly waitsForTurn?: boolean | undefined
}): boolean => phase === 'sending' && !waitsForTurn

/**
 * What the page sees of an upload: everything except its path on this computer. `speedScale` lowers the
 * measured speed to what the user's limit allows.
 */
export function toUploadRow(record: UploadRecord, live: LiveState | null, speedScale = 1): UploadRow {
  const { state } = record
  const { sentBytes, inFlightBytes, hashedBytes, bytesPerSecond, secondsLeft } = progressOf(
    record,
    live,
    speedScale,
  )
  // Spreading other objects into it took three quarters of the time for ten thousand rows.
  const row: UploadRow = {
    id: record.id,
    position: record.position,
    fileName: record.fileName,
    folder: record.folder,
    sizeBytes: record.identity.sizeBytes,
    accountId: record.accountId,
    team: record.team,
    target: record.target,
    recognition: record.recognition,
    phase: live?.phase ?? record.phase,
    started: isStarted(state),
    sentBytes,
    inFlightBytes,
    hashedBytes,
    bytesPerSecond,
    secondsLeft,
    failure: record.failure,
    retryAtMs: live?.retryAtMs ?? null,
    addedAtMs: record.addedAtMs,
    finishedAtMs: 'finishedAtMs' in state ? state.finishedAtMs : null,
    sha256: 'sha256' in state ? state.sha256 : null,
    storageKey: 'storageKey' in state ? state.storageKey : null,
    modelId: modelIdOf(state),
    verification: verificationOf(state),
  }
  addOptionalValues(row, record, live)
  return row
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

function addOptionalValues(row: Writable<UploadRow>, record: UploadRecord, live: LiveState | null): void {
  const offeredType = offeredTypeOf(record)
  if (isPathEdited(record)) row.isPathEdited = true
  if (offeredType !== undefined) row.offeredType = offeredType
  if (row.phase === 'review') row.review = reviewIdOf(record)
  if (record.allowed && record.failure === null && record.phase !== 'registered') row.isRisky = true
  if (live?.phase === 'sending' && live.waitsForTurn) row.waitsForTurn = true
  if (live?.isPausing) row.pausing = pausingOf(record, live)
  if (record.library) addLibraryValues(row, record.library)
}

function addLibraryValues(row: Writable<UploadRow>, library: LibraryRelation): void {
  const { onConflict, decided, already, replaces } = library
  if (decided && onConflict) row.decided = { choice: onConflict, conflict: decided }
  if (already) row.already = already
  if (replaces) row.replaces = replaces
}

/** Whether the path differs from the one that was suggested, or would have been for the present type. */
function isPathEdited({ target, seen }: UploadRecord): boolean {
  return seen !== undefined && target.modelPath !== withModelType(seen.target, target.modelType).modelPath
}

/** The type that is offered, unless the user has chosen one or bytes were sent. */
function offeredTypeOf({ target, seen, state }: UploadRecord): string | undefined {
  const isOpen = !isStarted(state) && target.modelType === seen?.target.modelType
  return isOpen ? seen.offeredType : undefined
}

function pausingOf(record: UploadRecord, { inFlightParts, inFlightBytes }: LiveState): Pausing {
  return {
    isSingle: record.phase === 'paused',
    finishingParts: inFlightParts,
    unacknowledgedBytes: inFlightBytes,
  }
}

type Progress = Pick<
  UploadRow,
  'sentBytes' | 'inFlightBytes' | 'hashedBytes' | 'bytesPerSecond' | 'secondsLeft'
>

function progressOf(record: UploadRecord, live: LiveState | null, speedScale: number): Progress {
  const { sizeBytes } = record.identity
  if (record.phase === 'registered') {
    const sentBytes = record.library?.already ? (live?.sentBytes ?? 0) : sizeBytes
    return { sentBytes, inFlightBytes: 0, hashedBytes: sizeBytes, bytesPerSecond: null, secondsLeft: null }
  }
  const { sentBytes, inFlightBytes, hashedBytes } = live ?? {
    sentBytes: 0,
    inFlightBytes: 0,
    hashedBytes: 0,
  }
  const speed = live && isSending(live) ? live.speed : null
  return {
    sentBytes,
    inFlightBytes,
    hashedBytes,
    bytesPerSecond: speed?.bytesPerSecond(speedScale) ?? null,
    secondsLeft: speed?.secondsLeft(sizeBytes - sentBytes - inFlightBytes, speedScale) ?? null,
  }
}
