import { success, type Result } from '../../contract/failures.ts'
import { unheldQueue, uploadStatusOf } from '../../contract/upload-status.ts'
import {
  hasPlaceInQueue,
  needsAttention,
  toggleOf,
  type Snapshot,
  type UploadRow,
} from '../../contract/uploads.ts'
import { visibleText } from '../../contract/visible-text.ts'
import type { CommandHandlers } from '../../contract/command-calls.ts'
import { formatBytes } from '../../messages/format-size.ts'
import type { QueueChange } from '../arguments.ts'
import { exitCodes } from '../exit-codes.ts'
import { findNamed, uploadNaming } from '../find-named.ts'
import { isConfirmed } from '../output/confirmation.ts'
import { describeFailure, t, type Streams } from '../output/output.ts'
import type { TextStream } from '../output/text-stream.ts'
import { withRunningHost } from '../reach-host.ts'

/** Has the host pause, resume, retry, remove or move uploads, or limit its speed. Returns the exit code. */
export function runChangeUploadsCommand(
  change: QueueChange,
  home: string,
  streams: Streams,
): Promise<number> {
  const kind = change.verb === 'limit' ? 'app' : 'any'
  return withRunningHost(home, { kind, err: streams.err }, async ({ calls }) => {
    const done =
      change.verb === 'limit'
        ? await limitSpeed(change.bytesPerSecond, calls)
        : await changeUploads(change, calls, streams)
    if (done === null) return exitCodes.someFailed
    if (done.ok) streams.out.line(visibleText(done.value))
    else streams.err.line(describeFailure(done.failure))
    return done.ok ? exitCodes.ok : exitCodes.someFailed
  })
}

async function limitSpeed(
  bytesPerSecond: number | null | undefined,
  calls: CommandHandlers,
): Promise<Result<string>> {
  const settings =
    bytesPerSecond === undefined
      ? await calls.settings(undefined)
      : await calls.changeSettings({ limitBytesPerSecond: bytesPerSecond })
  if (!settings.ok) return settings
  const { limitBytesPerSecond: limit } = settings.value
  return success(limit === null ? 'No speed limit.' : `Speed limit: ${formatBytes(limit, 'en')}/s.`)
}

type UploadChange = Exclude<QueueChange, { readonly verb: 'limit' }>

/** What was done, or null if a name is unclear or the user has declined, which was reported. */
async function changeUploads(
  change: UploadChange,
  calls: CommandHandlers,
  streams: Streams,
): Promise<Result<string> | null> {
  const { err } = streams
  const { verb, uploads } = change
  if (uploads.length === 0 && verb === 'pause')
    return said(await calls.pauseAll(undefined), 'All uploads are paused.')
  if (uploads.length === 0 && verb === 'resume')
    return said(await calls.resumeAll(undefined), 'All uploads are resumed.')
  const snapshot = await calls.snapshot(undefined)
  if (!snapshot.ok) return snapshot
  const { rows } = snapshot.value
  const chosen = chosenUploads(change, snapshot.value, err)
  if (chosen === null) return null
  if (chosen.length === 0) return success('No upload has failed.')
  if (change.verb === 'remove' && !change.yes && !(await isConfirmed(removalQuestion(chosen), streams)))
    return null
  const ids = chosen.map(({ id }) => id)
  const changed =
    change.verb === 'move'
      ? await moveUploads(ids, change.to, rows, { calls, err })
      : await calls[change.verb === 'remove' ? 'cancel' : change.verb]({ ids })
  if (changed === null) return null
  return said(changed, `${namesOf(chosen)} ${chosen.length === 1 ? 'is' : 'are'} ${verbs[verb].participle}.`)
}

/** The uploads that are named, or all that the verb applies to; null if a name is unclear or of another upload. */
function chosenUploads(
  { verb, uploads }: UploadChange,
  { rows, allPaused }: Snapshot,
  err: TextStream,
): readonly UploadRow[] | null {
  const { appliesTo, participle } = verbs[verb]
  if (uploads.length === 0) return rows.filter((row) => appliesTo(row, allPaused))
  const named = findNamed(uploads, rows, uploadNaming, err)
  const unfit = named?.find((row) => !appliesTo(row, allPaused))
  if (!unfit) return named
  const status = t(`phase.${uploadStatusOf(unfit, unheldQueue)}`).toLowerCase()
  err.line(visibleText(`${unfit.fileName} can’t be ${participle}: ${status}.`))
  return null
}

const said = (result: Result<unknown>, sentence: string): Result<string> =>
  result.ok ? success(sentence) : result

/** To which uploads a verb applies, as in the app's menus, and what they are afterwards. */
const verbs: Readonly<
  Record<
    UploadChange['verb'],
    { readonly appliesTo: (row: UploadRow, allPaused: boolean) => boolean; readonly participle: string }
  >
> = {
  pause: { appliesTo: (row) => toggleOf(row) === 'pause', participle: 'paused' },
  resume: { appliesTo: (row, allPaused) => toggleOf(row, allPaused) === 'resume', participle: 'resumed' },
  retry: { appliesTo: (row) => needsAttention(row) || row.phase === 'retrying', participle: 'retried' },
  remove: { appliesTo: ({ phase }) => phase !== 'registered', participle: 'removed' },
  move: { appliesTo: ({ phase }) => hasPlaceInQueue(phase), participle: 'moved' },
}

/** Null if the upload before which they go is unclear, which was reported. */
async function moveUploads(
  ids: string[],
  to: Extract<QueueChange, { readonly verb: 'move' }>['to'],
  rows: readonly UploadRow[],
  { calls, err }: { readonly calls: CommandHandlers; readonly err: TextStream },
): Promise<Result<void> | null> {
  if (to === 'first') return calls.moveToTop({ ids })
  if (to === 'last') return calls.moveUploads({ ids, before: null })
  const [next] = findNamed([to.before], rows, uploadNaming, err) ?? []
  return next ? calls.moveUploads({ ids, before: next.id }) : null
}

function removalQuestion(rows: readonly UploadRow[]): string {
  const sentBytes = rows.reduce((sum, row) => sum + row.sentBytes, 0)
  const sent = sentBytes === 0 ? '' : ` ${formatBytes(sentBytes, 'en')} were uploaded and are deleted.`
  return `Remove ${namesOf(rows)}?${sent}`
}

function namesOf(rows: readonly UploadRow[]): string {
  const [first] = rows
  return first && rows.length === 1 ? first.fileName : `${rows.length} uploads`
}
