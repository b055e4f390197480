import type { LogDocument, LogDocumentEvent, LogEventName, LogPauseReason } from '../contract/upload-log.ts'
import { visibleText } from '../contract/visible-text.ts'
import { failureText, type MessageKey, type Translate } from './messages.ts'
import { spanOf } from './span.ts'
import { verificationLines } from './verification-text.ts'

/** An event as text: what happened, and facts about it. */
export interface LogLine {
  /** ISO time. */
  readonly at: string
  readonly title: string
  readonly notes: readonly string[]
}

const titles: Readonly<Record<Exclude<LogEventName, 'paused'> | `paused-${LogPauseReason}`, MessageKey>> = {
  approved: 'log.approved',
  'in-review': 'phase.review',
  waiting: 'log.waiting',
  checking: 'phase.checking',
  sending: 'phase.sending',
  finishing: 'phase.finishing',
  registering: 'phase.registering',
  registered: 'phase.registered',
  found: 'phase.already',
  retrying: 'log.retrying',
  failed: 'phase.failed',
  resumed: 'log.resumed',
  ended: 'log.ended',
  omitted: 'log.omitted',
  'paused-user': 'phase.paused',
  'paused-all': 'log.paused-all',
  'paused-quiet-hours': 'log.paused-quiet-hours',
  'paused-battery': 'log.paused-battery',
  'paused-metered': 'log.paused-metered',
  'paused-offline': 'phase.connection',
  'paused-disk': 'phase.disk',
  'paused-quit': 'log.paused-quit',
  'paused-network-change': 'log.paused-network-change',
}

/**
 * The events as texts.
 * @param timeText formats an ISO time
 */
export function logLines(
  { events }: Pick<LogDocument, 'events'>,
  t: Translate,
  timeText: (iso: string) => string = (iso) => iso,
): readonly LogLine[] {
  const confirmed = confirmedIndex(events)
  return events.map((event, index) =>
    logLine(index < confirmed ? withoutInterruptions(event) : event, t, timeText),
  )
}

/** The index of the last event that only follows once storage has confirmed every part; -1 if there is none. */
const confirmedIndex = (events: readonly LogDocumentEvent[]) =>
  events.findLastIndex(({ event }) => event === 'finishing' || event === 'registered')

const withoutInterruptions = <T extends Pick<LogDocumentEvent, 'interruptedParts'>>(sent: T): T => ({
  ...sent,
  interruptedParts: 0,
})

function logLine(event: LogDocumentEvent, t: Translate, timeText: (iso: string) => string): LogLine {
  const { count = 1, lastAt, reason = 'user' } = event
  const title = titles[event.event === 'paused' ? (`paused-${reason}` as const) : event.event]
  const isRepeated = event.event !== 'omitted' && count > 1 && lastAt !== undefined
  return {
    at: event.at,
    title: t(title, { count }),
    notes: [
      ...(event.failure ? [reasonText(event.failure, t)] : []),
      ...(isRepeated ? [t('log.repeated', { count, time: timeText(lastAt) })] : []),
      ...transferNotes(event, t),
    ],
  }
}

/** A failure stored by another version may lack a parameter of the message. */
function reasonText(failure: NonNullable<LogDocumentEvent['failure']>, t: Translate): string {
  const { code } = failure
  try {
    return t('log.because', { reason: failureText(failure, t, 'review'), code })
  } catch {
    return code
  }
}

function transferNotes(event: LogDocumentEvent, t: Translate): readonly string[] {
  const { sentBytes = 0, sendingMs = 0, interruptedParts = 0, unconfirmedBytes = 0, lostBytes = 0 } = event
  return [
    ...(sentBytes > 0 ? [sentText(sentBytes, sendingMs, t)] : []),
    ...(interruptedParts > 0 ? [t('log.interrupted', { parts: interruptedParts, unconfirmedBytes })] : []),
    ...(lostBytes > 0 ? [t('log.lost', { lostBytes })] : []),
  ]
}

function sentText(sentBytes: number, sendingMs: number, t: Translate): string {
  // Shorter times say nothing about the speed.
  if (sendingMs < 1_000) return t('log.sent-quickly', { sentBytes })
  const { key, count } = spanOf(sendingMs)
  const speedBytes = (sentBytes / sendingMs) * 1000
  return t('log.sent', { sentBytes, span: t(key, { count }), speed: t('row.speed', { speedBytes }) })
}

/** The log as text for people, one event on each line. Times are in UTC. */
export function logText(log: LogDocument, t: Translate): string {
  const { file, model, team, server, totals, events, verification } = log
  const facts: readonly (readonly [label: string, value: string | null])[] = [
    [t('details.file'), file.name],
    [t('details.size'), t('size.exact', { count: file.sizeBytes })],
    [t('details.sha256'), file.sha256],
    [t('field.path'), model.path],
    [t('details.model-id'), model.id],
    [t('field.team'), `${team.name} (${team.id})`],
    [t('receipt.server'), server],
    [t('log.upload-id'), log.id],
    [t('log.transfer'), totalsText(confirmedIndex(events) < 0 ? totals : withoutInterruptions(totals), t)],
    [t('details.verification'), verification && verificationLines(verification, t).join(' ')],
  ]
  return [
    t('log.title'),
    ...facts.flatMap(([label, value]) => (value === null ? [] : [`${label}: ${visibleText(value)}`])),
    '',
    `${log.addedAt}  ${t('log.added')}`,
    ...logLines(log, t).map(
      ({ at, title, notes }) => `${at}  ${[title, ...notes].map(visibleText).join(' · ')}`,
    ),
    '',
  ].join('\n')
}

function totalsText({ retries, ...totals }: LogDocument['totals'], t: Translate): string {
  const notes = transferNotes({ event: 'sending', at: '', ...totals }, t)
  return [...notes, t('log.retries', { count: retries })].join(' · ')
}
