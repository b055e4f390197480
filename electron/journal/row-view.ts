import type { Phase, UploadRow } from '../contract/uploads.ts'
import { isStarted, modelIdOf, type UploadRecord } from './upload-record.ts'
import type { SpeedMeter } from '../platform/speed-meter.ts'

/** What an upload is doing right now. Kept in memory only. */
export interface LiveState {
  phase: Phase
  sentBytes: number
  inFlightBytes: number
  hashedBytes: number
  retryAtMs: number | null
  /** Attempts since storage last acknowledged bytes. */
  attempts: number
  readonly speed: SpeedMeter
}

/** What the page sees of an upload: everything except its path on this computer. */
export function toUploadRow(record: UploadRecord, live: LiveState | null): UploadRow {
  const { state } = record
  const { sizeBytes } = record.identity
  const done = record.phase === 'registered'
  const sending = live?.phase === 'sending'
  const bytesPerSecond = sending ? live.speed.bytesPerSecond() : null
  const already = record.library?.already
  const sentBytes = done && !already ? sizeBytes : (live?.sentBytes ?? 0)
  const inFlightBytes = done ? 0 : (live?.inFlightBytes ?? 0)
  return {
    id: record.id,
    position: record.position,
    fileName: record.fileName,
    folder: record.folder,
    sizeBytes,
    accountId: record.accountId,
    team: record.team,
    target: record.target,
    recognition: record.recognition,
    phase: live?.phase ?? record.phase,
    started: isStarted(state),
    sentBytes,
    inFlightBytes,
    hashedBytes: done ? sizeBytes : (live?.hashedBytes ?? 0),
    bytesPerSecond,
    secondsLeft: sending ? live.speed.secondsLeft(sizeBytes - sentBytes - inFlightBytes) : null,
    failure: record.failure,
    retryAtMs: live?.retryAtMs ?? null,
    addedAtMs: record.addedAtMs,
    finishedAtMs: 'finishedAtMs' in state ? state.finishedAtMs : null,
    sha256: 'sha256' in state ? state.sha256 : null,
    storageKey: 'storageKey' in state ? state.storageKey : null,
    modelId: modelIdOf(state),
    ...(already ? { already } : {}),
    ...(record.library?.replaces ? { replaces: record.library.replaces } : {}),
  }
}
