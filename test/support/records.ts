import type { Account } from '../../electron/contract/account.ts'
import type { Verification } from '../../electron/contract/verification.ts'
import type { LiveState } from '../../electron/journal/row-view.ts'
import type { LogRecorder } from '../../electron/journal/upload-log/log-recorder.ts'
import type {
  MultipartOpenState,
  RegisteredRecord,
  RegisteredUpload,
  RegisteredState,
  ReplacingState,
  StoredState,
  UploadRecord,
} from '../../electron/journal/upload-record.ts'
import { createSpeedMeter } from '../../electron/platform/speed-meter.ts'
import type { FoundFile } from '../../electron/recognition/found-file.ts'

let made = 0

/** A queued upload as stored in the journal, with its own id and position. */
export function uploadRecord(given: Partial<UploadRecord> = {}): UploadRecord {
  made += 1
  return {
    id: `upload ${made}`,
    position: made,
    path: `/models/loras/file ${made}.safetensors`,
    fileName: `file ${made}.safetensors`,
    folder: 'loras',
    identity: {
      sizeBytes: 6_800_000_000,
      mtimeNs: 1_790_000_000_123_456_789n,
      inode: 18_446_744_073_709_551_615n,
    },
    accountId: 'cloud.example alice',
    team: { id: 'team_01', name: 'Studio North' },
    target: {
      displayName: `File ${made}`,
      modelType: 'loras',
      modelPath: `models/loras/file ${made}.safetensors`,
    },
    recognition: {
      format: 'safetensors',
      modelType: 'loras',
      base: 'SDXL',
      reason: { key: 'reason.header', params: { marker: 'lora_up' } },
      tensorCount: 12,
      dtype: 'F16',
    },
    allowed: false,
    phase: 'waiting',
    failure: null,
    state: { kind: 'queued', started: false },
    addedAtMs: 1_790_000_000_000 + made,
    ...given,
  }
}

/** The session of a user with this name in `team_01`. */
export function account(personId: string, given: Partial<Account> = {}): Account {
  return {
    id: `cloud.example ${personId}`,
    kind: 'session',
    server: 'https://cloud.example/api/v1',
    personId,
    name: personId,
    email: `${personId}@studio.example`,
    teams: [{ id: 'team_01', name: 'Studio North' }],
    state: 'ready',
    ...given,
  }
}

/** A file as it is found in `/models`. */
export function foundFile(name: string, given: Partial<FoundFile> = {}): FoundFile {
  return {
    path: `/models/${name}`,
    name,
    folder: '',
    place: '/models',
    sizeBytes: 1,
    mtimeNs: 1n,
    inode: 1n,
    device: 1n,
    failure: null,
    ...given,
  }
}

/** What an upload is doing before anything of it was sent. */
export function liveState(given: Partial<LiveState> = {}): LiveState {
  return {
    phase: 'waiting',
    isRequested: true,
    sentBytes: 0,
    inFlightBytes: 0,
    inFlightParts: 0,
    hashedBytes: 0,
    isPausing: false,
    waitsForTurn: false,
    retryAtMs: null,
    attempts: 0,
    speed: createSpeedMeter(() => 0),
    ...given,
  }
}

/** A record of an upload whose library record was compared with its file. */
export function withVerification(verification: Verification): RegisteredUpload {
  const record = registeredRecord()
  return { ...record, state: { ...registeredState('m', record.state.finishedAtMs), verification } }
}

/** A record of an upload whose model is in the library. */
export function registeredRecord({
  storageKey,
  sha256,
  multipart,
  modelId,
  finishedAtMs,
  ...given
}: Partial<Omit<UploadRecord, 'state'> & Omit<RegisteredState, 'kind'>> = {}): RegisteredRecord {
  const record = uploadRecord()
  return {
    ...record,
    phase: 'registered',
    state: {
      kind: 'registered',
      storageKey: storageKey ?? `models/${record.id}`,
      sha256: sha256 ?? 'ab'.repeat(32),
      multipart: multipart ?? null,
      modelId: modelId ?? `model of ${record.id}`,
      finishedAtMs: finishedAtMs ?? record.addedAtMs + 60_000,
    },
    ...given,
  }
}

export function multipartOpenState(partSizeBytes: number): MultipartOpenState {
  return { kind: 'multipart-open', multipart: { uploadId: 'u', storageKey: 'k', partSizeBytes } }
}

export function storedState(given: Partial<StoredState> = {}): StoredState {
  return { kind: 'stored', storageKey: 'k', sha256: 'ab'.repeat(32), multipart: null, ...given }
}

export function replacingState(modelId: string): ReplacingState {
  return { ...storedState(), kind: 'replacing', modelId }
}

export function registeredState(modelId: string, finishedAtMs: number): RegisteredState {
  return { ...storedState(), kind: 'registered', modelId, finishedAtMs }
}

/** Records nothing. */
export const noLog: LogRecorder = {
  setHoldReason() {},
  entered() {},
  progressed() {},
  setTurn() {},
  waitsForConnection() {},
}

/** A record of a file that the library already had. */
export function copyRecord(finishedAtMs: number): RegisteredRecord {
  return {
    ...uploadRecord(),
    phase: 'registered',
    state: { kind: 'duplicate', sha256: 'ab'.repeat(32), modelId: 'theirs', finishedAtMs },
    library: { already: { name: 'Theirs', path: null, status: 'active' } },
  }
}
