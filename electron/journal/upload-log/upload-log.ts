import * as v from 'valibot'
import type { Failure } from '../../contract/failures.ts'
import {
  logEventSchema,
  speedPointSchema,
  type LogEvent,
  type SpeedPoint,
  type UploadLog,
} from '../../contract/upload-log.ts'
import { redactText } from '../../platform/redact.ts'

/** What was sent since the last such item, or since sending began. */
export interface Transfer {
  readonly sentBytes: number
  readonly acknowledgedBytes: number
  readonly sendingMs: number
  readonly interruptedParts: number
  readonly unconfirmedBytes: number
}

export type LogItem =
  | { readonly kind: 'event'; readonly event: LogEvent }
  | { readonly kind: 'transfer'; readonly transfer: Transfer }
  /** The last retry waits for the connection rather than for a time. */
  | { readonly kind: 'offline' }

/** A log is at most this long when stored as JSON, in bytes. */
export const maxLogBytes = 24_000
/** More are combined: these first ones and the latest ones stay. */
const maxEvents = 120
const keptFirstEvents = 20
/** Neighbours are combined beyond this number. */
const maxSpeedPoints = 60

export const emptyLog: UploadLog = { events: [], speed: [] }

const storedLog = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ events: v.array(logEventSchema), speed: v.array(speedPointSchema) }),
)

/** Reads a stored log; empty if it is unreadable. */
export function parseLog(text: unknown): UploadLog {
  const parsed = v.safeParse(storedLog, text)
  return parsed.success ? parsed.output : emptyLog
}

/** Writes a log within `maxLogBytes`. */
export function serializeLog(log: UploadLog): string {
  let { events } = log
  for (;;) {
    const text = JSON.stringify({ events, speed: log.speed })
    if (Buffer.byteLength(text) <= maxLogBytes || events.length <= 2) return text
    events = omitOne(events, Math.min(keptFirstEvents, Math.floor(events.length / 2) - 1))
  }
}

/** A failure as stored in a log: short, and redacted as a second safeguard. */
export function loggedFailure({
  code,
  params,
  serverMessage,
  detail,
}: Failure): NonNullable<LogEvent['failure']> {
  const redacted = Object.entries(params).map(([name, value]) => [
    name,
    typeof value === 'string' ? redactText(value) : value,
  ])
  return {
    code,
    params: Object.fromEntries(redacted) as Failure['params'],
    ...(serverMessage === undefined ? {} : { serverMessage: redactText(serverMessage) }),
    ...(detail === undefined ? {} : { detail: redactText(detail) }),
  }
}

export function appendToLog(log: UploadLog, items: readonly LogItem[]): UploadLog {
  let { events, speed } = log
  for (const item of items) {
    if (item.kind === 'event') events = appendEvent(events, item.event)
    else if (item.kind === 'offline') events = markOffline(events)
    else {
      events = addTransfer(events, item.transfer)
      speed = addSpeed(speed, item.transfer)
    }
  }
  return { events, speed }
}

function appendEvent(events: readonly LogEvent[], next: LogEvent): readonly LogEvent[] {
  const isResumed = next.event === 'checking' && events.at(-1)?.event === 'paused'
  const resumed: readonly LogEvent[] = isResumed ? [{ event: 'resumed', atMs: next.atMs }] : []
  const all = [...events, ...resumed, next]
  const combined = combineRepeated(all)
  return combined.length > maxEvents ? omitOne(combined, keptFirstEvents) : combined
}

/** The steps of an attempt; without acknowledged bytes they say nothing that the failure does not say. */
const attemptSteps: ReadonlySet<LogEvent['event']> = new Set([
  'waiting',
  'resumed',
  'checking',
  'sending',
  'finishing',
  'registering',
])

/** Combines a failure with the same one before it if nothing was acknowledged in between. */
function combineRepeated(events: readonly LogEvent[]): readonly LogEvent[] {
  const last = events.at(-1)
  if (!last?.failure || last.event === 'failed') return events
  const index = events.findLastIndex(
    ({ event }, position) => position < events.length - 1 && !attemptSteps.has(event),
  )
  const before = events[index]
  const steps = events.slice(index + 1, -1)
  // Before the first attempt there is nothing to combine with.
  if (!before || before.failure?.code !== last.failure.code || steps.length === 0) return events
  if (steps.some(({ acknowledgedBytes = 0 }) => acknowledgedBytes > 0)) return events
  // The same wait may begin as a retry and become a wait for the connection.
  const isSameWait = before.event === last.event || before.reason === 'offline'
  if (!isSameWait || (last.lostBytes ?? 0) > 0) return events
  const summed = [before, ...steps, last].reduce(sumTransfers, {})
  const { retryAtMs: _over, ...rest } = before
  const combined: LogEvent = {
    ...rest,
    ...summed,
    count: (before.count ?? 1) + 1,
    lastAtMs: last.atMs,
    ...(last.retryAtMs === undefined ? {} : { retryAtMs: last.retryAtMs }),
  }
  return [...events.slice(0, index), combined]
}

function markOffline(events: readonly LogEvent[]): readonly LogEvent[] {
  const last = events.at(-1)
  if (last?.event !== 'retrying') return events
  const { retryAtMs: _none, ...rest } = last
  return combineRepeated([...events.slice(0, -1), { ...rest, event: 'paused', reason: 'offline' }])
}

const transferFields = [
  'sentBytes',
  'acknowledgedBytes',
  'sendingMs',
  'interruptedParts',
  'unconfirmedBytes',
] as const

type Transferred = Partial<Record<(typeof transferFields)[number], number>>

function sumTransfers(sum: Transferred, event: Transferred): Transferred {
  const next: Transferred = {}
  for (const field of transferFields) {
    const value = (sum[field] ?? 0) + (event[field] ?? 0)
    if (value > 0) next[field] = value
  }
  return next
}

/** Adds to the phase in which it was sent, which is the last one. */
function addTransfer(events: readonly LogEvent[], transfer: Transfer): readonly LogEvent[] {
  const last = events.at(-1)
  return last ? [...events.slice(0, -1), { ...last, ...sumTransfers(last, transfer) }] : events
}

/** Combines the event at `index` with the one after it. */
function omitOne(events: readonly LogEvent[], index: number): readonly LogEvent[] {
  const [first, second] = events.slice(index)
  if (!first || !second) return events
  const countOf = ({ event, count = 1 }: LogEvent) => (event === 'omitted' ? count : 1)
  const retriesOf = ({ event, count = 1, retries = 0 }: LogEvent) => (event === 'retrying' ? count : retries)
  const lostBytes = (first.lostBytes ?? 0) + (second.lostBytes ?? 0)
  const omitted: LogEvent = {
    event: 'omitted',
    atMs: first.atMs,
    lastAtMs: second.lastAtMs ?? second.atMs,
    count: countOf(first) + countOf(second),
    retries: retriesOf(first) + retriesOf(second),
    ...sumTransfers(first, second),
    ...(lostBytes > 0 ? { lostBytes } : {}),
  }
  return [...events.slice(0, index), omitted, ...events.slice(index + 2)]
}

function addSpeed(speed: readonly SpeedPoint[], { sentBytes, sendingMs }: Transfer): readonly SpeedPoint[] {
  if (sendingMs === 0) return speed
  const all = [...speed, { durationMs: sendingMs, bytes: sentBytes }]
  if (all.length <= maxSpeedPoints) return all
  return Array.from({ length: Math.ceil(all.length / 2) }, (_, index) =>
    all.slice(2 * index, 2 * index + 2).reduce((one, other) => ({
      durationMs: one.durationMs + other.durationMs,
      bytes: one.bytes + other.bytes,
    })),
  )
}
