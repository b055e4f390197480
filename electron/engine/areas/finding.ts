import { ModelFinder } from '../../discovery/places/model-finder.ts'
import { WatchedFolders } from '../../discovery/watched-folders/watched-folders.ts'
import { createCompanions } from '../../intake/companions/companions.ts'
import { createFoundModelsIntake } from '../../intake/found-models.ts'
import { createReading } from '../../intake/reading.ts'
import { createWaitingFiles } from '../../intake/waiting-files.ts'
import { createUploadedPathFinder } from '../../journal/history-store.ts'
import type { EngineOptions } from '../engine-api.ts'
import type { Adding } from './adding.ts'
import type { Base } from './base.ts'
import type { People } from './people.ts'
import type { Control } from './control.ts'
import type { Uploads } from './uploads.ts'

/** The ways in which files are found: drops and workflows, models of this computer, companions, watched folders. */
export type Finding = ReturnType<typeof createFinding>

export function createFinding(
  { environment, workers, computer }: EngineOptions,
  areas: {
    readonly base: Base
    readonly people: People
    readonly uploads: Uploads
    readonly control: Control
    readonly adding: Adding
  },
) {
  const { events, database, store, choices, hashCache } = areas.base
  const { accounts, signIns } = areas.people
  const { rows, library, inspect, uploadAccounts } = areas.uploads
  const { commands } = areas.control
  const { review, mountQueue, intake, findTeam, isReviewed } = areas.adding
  const finder = new ModelFinder({
    worker: workers.search,
    computer,
    environment,
    mountQueue,
    library,
    accounts,
    rows,
    choices,
    resolve: signIns.resolve,
    knownFiles: { uploadedBefore: createUploadedPathFinder(database), hashes: hashCache },
    found: createFoundModelsIntake({ findTeam, isReviewed, accounts, store, intake }),
    // Native dialogs have confirmed these.
    enqueue: (files, team, given) =>
      intake.enqueuePlaced(files, { review: 'confirmed', ...given, ...(team ? { team } : {}) }),
    onFindingChange: (view) => events.emit('finding', view),
    onWorkflowChange: (view) => events.emit('workflow', view),
  })
  const companionServices = { rows, library, environment, finder, intake, inspect, events }
  const companions = createCompanions(companionServices, areas.adding.teamCompanions)
  const watchedFolders = new WatchedFolders({
    database,
    worker: workers.watch,
    environment,
    mountQueue,
    modelFinder: finder,
    signIns,
    uploadAccountFor: uploadAccounts.accountForTeam,
    enqueue: (paths, request) => intake.enqueue(paths, { review: 'confirmed', ...request }),
    onLinksSkipped: (report) => events.emit('added', report),
    onChange: (view) => events.emit('watching', view),
  })
  const reading = createReading({
    timers: environment.timers,
    onChange: (view) => events.emit('reading', view),
    undoAdd: (drop) => commands.undoAdd(drop),
  })
  const waitingFiles = createWaitingFiles({
    choices,
    reading,
    findTeam,
    processDropped: finder.processDropped,
    enqueue: (paths, team, request) => intake.enqueue(paths, { ...request, team }),
    onAdded: (report) => events.emit('added', report),
    onChange: (view) => events.emit('waitingFiles', view),
    environment,
  })

  events.on('companionsMissing', () => companions.search(review.missingCompanions()))
  events.on('companionsFound', () => review.offersChanged())
  events.on('connectivity', (state) => {
    if (state === 'ok') finder.refresh()
  })
  events.on('networkChanged', () => finder.refresh())
  events.on('session', () => {
    // Another account or team means another library.
    finder.refresh()
    watchedFolders.sessionChanged()
    waitingFiles.addIfPossible()
  })
  events.on('departed', (isDeparted) => {
    watchedFolders.release(isDeparted)
    finder.clear()
    companions.clear()
  })

  return { finder, companions, watchedFolders, reading, waitingFiles }
}
