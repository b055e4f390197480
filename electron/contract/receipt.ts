import * as v from 'valibot'
import { serverOf } from './account.ts'
import type { UploadRow } from './uploads.ts'

const text = (maxLength: number) => v.pipe(v.string(), v.maxLength(maxLength))
const time = v.pipe(v.string(), v.isoTimestamp())

/**
 * A receipt of one upload, as saved in a JSON file: what was registered where, and whether the library's
 * record was compared with it. Contains no path of the computer. The number changes when a member is removed
 * or changes its meaning.
 */
export const receiptSchema = v.object({
  receipt: v.literal('modelferry upload'),
  version: v.literal(1),
  file: v.object({
    name: text(1_000),
    sizeBytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
    sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  }),
  model: v.object({
    id: text(400),
    name: text(1_000),
    /** Null if the library already had the model: its type was not set by this upload. */
    type: v.nullable(text(1_000)),
    path: v.nullable(text(4_000)),
  }),
  /** The multi-file model that the file belongs to; absent for a model of one file. */
  partOf: v.exactOptional(v.object({ name: text(1_000), kind: text(50) })),
  team: v.object({ id: text(400), name: text(1_000) }),
  /** Host and port. */
  server: text(2_000),
  /** Null if the library already had a model with the same bytes. */
  storageKey: v.nullable(text(4_000)),
  addedAt: time,
  registeredAt: time,
  /** When the library's record was compared with the file and matched, or null. */
  verifiedAt: v.nullable(time),
})

export type Receipt = v.InferOutput<typeof receiptSchema>

const iso = (atMs: number) => new Date(atMs).toISOString()

/** The receipt of a registered upload; null for any other. */
export function receiptOf(row: UploadRow): Receipt | null {
  const { sha256, modelId, finishedAtMs, verification, target, team, already, recognition } = row
  if (row.phase !== 'registered' || sha256 === null || modelId === null || finishedAtMs === null) return null
  return {
    receipt: 'modelferry upload',
    version: 1,
    file: { name: row.fileName, sizeBytes: row.sizeBytes, sha256 },
    model: already
      ? { id: modelId, name: already.name, type: null, path: already.path }
      : { id: modelId, name: target.displayName, type: target.modelType, path: target.modelPath },
    ...(recognition.group ? { partOf: { name: recognition.group.name, kind: recognition.group.kind } } : {}),
    team: { id: team.id, name: team.name },
    server: serverOf(row.accountId),
    storageKey: row.storageKey,
    addedAt: iso(row.addedAtMs),
    registeredAt: iso(finishedAtMs),
    verifiedAt: verification?.kind === 'verified' ? iso(verification.atMs) : null,
  }
}
