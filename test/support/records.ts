import type { UploadRecord } from '../../electron/journal/upload-record.ts'

let made = 0

/** An upload as the journal keeps it, waiting for its turn, with an id and a place of its own. */
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
    started: false,
    failure: null,
    multipart: null,
    storageKey: null,
    sha256: null,
    modelId: null,
    addedAtMs: 1_790_000_000_000 + made,
    finishedAtMs: null,
    ...given,
  }
}

/** The same once it is in the library. */
export function registeredRecord(given: Partial<UploadRecord> = {}): UploadRecord {
  const record = uploadRecord()
  return {
    ...record,
    phase: 'registered',
    started: true,
    storageKey: `models/${record.id}`,
    sha256: 'ab'.repeat(32),
    modelId: `model of ${record.id}`,
    finishedAtMs: record.addedAtMs + 60_000,
    ...given,
  }
}
