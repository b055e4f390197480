import type { SQLInputValue } from 'node:sqlite'
import * as v from 'valibot'
import { libraryRelationSchema } from '../contract/library.ts'
import { groupSchema, recognitionSchema } from '../contract/recognition.ts'
import { failureSchema } from '../contract/stored-values.ts'
import { verificationSchema } from '../contract/verification.ts'
import {
  isStarted,
  isUnverified,
  modelIdOf,
  multipartOf,
  verificationOf,
  type UploadRecord,
  type UploadState,
} from './upload-record.ts'

const multipart = v.object({
  uploadId: v.string(),
  storageKey: v.string(),
  partSizeBytes: v.pipe(v.number(), v.integer(), v.minValue(1)),
  completing: v.exactOptional(v.literal(true)),
})

const seen = v.object({
  place: v.string(),
  boundary: v.exactOptional(v.string()),
  isNamed: v.exactOptional(v.literal(true)),
  group: v.exactOptional(
    v.object({
      ...groupSchema.entries,
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
})

// Negative before 1970, and for inodes from 2^63 on, as Node returns signed numbers.
const integerText = v.pipe(v.string(), v.regex(/^-?\d+$/))

const textOf = (value: bigint | undefined) => (value === undefined ? null : String(value))

/** A column with a value as JSON, or null. */
function json<Schema extends v.GenericSchema>(schema: Schema, valueOf: (record: UploadRecord) => unknown) {
  const write = (record: UploadRecord) => {
    const value = valueOf(record) ?? null
    return value === null ? null : JSON.stringify(value)
  }
  return [v.nullable(v.pipe(v.string(), v.parseJson(), schema)), write] as const
}

/** Of each column, its schema, since the file may have been changed or damaged, and its value for a record. */
const fields = {
  id: [v.string(), ({ id }) => id],
  position: [v.number(), ({ position }) => position],
  path: [v.string(), ({ path }) => path],
  file_name: [v.string(), ({ fileName }) => fileName],
  folder: [v.string(), ({ folder }) => folder],
  size_bytes: [v.number(), ({ identity }) => identity.sizeBytes],
  mtime_ns: [integerText, ({ identity }) => String(identity.mtimeNs)],
  inode: [integerText, ({ identity }) => String(identity.inode)],
  device: [v.nullable(integerText), ({ identity }) => textOf(identity.device)],
  sample: [v.nullable(v.string()), ({ identity }) => identity.sample ?? null],
  ctime_ns: [v.nullable(integerText), ({ identity }) => textOf(identity.ctimeNs)],
  account_id: [v.string(), ({ accountId }) => accountId],
  team_id: [v.string(), ({ team }) => team.id],
  team_name: [v.string(), ({ team }) => team.name],
  display_name: [v.string(), ({ target }) => target.displayName],
  model_type: [v.string(), ({ target }) => target.modelType],
  model_path: [v.string(), ({ target }) => target.modelPath],
  recognition: json(recognitionSchema, ({ recognition }) => recognition),
  allowed: [v.number(), ({ allowed }) => Number(allowed)],
  phase: [
    v.picklist(['waiting', 'paused', 'failed', 'registered']),
    ({ phase }) => (phase === 'review' ? 'paused' : phase),
  ],
  started: [v.number(), ({ state }) => Number(isStarted(state))],
  failure: json(failureSchema, ({ failure }) => failure),
  multipart: json(multipart, ({ state }) => multipartOf(state)),
  storage_key: [v.nullable(v.string()), ({ state }) => ('storageKey' in state ? state.storageKey : null)],
  sha256: [v.nullable(v.string()), ({ state }) => ('sha256' in state ? state.sha256 : null)],
  model_id: [v.nullable(v.string()), ({ state }) => modelIdOf(state)],
  added_at_ms: [v.number(), ({ addedAtMs }) => addedAtMs],
  finished_at_ms: [
    v.nullable(v.number()),
    ({ state }) => ('finishedAtMs' in state ? state.finishedAtMs : null),
  ],
  library: json(libraryRelationSchema, ({ library }) => library),
  seen: json(seen, (record) => record.seen),
  verification: json(verificationSchema, ({ state }) => verificationOf(state)),
  // Derived, for the index.
  to_verify: [v.number(), ({ state }) => Number(isUnverified(state))],
  in_review: [v.number(), ({ phase }) => Number(phase === 'review')],
} satisfies Record<string, readonly [v.GenericSchema, (record: UploadRecord) => SQLInputValue]>

type Fields = typeof fields
const writers = Object.values(fields).map(([, write]) => write)
const line = v.object(
  Object.fromEntries(Object.entries(fields).map(([name, [schema]]) => [name, schema])) as {
    [Name in keyof Fields]: Fields[Name][0]
  },
)

/** The columns, in the order of `toColumns`. */
export const columns = Object.keys(fields)

/** Reads one row; null if it is unreadable. */
export function fromColumns(columnValues: unknown): UploadRecord | null {
  const parsed = v.safeParse(line, columnValues)
  if (!parsed.success) return null
  const row = parsed.output
  const state = stateOf(row)
  if (!state || !row.recognition) return null
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
export const toColumns = (record: UploadRecord): SQLInputValue[] => writers.map((write) => write(record))
