import type { Account } from '../../contract/account.ts'
import type { QueueStatuses } from '../../contract/command-calls.ts'
import type { FailureState } from '../../contract/failures.ts'
import {
  holdReasonOf,
  unheldQueue,
  uploadStatusOf,
  type QueueConditions,
  type UploadStatus,
} from '../../contract/upload-status.ts'
import { failureStateOf, needsAttention } from '../../contract/uploads.ts'
import { clockText } from '../../messages/clock-text.ts'
import { formatBytes } from '../../messages/format-size.ts'
import { verificationLines } from '../../messages/verification-text.ts'
import { connectToHost } from '../../host/connect-host.ts'
import { readJournal, type JournalSummary, type UnfinishedUpload } from '../../journal/journal-reader.ts'
import {
  isStored,
  multipartOf,
  type RegisteredUpload,
  type UploadRecord,
} from '../../journal/upload-record.ts'
import type { CliEnvironment } from '../cli-environment.ts'
import { exitCodes } from '../exit-codes.ts'
import {
  describeFailure,
  describeHold,
  failureAsJson,
  isoTime,
  t,
  verificationAsJson,
  verificationLabel,
  type Streams,
} from '../output/output.ts'

/** Increased when a member is removed or changes its meaning, not for new members. */
const schemaVersion = 1

/** How long a host may take to answer, in ms; then only the journal is shown. */
const hostTimeoutMs = 1_000

interface ShownUpload extends UnfinishedUpload {
  /** The process that runs the upload or has it in its queue. */
  readonly runByPid: number | null
  /** What it does now, and if no process runs it, what it needs. */
  readonly status: UploadStatus | 'waiting'
}

interface Shown extends JournalSummary {
  readonly unfinished: readonly ShownUpload[]
  /** Of the process that runs the queue, if there is one. */
  readonly queue: QueueConditions | null
}

const emptySummary: JournalSummary = {
  unfinished: [],
  registeredCount: 0,
  verifiedCount: 0,
  differing: [],
  abandonedCount: 0,
  allPaused: false,
  accounts: [],
}

/** Shows the queue of the data folder `home`. Returns the exit code. */
export async function runStatusCommand(
  { home, settings: { deadlineMs } }: Pick<CliEnvironment, 'home' | 'settings'>,
  { nowMs, json }: { readonly nowMs: number; readonly json: boolean },
  { out, err }: Streams,
): Promise<number> {
  const summary = readJournal(home)
  if (!summary.ok) {
    err.line(describeFailure(summary.failure))
    return exitCodes.someFailed
  }
  const view = withHost(summary.value ?? emptySummary, await readHostUploads(home))
  const deadline = deadlineMs === null ? null : deadlineOf(view, deadlineMs, nowMs)
  if (json) out.json({ ...asJson(view, home, nowMs), deadline })
  else for (const line of [...asLines(view), ...deadlineLines(deadline, nowMs)]) out.line(line)
  return exitCodes.ok
}

interface HostUploads extends QueueStatuses {
  readonly pid: number
  readonly isApp: boolean
}

async function readHostUploads(home: string): Promise<HostUploads | null> {
  const search = await connectToHost(home, { timeoutMs: hostTimeoutMs })
  if (search.found !== 'host') return null
  const { about, calls, ended, close } = search.connection
  try {
    const answer = await Promise.race([calls.statuses(undefined), ended])
    if (typeof answer === 'string' || !answer.ok) return null
    return { pid: about.pid, isApp: about.kind === 'app', ...answer.value }
  } finally {
    close()
  }
}

function withHost(summary: JournalSummary, host: HostUploads | null): Shown {
  const shown = (upload: UnfinishedUpload): ShownUpload => {
    const status = host?.statuses[upload.record.id]
    // The app has also those that it doesn't show.
    const isRun = host !== null && (host.isApp || status !== undefined)
    return {
      ...upload,
      runByPid: isRun ? host.pid : null,
      status: status ?? storedStatusOf(upload.record),
    }
  }
  return { ...summary, queue: host?.queue ?? null, unfinished: summary.unfinished.map(shown) }
}

/** What the deadline requires; whether it can be met depends on the speed, which only the app measures. */
interface DeadlineStatus {
  readonly at: string
  /** Of the uploads that wait. */
  readonly leftBytes: number
  /** On average from now on; null once the deadline has passed. */
  readonly neededBytesPerSecond: number | null
}

function deadlineOf({ unfinished }: JournalSummary, deadlineMs: number, nowMs: number): DeadlineStatus {
  const waiting = unfinished.filter(({ record }) => record.phase === 'waiting')
  const leftBytes = sum(
    waiting,
    ({ record, acknowledgedBytes }) => record.identity.sizeBytes - acknowledgedBytes,
  )
  const leftSeconds = (deadlineMs - nowMs) / 1000
  const neededBytesPerSecond = leftSeconds > 0 ? Math.ceil(leftBytes / leftSeconds) : null
  return { at: new Date(deadlineMs).toISOString(), leftBytes, neededBytesPerSecond }
}

function deadlineLines(deadline: DeadlineStatus | null, nowMs: number): readonly string[] {
  if (deadline === null) return []
  const { at, leftBytes, neededBytesPerSecond: needed } = deadline
  const time = clockText(Date.parse(at), nowMs, 'en-GB')
  const left = formatBytes(leftBytes, 'en')
  if (needed === null) return [`The deadline (${time}) has passed with ${left} left.`]
  return [`Deadline ${time}: ${left} left, which needs ${formatBytes(needed, 'en')}/s on average.`]
}

/** What a failed upload needs; of the others, the journal has only the phase. */
const storedStatusOf = (record: UploadRecord): UploadStatus | 'waiting' =>
  record.phase === 'failed' ? uploadStatusOf(record, unheldQueue) : record.phase

const isInReview = ({ record }: UnfinishedUpload) => record.phase === 'review'

const sum = (uploads: readonly UnfinishedUpload[], of: (upload: UnfinishedUpload) => number) =>
  uploads.reduce((total, upload) => total + of(upload), 0)

function asJson(view: Shown, home: string, nowMs: number): object {
  const {
    unfinished,
    registeredCount,
    verifiedCount,
    differing,
    abandonedCount,
    allPaused,
    accounts,
    queue,
  } = view
  const countInPhase = (phase: string) => unfinished.filter(({ record }) => record.phase === phase).length
  return {
    schema: schemaVersion,
    at: isoTime(nowMs),
    folder: home,
    allPaused,
    held: queue && holdReasonOf(queue),
    totals: {
      left: unfinished.length,
      waiting: countInPhase('waiting'),
      paused: countInPhase('paused'),
      failed: countInPhase('failed'),
      needsAttention: unfinished.filter(({ record }) => needsAttention(record)).length,
      review: countInPhase('review'),
      sizeBytes: sum(unfinished, ({ record }) => record.identity.sizeBytes),
      acknowledgedBytes: sum(unfinished, ({ acknowledgedBytes }) => acknowledgedBytes),
      registered: registeredCount,
      verified: verifiedCount,
      differing: differing.length,
      leftBehind: abandonedCount,
    },
    uploads: unfinished.map((upload) => uploadAsJson(upload, accounts)),
    differing: differing.map(differingAsJson),
  }
}

function differingAsJson({ id, fileName, state, team, target }: RegisteredUpload): object {
  return {
    id,
    file: fileName,
    model: state.modelId,
    team: { id: team.id, name: team.name },
    path: target.modelPath,
    ...verificationAsJson(state.verification ?? null),
  }
}

function uploadAsJson(
  { record, acknowledgedBytes, acknowledgedParts, runByPid, status }: ShownUpload,
  accounts: readonly Account[],
): object {
  const { identity, state, target, team } = record
  const multipart = multipartOf(state)
  const account = accounts.find(({ id }) => id === record.accountId)
  return {
    id: record.id,
    file: record.fileName,
    localPath: record.path,
    phase: record.phase,
    status,
    runByPid,
    sizeBytes: identity.sizeBytes,
    acknowledgedBytes,
    parts: multipart && {
      sizeBytes: multipart.partSizeBytes,
      count: Math.ceil(identity.sizeBytes / multipart.partSizeBytes),
      acknowledged: acknowledgedParts,
    },
    team: { id: team.id, name: team.name },
    account: {
      id: record.accountId,
      email: account?.email ?? null,
      server: account?.server ?? null,
      signedIn: account ? account.state === 'ready' : null,
    },
    type: target.modelType,
    path: target.modelPath,
    name: target.displayName,
    failure: record.failure && failureAsJson(record.failure, failureStateIn(record, runByPid)),
    addedAt: isoTime(record.addedAtMs),
  }
}

function asLines(view: Shown): readonly string[] {
  const { unfinished, accounts } = view
  if (unfinished.length === 0) return ['The upload queue is empty.', ...footnotes(view)]
  const size = formatBytes(
    sum(unfinished, ({ record }) => record.identity.sizeBytes),
    'en',
  )
  const sent = formatBytes(
    sum(unfinished, ({ acknowledgedBytes }) => acknowledgedBytes),
    'en',
  )
  return [
    ...unfinished.map((upload) => uploadLine(upload, accounts)),
    `${unfinished.length === 1 ? '1 upload' : `${unfinished.length} uploads`} in the queue, ${sent} of ${size} uploaded.`,
    ...footnotes(view),
    ...(unfinished.some(isInReview) ? ['Uploads in review wait for approval in the app.'] : []),
    ...(unfinished.some((upload) => upload.runByPid === null && !isInReview(upload))
      ? ['To continue, run: modelferry resume']
      : []),
  ]
}

function footnotes(view: Shown): readonly string[] {
  const { registeredCount, verifiedCount, differing, abandonedCount, allPaused, queue } = view
  const held = queue && holdReasonOf(queue)
  return [
    ...(registeredCount > 0 ? [`${registeredCount} in history, ${verifiedCount} verified.`] : []),
    ...differing.map(differingLine),
    ...(abandonedCount > 0
      ? [
          `Storage still has data of ${abandonedCount === 1 ? '1 cancelled upload' : `${abandonedCount} cancelled uploads`}. It is deleted at the next start.`,
        ]
      : []),
    ...(held ? [describeHold(held)] : []),
    ...(allPaused && queue === null ? ['All uploads are paused in the app.'] : []),
  ]
}

function differingLine({ fileName, team, state: { verification } }: RegisteredUpload): string {
  const label = verification ? verificationLabel(verification).padEnd(12) : ''
  return `${label}${fileName} → ${team.name}: ${verificationLines(verification ?? null, t).join(' ')}`
}

/** Nothing is retried before a process runs the upload again. */
const failureStateIn = (record: UploadRecord, runByPid: number | null): FailureState =>
  runByPid === null ? 'final' : failureStateOf(record)

function uploadLine(
  { record, acknowledgedBytes, acknowledgedParts, runByPid, status }: ShownUpload,
  accounts: readonly Account[],
): string {
  const { identity, state, failure } = record
  const account = accounts.find(({ id }) => id === record.accountId)
  const facts = [`${formatBytes(acknowledgedBytes, 'en')} of ${formatBytes(identity.sizeBytes, 'en')}`]
  if (state.kind === 'multipart-open') {
    const partCount = Math.ceil(identity.sizeBytes / state.multipart.partSizeBytes)
    facts.push(`${acknowledgedParts} of ${partCount} parts`)
  }
  if (isStored(state)) facts.push('uploaded, not registered yet')
  if (runByPid !== null && record.phase !== 'review') facts.push(`running in process ${runByPid}`)
  if (account?.state === 'signed-out') facts.push(`${account.email} is signed out`)
  if (failure) facts.push(describeFailure(failure, failureStateIn(record, runByPid)))
  const label = status === 'waiting' || status === 'review' ? status : t(`phase.${status}`).toLowerCase()
  return `${label.padEnd(10)}  ${record.fileName} → ${record.team.name || 'no team yet'}: ${facts.join(', ')}`
}
