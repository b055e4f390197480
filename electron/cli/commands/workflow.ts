import { homedir } from 'node:os'
import type { TeamChoice } from '../../contract/account.ts'
import type { NeededModelView, WorkflowView } from '../../contract/discovery.ts'
import { formatBytes } from '../../messages/format-size.ts'
import type { Command } from '../arguments.ts'
import { exitCodes } from '../exit-codes.ts'
import { interrupted } from '../interruption.ts'
import { leave } from './stop-uploads.ts'
import { explain, told, t } from '../output/output.ts'
import { oneLine } from '../output/terminal-text.ts'
import { codeOf, type Sending } from './upload.ts'
import { watchUploads } from './follow-uploads.ts'

type WorkflowCommand = Command & { name: 'workflow' }

/**
 * Tells which models a workflow needs and where they are; with `--upload` sends those that the team lacks and this computer
 * has. Answers 0 when nothing is missing in the end, else 1.
 */
export async function runWorkflowCommand(
  command: WorkflowCommand,
  choice: TeamChoice,
  world: Sending,
): Promise<number> {
  const { engine, streams, interruption } = world
  const opened = await interruption.or(engine.workflows.read([command.file], choice))
  if (opened === interrupted) return interruption.exitCode
  if (opened.id === null) {
    streams.err.write(
      opened.unread.length > 0
        ? 'Looking for a workflow in this file took too long. Export it anew from ComfyUI and try again.\n'
        : 'There is no ComfyUI workflow in this file.\n',
    )
    return exitCodes.someFailed
  }
  if ((await interruption.or(engine.workflows.settled(opened.id))) === interrupted)
    return interruption.exitCode
  const view = engine.workflows.view(opened.id)
  if (!view) return exitCodes.someFailed
  for (const need of view.needs) {
    streams.out.write(`${command.json ? JSON.stringify(asJson(need)) : oneLine(asText(need))}\n`)
  }
  tellUnseen(view, command, streams)
  if (view.libraryFailure)
    streams.err.write(`The library could not be listed. ${explain(view.libraryFailure)}\n`)
  const here = view.needs.filter(({ stand, isOff }) => stand === 'here' && !isOff)
  if (!command.json) streams.err.write(`${summary(view)}\n`)
  const lacks = view.needs.some(({ stand, isOff }) => stand !== 'in-library' && !isOff)
  if (!command.upload || here.length === 0) return lacks ? exitCodes.someFailed : exitCodes.ok
  const code = await send(opened.id, here, world)
  const isAllFound = !view.needs.some(({ stand, isOff }) => stand === 'nowhere' && !isOff)
  return code === exitCodes.ok && !isAllFound ? exitCodes.someFailed : code
}

async function send(id: string, needs: readonly NeededModelView[], world: Sending): Promise<number> {
  const { engine, environment, teller, streams, interruption } = world
  const watch = watchUploads(engine, teller)
  const stop = async () => {
    await leave({ engine, environment, streams, teller, command: 'upload', remove: false })
    return interruption.exitCode
  }
  const report = await interruption.or(
    engine.workflows.sendNeeds(
      id,
      needs.map((need) => need.id),
      // Whoever typed the command asked for it, and was shown the list.
      async () => true,
    ),
  )
  if (report === interrupted) return stop()
  if (!report.ok) {
    streams.err.write(`${explain(report.failure)}\n`)
    return exitCodes.someFailed
  }
  const { added, refused, skipped } = report.value ?? { added: 0, refused: 0, skipped: [] }
  for (const { name, reason } of skipped) teller.skipped(name, reason)
  if (added + refused === 0) return exitCodes.someFailed
  const rows = await interruption.or(watch.allEnded(added + refused))
  if (rows === interrupted) return stop()
  teller.finished()
  return codeOf(rows)
}

/** What is "not found" may lie in a folder that could not be looked through. */
function tellUnseen(
  { unseen, isUsualSeen }: WorkflowView,
  { json }: WorkflowCommand,
  { out, err }: Sending['streams'],
): void {
  if (json) {
    for (const { where, why } of unseen)
      out.write(`${JSON.stringify({ event: 'unseen', folder: whole(where), reason: why })}\n`)
    if (!isUsualSeen) out.write(`${JSON.stringify({ event: 'unseen', folder: null, reason: 'too-slow' })}\n`)
  }
  const folders = unseen.map(({ where, why }) => t('workflow.unseen-folder', { where, why }))
  if (!isUsualSeen) folders.push(t('workflow.unseen-usual'))
  if (folders.length === 0) return
  err.write(`${oneLine([t('workflow.unseen'), ...folders].join(' '))}\n`)
}

/** The whole path of one that is written for a person. */
const whole = (where: string) => where.replace(/^~(?=[\\/]|$)/, () => homedir())

const stands: Readonly<Record<NeededModelView['stand'], string>> = {
  'in-library': 'in the library',
  queued: 'in the queue',
  failed: 'upload failed',
  here: 'here',
  nowhere: 'not found',
}

function asText(need: NeededModelView): string {
  const { name, modelType, stand, by, isOff, isDisabled, where, sizeBytes, url, isFolder, failed } = need
  const facts = [
    modelType ?? 'type unknown',
    ...(isFolder ? ['a folder'] : []),
    ...(by === 'name' ? ['by its name alone'] : []),
    ...(isDisabled ? ['disabled'] : []),
    ...(isOff ? ['its node is switched off'] : []),
    ...(stand === 'here' && where ? [where] : []),
    ...(sizeBytes === null ? [] : [formatBytes(sizeBytes, 'en')]),
    ...(stand === 'nowhere' && url ? [url] : []),
  ]
  const why = failed ? `: ${explain(failed.failure)}` : ''
  return `${stands[stand].padEnd(14)}  ${name} (${facts.join(', ')})${why}`
}

function asJson(need: NeededModelView): object {
  const { name, modelType, stand, by, isOff, isDisabled, where, sizeBytes, url, isFolder, failed } = need
  return {
    event: 'need',
    name,
    type: modelType,
    stand,
    by,
    off: isOff,
    disabled: isDisabled,
    localPath: where === null ? null : whole(where),
    sizeBytes,
    url,
    folder: isFolder,
    failed: failed ? told(failed.failure) : null,
  }
}

function summary({ needs, team }: WorkflowView): string {
  const count = (stand: NeededModelView['stand']) => needs.filter((need) => need.stand === stand).length
  return [
    `${needs.length} models: ${count('in-library')} in the library of ${team?.name ?? 'nobody'}`,
    `${count('queued')} in the queue`,
    ...(count('failed') > 0 ? [`${count('failed')} failed to upload`] : []),
    `${count('here')} on this computer`,
    `${count('nowhere')} not found.`,
  ].join(', ')
}
