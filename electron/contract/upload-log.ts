import * as v from 'valibot'
import { serverOf } from './account.ts'
import { failureSchema } from './stored-values.ts'
import type { Phase, UploadRow } from './uploads.ts'
import type { Verification } from './verification.ts'

/** Why an upload stopped without a failure, or waits for something that it resumes after. */
export const logPauseReasons = [
  /** The user paused this upload, or all of them. */
  'user',
  'all',
  'quiet-hours',
  'battery',
  'metered',
  /** No server responds, or the file's disk is not connected. */
  'offline',
  'disk',
  /** The app was closed, or its connections were replaced after sleep or a change of the network. */
  'quit',
  'network-change',
] as const
export type LogPauseReason = (typeof logPauseReasons)[number]

export const logEventNames = [
  'approved',
  /** A refused file has changed, or its approval was undone. */
  'in-review',
  'waiting',
  'checking',
  'sending',
  'finishing',
  'registering',
  /** The last one: the library already had the bytes. */
  'registered',
  'found',
  'retrying',
  'failed',
  'paused',
  'resumed',
  /** A process ended without writing more, such as in a crash. */
  'ended',
  /** Stands for several events of a long log. */
  'omitted',
] as const
export type LogEventName = (typeof logEventNames)[number]

const amount = v.pipe(v.number(), v.minValue(0))

/** One event of an upload, as stored. Times are in ms since the epoch. */
export const logEventSchema = v.object({
  event: v.picklist(logEventNames),
  atMs: v.number(),
  /** Of a pause. */
  reason: v.exactOptional(v.picklist(logPauseReasons)),
  /** Without secrets, as all failures; redacted once more before it is stored. */
  failure: v.exactOptional(v.omit(failureSchema, ['retryAfterMs'])),
  retryAtMs: v.exactOptional(v.number()),
  /** How many times it happened in a row, or how many events it stands for, and when last. */
  count: v.exactOptional(amount),
  lastAtMs: v.exactOptional(v.number()),
  /** Bytes that left this computer during this phase, repeated ones included, and of these the acknowledged ones. */
  sentBytes: v.exactOptional(amount),
  acknowledgedBytes: v.exactOptional(amount),
  /** Time in which they were sent. */
  sendingMs: v.exactOptional(amount),
  /** Parts that were being sent when they were stopped or failed, and their bytes that storage has not acknowledged. */
  interruptedParts: v.exactOptional(amount),
  unconfirmedBytes: v.exactOptional(amount),
  /** Acknowledged bytes that became useless: the upload restarts at byte 0. */
  lostBytes: v.exactOptional(amount),
  /** Retries among omitted events. */
  retries: v.exactOptional(amount),
})
export type LogEvent = Readonly<v.InferOutput<typeof logEventSchema>>

/** Bytes sent in a time, which together show the speed over the whole upload. */
export const speedPointSchema = v.object({ durationMs: amount, bytes: amount })
export type SpeedPoint = Readonly<v.InferOutput<typeof speedPointSchema>>

/** The events of an upload, oldest first, and its speed. Both are bounded (see journal/upload-log/upload-log.ts). */
export interface UploadLog {
  readonly events: readonly LogEvent[]
  readonly speed: readonly SpeedPoint[]
}

type Timed<Event> = Omit<Event, 'atMs' | 'lastAtMs' | 'retryAtMs'> & {
  readonly at: string
  readonly lastAt?: string
  readonly retryAt?: string
}

/**
 * The log of one upload, as shown, copied and saved in a JSON file. Contains no path of the computer. The number
 * changes when a member is removed or changes its meaning. Times are ISO 8601 in UTC.
 */
export interface LogDocument {
  readonly log: 'modelferry upload'
  readonly version: 1
  readonly id: string
  readonly file: { readonly name: string; readonly sizeBytes: number; readonly sha256: string | null }
  readonly model: {
    readonly id: string | null
    readonly name: string
    /** Null if the library already had the model. */
    readonly type: string | null
    readonly path: string | null
  }
  readonly team: { readonly id: string; readonly name: string }
  /** Host and port. */
  readonly server: string
  readonly phase: Phase
  readonly addedAt: string
  readonly registeredAt: string | null
  /** How the library's record compares with the file; null before registering. */
  readonly verification: Verification | null
  readonly totals: LogTotals
  readonly speed: readonly SpeedPoint[]
  readonly events: readonly LogDocumentEvent[]
}
export type LogDocumentEvent = Timed<LogEvent>

/** Sums over the events. */
export interface LogTotals {
  readonly sentBytes: number
  readonly sendingMs: number
  /** Null if the time is too short for it. */
  readonly bytesPerSecond: number | null
  readonly retries: number
  readonly interruptedParts: number
  readonly unconfirmedBytes: number
  readonly lostBytes: number
}

/** A shorter time of sending says nothing about the speed, in ms. */
const minSpeedMs = 1_000

const iso = (atMs: number) => new Date(atMs).toISOString()

export function logDocumentOf(row: UploadRow, { events, speed }: UploadLog): LogDocument {
  const { target, team, already, finishedAtMs } = row
  return {
    log: 'modelferry upload',
    version: 1,
    id: row.id,
    file: { name: row.fileName, sizeBytes: row.sizeBytes, sha256: row.sha256 },
    model: already
      ? { id: row.modelId, name: already.name, type: null, path: already.path }
      : { id: row.modelId, name: target.displayName, type: target.modelType, path: target.modelPath },
    team: { id: team.id, name: team.name },
    server: serverOf(row.accountId),
    phase: row.phase,
    addedAt: iso(row.addedAtMs),
    registeredAt: finishedAtMs === null ? null : iso(finishedAtMs),
    verification: row.verification ?? null,
    totals: totalsOf(events),
    speed,
    events: completeEvents(row, events).map(toDocumentEvent),
  }
}

/** The record has the outcome even if the log of that moment was not written any more. */
function completeEvents(
  { phase, finishedAtMs, already, failure, addedAtMs }: UploadRow,
  events: readonly LogEvent[],
): readonly LogEvent[] {
  const last = events.at(-1)
  const hasOutcome = last?.event === 'registered' || last?.event === 'found'
  if (phase === 'registered' && finishedAtMs !== null && !hasOutcome)
    return [...events, { event: already ? 'found' : 'registered', atMs: finishedAtMs }]
  if (phase === 'failed' && failure && last === undefined) {
    const { code, params } = failure
    return [{ event: 'failed', atMs: addedAtMs, failure: { code, params } }]
  }
  return events
}

function toDocumentEvent({ atMs, lastAtMs, retryAtMs, event, ...rest }: LogEvent): LogDocumentEvent {
  return {
    event,
    at: iso(atMs),
    ...rest,
    ...(lastAtMs === undefined ? {} : { lastAt: iso(lastAtMs) }),
    ...(retryAtMs === undefined ? {} : { retryAt: iso(retryAtMs) }),
  }
}

function totalsOf(events: readonly LogEvent[]): LogTotals {
  const sum = (of: (event: LogEvent) => number | undefined) =>
    events.reduce((total, event) => total + (of(event) ?? 0), 0)
  const sentBytes = sum((event) => event.sentBytes)
  const sendingMs = sum((event) => event.sendingMs)
  return {
    sentBytes,
    sendingMs,
    bytesPerSecond: sendingMs < minSpeedMs ? null : Math.round((sentBytes / sendingMs) * 1000),
    retries: sum(({ event, count = 1, retries }) => retries ?? (event === 'retrying' ? count : 0)),
    interruptedParts: sum((event) => event.interruptedParts),
    unconfirmedBytes: sum((event) => event.unconfirmedBytes),
    lostBytes: sum((event) => event.lostBytes),
  }
}
