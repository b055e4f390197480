import type { TeamChoice } from '../../contract/account.ts'
import type { AddReport } from '../../contract/uploads.ts'
import { isLibraryUnknown, type NeededModelView, type WorkflowView } from '../../contract/discovery.ts'
import { formatBytes } from '../../messages/format-size.ts'
import type { Command } from '../arguments.ts'
import { exitCodes } from '../exit-codes.ts'
import { interrupted } from '../interruption.ts'
import { missingPathFailure } from '../missing-path.ts'
import { stopUploads } from './stop-uploads.ts'
import {
  describeFailure,
  describeLibraryFailure,
  expandHome,
  failureAsJson,
  reportSkipped,
  t,
} from '../output/output.ts'
import type { UploadContext } from '../command-context.ts'
import { followUploads } from './follow-uploads.ts'
import { reportResult } from './report-result.ts'

type WorkflowCommand = Command & { name: 'workflow' }

/**
 * Lists the models that a workflow needs and where they are; with `--upload` uploads those that the team
 * lacks and this computer has, and waits for those in the queue. Returns 0 when no model is missing in the end, else 1.
 */
export async function runWorkflowCommand(
  command: WorkflowCommand,
  choice: TeamChoice,
  context: UploadContext,
): Promise<number> {
  const { streams, interruption } = context
  const view = await interruption.race(open(command.file, choice, context))
  if (view === interrupted) return interruption.exitCode
  if (typeof view === 'string') {
    streams.err.line(view)
    return exitCodes.someFailed
  }
  for (const need of view.needs) {
    if (command.json) streams.out.json(asJson(need, context.userHome))
    else streams.out.line(asText(need))
  }
  reportUnsearchedFolders(view, command, context)
  if (view.libraryFailure)
    streams.err.line(describeLibraryFailure(view.libraryFailure, view.libraryListedAtMs))
  const available = view.needs.filter(({ stand, isOff }) => isUploadable.has(stand) && !isOff)
  if (!command.json) streams.err.line(summary(view))
  const isIncomplete = view.needs.some(({ stand, isOff }) => stand !== 'in-library' && !isOff)
  if (!command.upload || available.length === 0) return isIncomplete ? exitCodes.someFailed : exitCodes.ok
  const code = await uploadNeeded(view.id, available, context)
  const isAllFound = !view.needs.some(({ stand, isOff }) => stand === 'nowhere' && !isOff)
  return code === exitCodes.ok && !isAllFound ? exitCodes.someFailed : code
}

const isUploadable: ReadonlySet<NeededModelView['stand']> = new Set(['here', 'queued', 'failed'])

/** The workflow, or why it can't be opened. */
async function open(
  path: string,
  team: TeamChoice,
  { engine }: UploadContext,
): Promise<WorkflowView | string> {
  const opened = await engine.calls.openWorkflow({ path, team })
  if (!opened.ok) return describeFailure(opened.failure)
  return opened.value.view ?? unopenedReason(path, opened.value.isUnread)
}

async function unopenedReason(file: string, isUnread: boolean): Promise<string> {
  const missing = await missingPathFailure(file)
  if (missing) return describeFailure(missing)
  return isUnread
    ? 'Reading this file took too long. Export the workflow again from ComfyUI and try again.'
    : 'This file doesn’t contain a ComfyUI workflow.'
}

async function uploadNeeded(
  id: string,
  needs: readonly NeededModelView[],
  context: UploadContext,
): Promise<number> {
  const { engine, reporter, streams, interruption } = context
  const follower = followUploads(engine, reporter)
  const stop = () => stopUploads(context, { command: 'upload', remove: false })
  const report = await interruption.race(
    engine.calls.addNeeded({ workflow: id, needs: needs.map((need) => need.id) }),
  )
  if (report === interrupted) return stop()
  if (!report.ok) {
    streams.err.line(describeFailure(report.failure))
    return exitCodes.someFailed
  }
  const { added, refused, skipped, ...drop } = report.value
  reportSkipped(reporter, skipped)
  const unapprovedCount = await removeUnapproved(drop, context)
  const count = added + refused - unapprovedCount
  if (count <= 0) return exitCodes.someFailed
  const rows = await interruption.race(follower.waitUntilEnded(count))
  if (rows === interrupted) return stop()
  const code = await interruption.race(reportResult(rows, context))
  if (code === interrupted) return stop()
  return unapprovedCount > 0 ? exitCodes.someFailed : code
}

/**
 * Removes files with a licence that needs confirmation, which this command doesn't ask for. Returns how many; those
 * that can't be removed stay in review.
 */
async function removeUnapproved(
  { drop, review }: Pick<AddReport, 'drop' | 'review'>,
  { engine, streams }: UploadContext,
): Promise<number> {
  if (review === undefined || drop === undefined) return 0
  const removed = await engine.calls.undoAdd({ drop })
  if (!removed.ok) {
    streams.err.line(describeFailure(removed.failure))
    return 0
  }
  streams.err.line(
    'Nothing was uploaded, because the licence of a model needs your decision. Upload the files with: modelferry upload',
  )
  return removed.value.length
}

/** Models that were not found may be in folders that could not be searched completely. */
function reportUnsearchedFolders(
  { unseen, isUsualSeen }: WorkflowView,
  { json }: WorkflowCommand,
  { streams: { out, err }, userHome }: UploadContext,
): void {
  if (json) {
    for (const { where, why } of unseen)
      out.json({ event: 'unseen', folder: expandHome(where, userHome), reason: why })
    if (!isUsualSeen) out.json({ event: 'unseen', folder: null, reason: 'too-slow' })
  }
  const folders = unseen.map(({ where, why }) => t('workflow.unseen-folder', { where, why }))
  if (!isUsualSeen) folders.push(t('workflow.unseen-usual'))
  if (folders.length === 0) return
  err.line([t('workflow.unseen'), ...folders].join(' '))
}

const stateLabels: Readonly<Record<NeededModelView['stand'], string>> = {
  'in-library': 'in the library',
  queued: 'in the queue',
  failed: 'upload failed',
  here: 'local',
  nowhere: 'not found',
}

function asText(need: NeededModelView): string {
  const { name, modelType, stand, by, isOff, isDisabled, where, sizeBytes, url, isFolder, failed } = need
  const facts = [
    modelType ?? 'unknown type',
    ...(isFolder ? ['a folder'] : []),
    ...(by === 'name' ? ['same name only'] : []),
    ...(isDisabled ? ['disabled'] : []),
    ...(isOff ? ['node is turned off'] : []),
    ...(stand === 'here' && where ? [where] : []),
    ...(sizeBytes === null ? [] : [formatBytes(sizeBytes, 'en')]),
    ...(stand === 'nowhere' && url ? [url] : []),
  ]
  const failureText = failed ? `: ${describeFailure(failed.failure)}` : ''
  return `${stateLabels[stand].padEnd(14)}  ${name} (${facts.join(', ')})${failureText}`
}

function asJson(need: NeededModelView, userHome: string): object {
  const { name, modelType, stand, by, isOff, isDisabled, where, sizeBytes, url, isFolder, failed } = need
  return {
    event: 'need',
    name,
    type: modelType,
    stand,
    by,
    off: isOff,
    disabled: isDisabled,
    localPath: where === null ? null : expandHome(where, userHome),
    sizeBytes,
    url,
    folder: isFolder,
    failed: failed ? failureAsJson(failed.failure) : null,
  }
}

function summary({ needs, team, libraryFailure, libraryListedAtMs }: WorkflowView): string {
  const count = (stand: NeededModelView['stand']) => needs.filter((need) => need.stand === stand).length
  const known = isLibraryUnknown(libraryFailure, libraryListedAtMs)
    ? []
    : [`${count('in-library')} in the library${team ? ` of ${team.name}` : ''}`]
  const counts = [
    ...known,
    `${count('queued')} in the queue`,
    ...(count('failed') > 0 ? [`${count('failed')} failed`] : []),
    `${count('here')} on this computer`,
    `${count('nowhere')} not found.`,
  ]
  return `${needs.length === 1 ? '1 model' : `${needs.length} models`}: ${counts.join(', ')}`
}
