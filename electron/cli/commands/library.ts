import type { TeamChoice } from '../../contract/account.ts'
import type { Result } from '../../contract/failures.ts'
import type { LibraryChange, LibraryModel } from '../../contract/library.ts'
import { visibleText } from '../../contract/visible-text.ts'
import { formatBytes } from '../../messages/format-size.ts'
import type { Command } from '../arguments.ts'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { findNamed, type Naming } from '../find-named.ts'
import { isConfirmed } from '../output/confirmation.ts'
import { describeFailure, describeLibraryFailure, isoTime } from '../output/output.ts'

type LibraryCommand = Extract<Command, { readonly name: 'library' }>
type LibraryContext = Pick<CommandContext, 'engine' | 'streams'>

/** Lists, shows, changes or deletes models of a team's library. Returns the exit code. */
export async function runLibraryCommand(
  command: LibraryCommand,
  choice: TeamChoice,
  context: LibraryContext,
): Promise<number> {
  const { engine, streams } = context
  const listing = await engine.calls.library({ choice, maxAgeMs: 0 })
  const reason = listing.ok ? listing.value.failure : listing.failure
  if (!listing.ok || reason) {
    if (reason) streams.err.line(describeLibraryFailure(reason, null))
    return exitCodes.someFailed
  }
  const { models } = listing.value
  if (command.action === 'list') return show(models.filter(isLike(command.search)), command, streams)
  const named = findNamed(command.models, models, modelNaming, streams.err)
  if (named === null) return exitCodes.someFailed
  return command.action === 'show' ? show(named, command, streams) : change(named, command, choice, context)
}

/** In any case, in the name, the type or the path. */
const isLike = (search: string) => (model: LibraryModel) =>
  [model.displayName, model.modelType, model.modelPath ?? ''].some((text) =>
    text.toLowerCase().includes(search.toLowerCase()),
  )

const modelNaming: Naming<LibraryModel> = {
  noun: 'model',
  namesOf: ({ displayName, modelPath }) => (modelPath === null ? [displayName] : [displayName, modelPath]),
  describe: modelLine,
}

function show(
  models: readonly LibraryModel[],
  { action, json }: LibraryCommand,
  { out }: LibraryContext['streams'],
): number {
  for (const model of models) {
    if (json) out.json(modelAsJson(model))
    else if (action === 'list') out.line(modelLine(model))
    else for (const [name, value] of Object.entries(modelAsJson(model))) out.line(`${name}: ${value ?? '–'}`)
  }
  return exitCodes.ok
}

/** How a change is called once it is done. */
const participles = { disable: 'disabled', enable: 'enabled', rm: 'deleted' } as const

async function change(
  models: readonly LibraryModel[],
  command: LibraryCommand & { readonly action: 'rename' | keyof typeof participles },
  choice: TeamChoice,
  { engine, streams }: LibraryContext,
): Promise<number> {
  const { out, err } = streams
  const names = models.map(({ displayName }) => displayName).join(', ')
  const question = `Delete ${names} from the team’s library? This can’t be undone.`
  if (command.action === 'rm' && !command.yes && !(await isConfirmed(question, streams)))
    return exitCodes.someFailed
  let code: number = exitCodes.ok
  for (const { id: modelId, displayName } of models) {
    const done: Result<void> =
      command.action === 'rm'
        ? await engine.calls.deleteModel({ choice, modelId })
        : await engine.calls.changeModel({ choice, modelId, change: changeOf(command) })
    const what = command.action === 'rename' ? `renamed to ${command.newName}` : participles[command.action]
    if (done.ok) out.line(visibleText(`${displayName} is ${what}.`))
    else err.line(visibleText(`${displayName}: ${describeFailure(done.failure)}`))
    if (!done.ok) code = exitCodes.someFailed
  }
  return code
}

function changeOf(command: LibraryCommand): LibraryChange {
  if (command.action === 'rename') return { displayName: command.newName }
  return { status: command.action === 'disable' ? 'disabled' : 'active' }
}

function modelLine({ displayName, modelType, modelPath, sizeBytes, status }: LibraryModel): string {
  const size = sizeBytes === null ? '' : formatBytes(sizeBytes, 'en')
  const state = status === 'active' ? '' : ` (${status})`
  return `${size.padStart(8)}  ${modelType.padEnd(16)}  ${displayName}${state}  ${modelPath ?? ''}`.trimEnd()
}

const modelAsJson = (model: LibraryModel) => ({
  id: model.id,
  name: model.displayName,
  type: model.modelType,
  path: model.modelPath,
  sizeBytes: model.sizeBytes,
  sha256: model.sha256,
  status: model.status,
  createdAt: isoTime(model.createdAtMs),
})
