import { expect, test } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import type { Verification } from '../../../electron/contract/verification.ts'
import { columns, fromColumns, toColumns } from '../../../electron/journal/record-columns.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import type { Shard } from '../../../electron/recognition/model-groups.ts'
import {
  registeredRecord,
  uploadRecord,
  multipartOpenState,
  replacingState,
  storedState,
  withVerification,
} from '../../support/records.ts'

function lineOf(record: UploadRecord): Record<string, unknown> {
  const values = toColumns(record)
  return Object.fromEntries(columns.map((name, index) => [name, values[index]]))
}

/** An upload of a numbered part. */
const partOf = (shard: Shard) =>
  uploadRecord({
    seen: {
      place: '/models/unet',
      group: { key: 'abc', name: 'flux', kind: 'shards', root: '/models/unet', within: [], shard },
      target: { displayName: 'Flux', modelType: 'loras', modelPath: 'models/loras/flux.safetensors' },
    },
  })

test.each<[string, UploadRecord]>([
  ['that waits', uploadRecord()],
  ['in review', uploadRecord({ phase: 'review' })],
  ['that was registered', registeredRecord()],
  [
    'of a file from before 1970',
    uploadRecord({
      identity: { sizeBytes: 1, mtimeNs: -315_619_200_000_000_001n, ctimeNs: -1n, inode: 1n },
    }),
  ],
  [
    'whose inode is above 2^63, as Node returns it',
    uploadRecord({ identity: { sizeBytes: 1, mtimeNs: 1n, inode: -9_223_372_036_854_775_807n } }),
  ],
  [
    'that failed',
    uploadRecord({
      phase: 'failed',
      failure: failure(
        'rate-limited',
        { team: 'Studio North' },
        { serverMessage: 'slow down', detail: 'HTTP 429', retryAfterMs: 9_000 },
      ),
    }),
  ],
  [
    'that goes in parts',
    uploadRecord({
      state: {
        kind: 'multipart-open',
        multipart: { uploadId: 'opaque/1', storageKey: 'models/1', partSizeBytes: 104_857_600 },
      },
    }),
  ],
  ['that sent bytes', uploadRecord({ state: { kind: 'queued', started: true } })],
  ['that is stored', uploadRecord({ state: storedState() })],
  [
    'that was sent in parts and is stored',
    uploadRecord({ state: storedState({ multipart: multipartOpenState(104_857_600).multipart }) }),
  ],
  ...(
    [
      { kind: 'pending' },
      { kind: 'verified', atMs: 5 },
      { kind: 'not-verified', reason: 'unsupported', isFinal: true, atMs: 5 },
      { kind: 'not-verified', reason: 'server-trouble', isFinal: false, atMs: 5 },
      { kind: 'differs', differences: [{ field: 'size', expected: '7', found: '8' }], atMs: 5 },
    ] satisfies Verification[]
  ).map((verification): [string, UploadRecord] => [
    `whose verification is ${JSON.stringify(verification)}`,
    withVerification(verification),
  ]),
  ['that replaces a model', uploadRecord({ state: replacingState('new') })],
  [
    'of bytes that the library had',
    uploadRecord({
      phase: 'registered',
      state: { kind: 'duplicate', sha256: 'ab'.repeat(32), modelId: 'm', finishedAtMs: 1 },
    }),
  ],
  ['that is part of a model', partOf({ stem: 'flux', count: 3, extension: '.safetensors' })],
  [
    'that is part of a model with other numbers',
    partOf({
      stem: 'model',
      count: 163,
      extension: '.safetensors',
      numberDigits: 4,
      countDigits: 6,
      firstNumber: 0,
    }),
  ],
  [
    'without code',
    uploadRecord({
      recognition: {
        format: 'pytorch',
        hasNoCode: true,
        modelType: null,
        base: null,
        reason: { key: 'reason.pytorch', params: {} },
        tensorCount: null,
        dtype: null,
      },
    }),
  ],
  [
    'of which nothing was recognised',
    uploadRecord({
      recognition: {
        format: 'other',
        modelType: null,
        base: null,
        reason: { key: 'reason.nothing', params: {} },
        tensorCount: null,
        dtype: null,
      },
    }),
  ],
])('an upload %s is read as it was written', (_name, record) => {
  expect(fromColumns(lineOf(record))).toEqual(record)
})

test('times in ns, 64-bit inodes and devices keep full precision', () => {
  const identity = {
    sizeBytes: 1,
    mtimeNs: 9_007_199_254_740_993n,
    inode: 18_446_744_073_709_551_615n,
    device: 18_446_744_073_709_551_615n,
    sample: 'abc=',
  }
  expect(fromColumns(lineOf(uploadRecord({ identity })))?.identity).toEqual(identity)
})

test.each<[string, Record<string, unknown>]>([
  ['a phase that nobody keeps', { phase: 'sending' }],
  ['a recognition that is not JSON', { recognition: '{' }],
  ['a failure that this version does not know', { failure: '{"code":"struck-by-lightning","params":{}}' }],
  ['a time that is no number', { mtime_ns: 'yesterday' }],
  ['a missing team', { team_id: undefined }],
  ['a place that is no text', { seen: '{"place":1}' }],
  ['an unknown verification', { verification: '{"kind":"maybe"}' }],
  ['a storage key without a hash', { storage_key: 'k' }],
  ['a hash without a storage key', { sha256: 'ab'.repeat(32) }],
  ['a model of bytes that were never stored', { model_id: 'm' }],
  ['an end before it was registered', { finished_at_ms: 5 }],
  ['no end although it was registered', { phase: 'registered', model_id: 'm', sha256: 'ab' }],
  ['parts of no size', { multipart: '{"uploadId":"u","storageKey":"k","partSizeBytes":0}' }],
])('a row with %s is unreadable', (_name, damage) => {
  expect(fromColumns({ ...lineOf(uploadRecord()), ...damage })).toBeNull()
})
