import * as v from 'valibot'
import { failureKinds, type Failure } from '../contract/failures.ts'
import { onConflict, replacedFate } from '../contract/library.ts'
import { containedParts, modelFormats, privateContent } from '../contract/recognition.ts'
import { recordFields } from '../contract/verification.ts'
import {
  isStarted,
  isUnverified,
  modelIdOf,
  multipartOf,
  type UploadRecord,
  type UploadState,
} from './upload-record.ts'

const parameters = v.record(v.string(), v.union([v.string(), v.number()]))

const failureCodes = Object.keys(failureKinds) as [Failure['code']]

const failureObject = v.object({
  code: v.picklist(failureCodes),
  params: parameters,
  serverMessage: v.exactOptional(v.string()),
  detail: v.exactOptional(v.string()),
  retryAfterMs: v.exactOptional(v.number()),
})

const failureText = v.pipe(v.string(), v.parseJson(), failureObject)

const reasonText = v.object({ key: v.string(), params: v.record(v.string(), v.string()) })

const group = {
  key: v.string(),
  name: v.string(),
  kind: v.picklist(['diffusers', 'shards', 'external']),
}

const recognitionText = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    format: v.picklist(modelFormats),
    modelType: v.nullable(v.string()),
    base: v.nullable(v.string()),
    variant: v.exactOptional(v.string()),
    contains: v.exactOptional(v.array(v.picklist(containedParts))),
    reason: reasonText,
    note: v.exactOptional(reasonText),
    tensorCount: v.nullable(v.number()),
    dtype: v.nullable(v.string()),
    signature: v.exactOptional(v.string()),
    group: v.exactOptional(v.object(group)),
    hasPreview: v.exactOptional(v.boolean()),
    hasNoCode: v.exactOptional(v.literal(true)),
    privateContent: v.exactOptional(v.array(v.picklist(privateContent))),
    licence: v.exactOptional(v.string()),
  }),
)

const multipartText = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    uploadId: v.string(),
    storageKey: v.string(),
    partSizeBytes: v.pipe(v.number(), v.integer(), v.minValue(1)),
    completing: v.exactOptional(v.literal(true)),
  }),
)

const libraryText = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    onConflict: v.exactOptional(onConflict),
    fate: v.exactOptional(replacedFate),
    decided: v.exactOptional(failureObject),
    replaces: v.exactOptional(
      v.object({
        modelId: v.string(),
        name: v.string(),
        path: v.string(),
        fate: replacedFate,
        asidePath: v.nullable(v.string()),
      }),
    ),
    already: v.exactOptional(
      v.object({ name: v.string(), path: v.nullable(v.string()), status: v.string() }),
    ),
  }),
)

const seenText = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    place: v.string(),
    boundary: v.exactOptional(v.string()),
    isNamed: v.exactOptional(v.literal(true)),
    group: v.exactOptional(
      v.object({
        ...group,
        root: v.string(),
        within: v.array(v.string()),
        files: v.exactOptional(v.array(v.string())),
        shard: v.exactOptional(
          v.object({
            stem: v.string(),
            count: v.number(),
            extension: v.string(),
            numberDigits: v.exactOptional(v.number()),
            countDigits: v.exactOptional(v.number()),
            firstNumber: v.exactOptional(v.number()),
          }),
        ),
      }),
    ),
    target: v.object({ displayName: v.string(), modelType: v.string(), modelPath: v.string() }),
    offeredType: v.exactOptional(v.string()),
    isFound: v.exactOptional(v.literal(true)),
    review: v.exactOptional(v.string()),
  }),
)

const atMs = v.number()

const verificationText = v.pipe(
  v.string(),
  v.parseJson(),
  v.variant('kind', [
    v.object({ kind: v.literal('pending') }),
    v.object({ kind: v.literal('verified'), atMs }),
    v.object({
      kind: v.literal('not-verified'),
      reason: v.picklist([...failureCodes, 'unsupported', 'missing', 'incomplete', 'edited', 'deleted']),
      isFinal: v.boolean(),
      atMs,
    }),
    v.object({
      kind: v.literal('differs'),
      differences: v.array(
        v.object({ field: v.picklist(recordFields), expected: v.string(), found: v.string() }),
      ),
      atMs,
    }),
  ]),
)

/** A row of the table, validated because the file may have been changed or damaged. */
const line = v.object({
  id: v.string(),
  position: v.number(),
  path: v.string(),
  file_name: v.string(),
  folder: v.string(),
  size_bytes: v.number(),
  // Negative before 1970.
  mtime_ns: v.pipe(v.string(), v.regex(/^-?\d+$/)),
  // Negative from 2^63 on, as Node returns signed numbers.
  inode: v.pipe(v.string(), v.regex(/^-?\d+$/)),
  device: v.nullable(v.pipe(v.string(), v.regex(/^-?\d+$/))),
  sample: v.nullable(v.string()),
  ctime_ns: v.nullable(v.pipe(v.string(), v.regex(/^-?\d+$/))),
  account_id: v.string(),
  team_id: v.string(),
  team_name: v.string(),
  display_name: v.string(),
  model_type: v.string(),
  model_path: v.string(),
  recognition: recognitionText,
  allowed: v.number(),
  phase: v.picklist(['waiting', 'paused', 'failed', 'registered']),
  started: v.number(),
  failure: v.nullable(failureText),
  multipart: v.nullable(multipartText),
  storage_key: v.nullable(v.string()),
  sha256: v.nullable(v.string()),
  model_id: v.nullable(v.string()),
  added_at_ms: v.number(),
  finished_at_ms: v.nullable(v.number()),
  library: v.nullable(libraryText),
  seen: v.nullable(seenText),
  verification: v.nullable(verificationText),
  /** Derived, for the index. */
  to_verify: v.number(),
  in_review: v.number(),
})

/** The columns, in the order of `toColumns`. */
export const columns = Object.keys(line.entries)

/** Reads one row; null if it is unreadable. */
export function fromColumns(columnValues: unknown): UploadRecord | null {
  const parsed = v.safeParse(line, columnValues)
  if (!parsed.success) return null
  const row = parsed.output
  const state = stateOf(row)
  if (!state) return null
  return {
    id: row.id,
    position: row.position,
    path: row.path,
    fileName: row.file_name,
    folder: row.folder,
    identity: {
      sizeBytes: row.size_bytes,
      mtimeNs: BigInt(row.mtime_ns),
      inode: BigInt(row.inode),
      ...(row.device === null ? {} : { device: BigInt(row.device) }),
      ...(row.sample === null ? {} : { sample: row.sample }),
      ...(row.ctime_ns === null ? {} : { ctimeNs: BigInt(row.ctime_ns) }),
    },
    accountId: row.account_id,
    team: { id: row.team_id, name: row.team_name },
    target: { displayName: row.display_name, modelType: row.model_type, modelPath: row.model_path },
    recognition: row.recognition,
    allowed: row.allowed === 1,
    phase: row.in_review === 1 ? 'review' : row.phase,
    failure: row.failure,
    state,
    addedAtMs: row.added_at_ms,
    ...(row.library === null ? {} : { library: row.library }),
    ...(row.seen === null ? {} : { seen: row.seen }),
  }
}

/** The state that the columns describe, or null for a combination that is never written. */
function stateOf(row: v.InferOutput<typeof line>): UploadState | null {
  const {
    phase,
    multipart,
    storage_key: storageKey,
    sha256,
    model_id: modelId,
    finished_at_ms: finishedAtMs,
    verification,
  } = row
  if ((phase === 'registered') !== (finishedAtMs !== null)) return null
  const verified = verification === null ? {} : { verification }
  if (storageKey === null) {
    if (finishedAtMs !== null) {
      if (modelId === null || sha256 === null || multipart !== null) return null
      return { kind: 'duplicate', sha256, modelId, finishedAtMs, ...verified }
    }
    if (modelId !== null || sha256 !== null) return null
    return multipart === null
      ? { kind: 'queued', started: row.started === 1 }
      : { kind: 'multipart-open', multipart }
  }
  if (sha256 === null) return null
  const object = { storageKey, sha256, multipart }
  if (modelId === null) return finishedAtMs === null ? { kind: 'stored', ...object } : null
  if (finishedAtMs === null) return { kind: 'replacing', ...object, modelId }
  return { kind: 'registered', ...object, modelId, finishedAtMs, ...verified }
}

/** The values of a record in the order of `columns`. */
export function toColumns(record: UploadRecord): (string | number | null)[] {
  const { state } = record
  const multipart = multipartOf(state)
  const isInReview = record.phase === 'review'
  return [
    record.id,
    record.position,
    record.path,
    record.fileName,
    record.folder,
    record.identity.sizeBytes,
    String(record.identity.mtimeNs),
    String(record.identity.inode),
    record.identity.device === undefined ? null : String(record.identity.device),
    record.identity.sample ?? null,
    record.identity.ctimeNs === undefined ? null : String(record.identity.ctimeNs),
    record.accountId,
    record.team.id,
    record.team.name,
    record.target.displayName,
    record.target.modelType,
    record.target.modelPath,
    JSON.stringify(record.recognition),
    Number(record.allowed),
    isInReview ? 'paused' : record.phase,
    Number(isStarted(state)),
    record.failure === null ? null : JSON.stringify(record.failure),
    multipart === null ? null : JSON.stringify(multipart),
    'storageKey' in state ? state.storageKey : null,
    'sha256' in state ? state.sha256 : null,
    modelIdOf(state),
    record.addedAtMs,
    'finishedAtMs' in state ? state.finishedAtMs : null,
    record.library ? JSON.stringify(record.library) : null,
    record.seen ? JSON.stringify(record.seen) : null,
    'verification' in state && state.verification ? JSON.stringify(state.verification) : null,
    Number(isUnverified(state)),
    Number(isInReview),
  ]
}
