import type { TeamChoice } from '../../contract/account.ts'
import {
  isLibraryUnknown,
  type FoundModelState,
  type FoundModelView,
  type FoundPlaceView,
} from '../../contract/discovery.ts'
import { formatBytes } from '../../messages/format-size.ts'
import type { FoundOnComputer } from '../../contract/command-calls.ts'
import type { Command } from '../arguments.ts'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { interrupted } from '../interruption.ts'
import {
  describeFailure,
  describeLibraryFailure,
  expandHome,
  libraryFailureAsJson,
  t,
} from '../output/output.ts'

type FindCommand = Extract<Command, { readonly name: 'find' }>

/**
 * Lists the models in the common locations, and what a team has of them unless it is null. Returns 0 if
 * everything could be searched and compared, else 1; what was found before Ctrl-C is listed too.
 */
export async function runFindCommand(
  command: FindCommand,
  team: TeamChoice | null,
  { engine, streams, interruption, userHome }: CommandContext,
): Promise<number> {
  const finding = engine.calls.findModels(team)
  // Answers with what was found until then.
  if ((await interruption.race(finding)) === interrupted) void engine.stopWork()
  const answer = await finding
  if (!answer.ok) {
    streams.err.line(describeFailure(answer.failure))
    return exitCodes.someFailed
  }
  const found = answer.value
  for (const place of found.view.places) {
    if (command.json) printAsJson(place, found, { out: streams.out, userHome })
    else printAsText(place, found, streams.out)
  }
  const { state, places, library } = found.view
  if (command.json) {
    const [models, sizeBytes] = [sum(places, 'modelCount'), sum(places, 'sizeBytes')]
    const failed = library.failure ? { library: libraryFailureAsJson(library.failure) } : {}
    streams.out.json({
      event: 'found',
      models,
      sizeBytes,
      complete: state === 'done' && !library.isListing,
      ...failed,
    })
  } else streams.err.line(summary(found))
  if (library.failure) streams.err.line(describeLibraryFailure(library.failure, library.listedAtMs))
  if (state === 'late')
    streams.err.line(
      'Some locations were skipped because the search took too long or there are too many folders. To upload from another folder, run: modelferry upload FOLDER',
    )
  if (interruption.signal.aborted) return interruption.exitCode
  const isComplete =
    state === 'done' && places.every(({ isWhole, unreadableCount }) => isWhole && unreadableCount === 0)
  return isComplete && !library.failure ? exitCodes.ok : exitCodes.someFailed
}

function sum(places: readonly FoundPlaceView[], member: 'modelCount' | 'sizeBytes'): number {
  return places.reduce((total, place) => total + place[member], 0)
}

type Out = CommandContext['streams']['out']

function printAsJson(
  place: FoundPlaceView,
  { models }: FoundOnComputer,
  { out, userHome }: { readonly out: Out; readonly userHome: string },
): void {
  for (const { path, model } of models[place.id] ?? [])
    out.json({
      event: 'local-model',
      place: place.kind,
      name: model.name,
      type: model.modelType,
      sizeBytes: model.sizeBytes,
      files: model.fileCount,
      state: model.state,
      localPath: path,
    })
  const reasons = [
    ...(place.isWhole ? [] : ['too-many']),
    ...(place.unreadableCount > 0 ? ['unreadable'] : []),
  ]
  for (const reason of reasons)
    out.json({ event: 'unseen', folder: expandHome(place.where, userHome), reason })
}

function printAsText(place: FoundPlaceView, { models }: FoundOnComputer, out: Out): void {
  const total = `${modelCount(place.modelCount)}, ${formatBytes(place.sizeBytes, 'en')}`
  out.line(`${t(`places.kind-${place.kind}`)}: ${place.where} (${total})`)
  for (const { model } of models[place.id] ?? []) out.line(asText(model))
  if (!place.isWhole) out.line('  Not all files in this folder are listed.')
  if (place.unreadableCount > 0)
    out.line(
      `  ${t('places.unreadable', { count: place.unreadableCount, folders: place.unreadable.join(', ') })}`,
    )
}

const stateLabels: Readonly<Record<FoundModelState, string>> = {
  'in-library': 'in the library',
  'same-name-and-size': 'same name/size',
  queued: 'in the queue',
  new: '',
}

function asText({ name, folder, modelType, sizeBytes, state }: FoundModelView): string {
  const path = folder === '' ? name : `${folder}/${name}`
  const size = formatBytes(sizeBytes, 'en').padStart(8)
  return `  ${stateLabels[state].padEnd(14)}  ${size}  ${path} (${modelType ?? 'unknown type'})`
}

const modelCount = (count: number) => (count === 1 ? '1 model' : `${count} models`)

function summary({ view: { places, library }, models }: FoundOnComputer): string {
  const total = `${modelCount(sum(places, 'modelCount'))}, ${formatBytes(sum(places, 'sizeBytes'), 'en')}`
  if (!library.team) return `${total}. Sign in to compare them with your team’s library.`
  // The listing was stopped with Ctrl-C, or failed.
  if (library.isListing || isLibraryUnknown(library.failure, library.listedAtMs))
    return `${total}. They were not compared with the library of ${library.team.name}.`
  const states = places.flatMap(({ id }) => (models[id] ?? []).map(({ model }) => model.state))
  const count = (state: FoundModelState) => states.filter((other) => other === state).length
  const known = `${count('in-library')} in the library of ${library.team.name}`
  return `${total}: ${known}, ${count('same-name-and-size')} with the name and size of a model in it, ${count('queued')} in the queue, ${count('new')} not in the library.`
}
