import { departedAccounts, type Account } from '../contract/account.ts'
import type { FailureCode } from '../contract/failures.ts'
import { continueAllUploads } from '../intake/continue-uploads.ts'
import { raceAbort } from '../platform/delays.ts'
import type { EngineEvents } from '../platform/event-hub.ts'
import { createAdding } from './areas/adding.ts'
import { createBase } from './areas/base.ts'
import { createControl } from './areas/control.ts'
import { createFinding } from './areas/finding.ts'
import { createPeople } from './areas/people.ts'
import { createSending } from './areas/sending.ts'
import { createUploads } from './areas/uploads.ts'
import { createView } from './areas/view.ts'
import { engineCalls, localFileWith, type Areas } from './calls.ts'
import type { Engine, EngineOptions, StartOptions } from './engine-api.ts'

export { journalProblemOf, type JournalProblem } from '../journal/journal-file.ts'
export { createCommandServer } from './command-server.ts'
export type * from './engine-api.ts'

/**
 * Each area builds its services and subscribes them to events. It receives the areas that were built before, and
 * reports to later ones through the event hub.
 */
function createAreas(options: EngineOptions): Areas {
  const { environment } = options
  const base = createBase(options)
  const people = createPeople(options, base)
  const uploads = createUploads(options, base, people)
  const sending = createSending(environment, { base, people, uploads })
  const control = createControl(environment, { base, people, uploads, sending })
  const adding = createAdding(environment, { base, people, uploads, sending, control })
  const finding = createFinding(options, { base, people, uploads, control, adding })
  const view = createView(environment, { base, people, uploads, sending })
  return { base, people, uploads, sending, control, adding, finding, view }
}

/** The composition root: the areas, and what concerns several of them in a certain order. */
export function createEngine(options: EngineOptions): Engine {
  const areas = createAreas(options)
  const { base, people, uploads, sending, control, adding, finding, view } = areas
  const { events, store, hashCache } = base
  const { accounts, signIns, sealing } = people
  const { rows, library, uploadAccounts } = uploads
  const { queue, hold } = sending
  const { commands } = control
  const { intake, review } = adding
  const { finder, watchedFolders, waitingFiles } = finding

  events.on('proxyOpened', () => resumeAfter(areas, 'proxy-sign-in'))
  events.on('proxyRequired', () => {
    if (people.proxies.hasNewLogin()) resumeAfter(areas, 'proxy-sign-in')
  })
  events.on('sealingChanged', () => {
    if (!base.isStopping) showReturned(areas)
  })

  return {
    calls: engineCalls(areas),
    workflows: finder.workflows,
    library,
    testStorage: sending.testStorage,
    verifyReceipt: sending.verifier.verifyReceipt,
    snapshot: view.feed.snapshot,
    queueRestored: adding.queueRestored,
    session: signIns.view,
    add: (paths, request = {}) =>
      request.source === 'window' || request.source === 'outside'
        ? waitingFiles.add(paths, request)
        : intake.enqueue(paths, request),
    addCompanions: finding.companions.add,
    addFound: (modelIds, confirm) => finder.enqueueFound(modelIds, confirm),
    otherTeam: adding.otherTeam,
    findModels: finder.findAll.bind(finder),
    approveReview: review.approve.bind(review),
    watchFolder: watchedFolders.addFolder.bind(watchedFolders),
    giveWatched: watchedFolders.setTeam.bind(watchedFolders),
    sendOffered: watchedFolders.enqueueOffered.bind(watchedFolders),
    allow: commands.allow.bind(commands),
    decide: commands.decide.bind(commands),
    checkServer: signIns.checkServer,
    async resumeUnfinished(request) {
      await raceAbort(adding.queueRestored(), request.signal)
      return continueAllUploads({ rows, commands, accounts, settings: base.settings }, request)
    },
    cleanUpAbandoned: () => sending.abandonedUploads.cleanUp(),
    abandonedCount: sending.abandonedUploads.count,
    async useToken(token, retry) {
      const account = await signIns.useToken(token, retry)
      if (!account.ok) return account
      // An earlier version may have stored the listings of a user without a sign-in.
      if (!accounts.hasStoredSignIn(account.value)) await library.forget(account.value)
      // The app's own sign-in lasts longer.
      const isOwn = ({ id, state }: Account) => id === account.value.id && state === 'ready'
      if (base.runsQueue && people.accountStore.list().some(isOwn)) signIns.dropToken(account.value.id)
      return account
    },
    dropToken(accountId) {
      // Its uploads continue at the next start.
      if (!base.stopping.signal.aborted) signIns.dropToken(accountId)
    },
    asCommand: people.asCommand,
    lowerSpeed: uploads.lowerSpeed,
    usesServer: uploadAccounts.usesServer,
    fileOf: (id) => rows.get(id)?.record.path ?? store.find(id)?.path ?? null,
    localFileWith: (sha256) => localFileWith(hashCache, sha256),
    hold(condition) {
      const held = hold.hold(condition)
      view.feed.touched()
      return held
    },
    canFinishParts: () => queue.canFinishParts(),
    finishParts: hold.finishParts,
    applySettings(changed) {
      const before = base.settings
      base.settings = changed
      review.policyChanged()
      uploads.applySettings(changed)
      queue.setConcurrency(changed.atOnce)
      if (changed.server !== before.server) signIns.cancelPairing()
      if (changed.server !== before.server || changed.servers !== before.servers) signIns.announce()
    },
    async keychainChanged() {
      await people.keychainChanged()
      if (options.keychainState() === 'ok') resumeAfterKeychain(areas)
    },
    unsealPresent: sealing.unsealPresent,
    confirmSignIns: () => signIns.confirm(),
    networkChanged: () => events.emit('networkChanged'),
    windowFocused: () => areas.adding.rechecks.checkAll(),
    subscribe(listener) {
      const listeners = Object.entries(listener) as [keyof EngineEvents, () => void][]
      for (const [name, listen] of listeners) events.on(name, listen)
      return () => listeners.forEach(([name, listen]) => events.off(name, listen))
    },
    start: (given = {}) => start(areas, given, options),
    stop: () => stop(areas),
  }
}

function resumeAfter({ uploads, control, finding }: Areas, ...codes: readonly FailureCode[]): void {
  uploads.library.forgetFailures()
  finding.finder.refresh()
  control.commands.resumeAfter(...codes)
}

/** A locked or slow keychain stops uploads without signing their account out: no sign-in resumes them. */
function resumeAfterKeychain(areas: Areas): void {
  if (!areas.base.stopping.signal.aborted) resumeAfter(areas, 'keychain-locked', 'keychain-slow')
}

/** Reads uploads of the journal; what can't be read is reported and left out. */
function read({ base }: Areas, restore: () => void): void {
  try {
    restore()
  } catch (error) {
    base.reportUnreadable(error)
  }
}

/** Shows the uploads of users who are back, and continues them. */
function showReturned(areas: Areas): void {
  const { base, people, control, adding, finding, view } = areas
  adding.restoration.returned(new Set(departedAccounts(people.accountStore.list()).map(({ id }) => id)))
  if (base.runsQueue) {
    read(areas, view.doneToday.restore)
    finding.watchedFolders.start()
  }
  control.resumeWaiting(null)
  view.feed.touched()
  people.signIns.announce()
  base.events.emit('waitingFiles', finding.waitingFiles.view())
}

async function start(
  areas: Areas,
  { restoreQueue = true, confirmAccount }: StartOptions,
  { keychainState }: EngineOptions,
): Promise<boolean> {
  const { base, people, sending, adding, finding, view } = areas
  const { signal } = base.stopping
  base.hasStarted = true
  base.runsQueue = restoreQueue
  if (confirmAccount) people.setConfirmation(confirmAccount)
  if (restoreQueue) {
    // What the user sees is the whole queue or none of it.
    view.feed.hold()
    try {
      read(areas, view.doneToday.restore)
      await adding.restoration.all()
    } finally {
      view.feed.release()
    }
  }
  if (signal.aborted) return false
  try {
    await people.signIns.restore()
  } catch (error) {
    // The keychain may answer after the journal was closed.
    if (!signal.aborted) throw error
  }
  if (signal.aborted) return false
  if (restoreQueue) {
    if (keychainState() === 'ok') resumeAfterKeychain(areas)
    finding.watchedFolders.start()
    finding.waitingFiles.start()
  }
  await sending.hold.start({ ownsQueue: restoreQueue })
  if (restoreQueue) {
    // What could not be erased before the last process ended.
    if (people.needsErasing()) base.events.emit('departed', () => false)
    people.sealAndUnseal()
  }
  sending.tidy()
  return true
}

async function stop({ base, people, uploads, sending, adding, finding, view }: Areas): Promise<void> {
  const { sealing, signIns } = people
  base.stopping.abort()
  adding.review.close()
  finding.companions.close()
  // Together, so that a search or a watcher on a disk that does not respond delays no upload of another disk.
  await Promise.all([
    finding.finder.close(),
    finding.watchedFolders.close(),
    finding.waitingFiles.close(),
    sending.stop(),
    signIns.close(),
  ])
  // Files that are not inspected yet are recorded as such, while the journal is open. The thread may hang.
  const inspectorClosed = uploads.inspector.close()
  await adding.intake.close()
  base.isStopping = true
  await sealing.sealDeparted().catch(() => undefined)
  await sealing.close()
  await uploads.library.close()
  adding.rechecks.close()
  view.close()
  uploads.details.close()
  sending.close()
  base.events.removeAllListeners()
  await Promise.all([uploads.transfer.close(), inspectorClosed])
  base.close()
  // A command ends with this; the log of the app goes on, and is about users who are still here.
  if (!base.runsQueue) await sealing.eraseLogsAgain()
}
