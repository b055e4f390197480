import { randomUUID } from 'node:crypto'
import { basename, join } from 'node:path'
import { createAccounts } from '../accounts/accounts.ts'
import { createProxyLogins } from '../accounts/proxy-logins.ts'
import { createLocks } from '../accounts/refresh-lock.ts'
import { createSignIns } from '../accounts/sign-ins.ts'
import { createConflictCheck } from '../conflicts/check-before-upload.ts'
import { createConflictSettings } from '../conflicts/conflict-settings.ts'
import { checkConflictsEarly } from '../conflicts/early-check.ts'
import { createFileHashes } from '../conflicts/file-hashes.ts'
import { toLibraryModel } from '../conflicts/registered-copies.ts'
import { createReplacer } from '../conflicts/replace.ts'
import { departedAccounts, isAccountIdOf, type Account } from '../contract/account.ts'
import type { FailureCode } from '../contract/failures.ts'
import { ModelFinder } from '../discovery/places/model-finder.ts'
import { MountQueue } from '../discovery/scan/mounts.ts'
import { WatchedFolders } from '../discovery/watched-folders/watched-folders.ts'
import { createDetails } from '../feed/details.ts'
import { createDoneToday } from '../feed/done-today.ts'
import { createFeed } from '../feed/feed.ts'
import { createModelStatusReader } from '../feed/model-status.ts'
import { createTeamAdder } from '../intake/add-to-team.ts'
import { adoptAccountUploads } from '../intake/adopt-uploads.ts'
import { Intake } from '../intake/enqueue.ts'
import { createFoundModelsIntake } from '../intake/found-models.ts'
import { createReading } from '../intake/reading.ts'
import { createTypeCorrections } from '../intake/type-corrections.ts'
import { createRechecks } from '../intake/recheck-growing-files.ts'
import { createCompanions } from '../intake/companions/companions.ts'
import { createTeamCompanions } from '../intake/companions/team-companions.ts'
import { restoreQueued, restoreReturned } from '../intake/restore.ts'
import { applyPolicy, reviewPolicyOf } from '../intake/review/review-policy.ts'
import { Review } from '../intake/review/review.ts'
import { createUndoHistory } from '../intake/undo-history.ts'
import { createTeamFinder, createWaitingFiles } from '../intake/waiting-files.ts'
import { createAccountStore, createStoredChoices } from '../journal/account-store.ts'
import { createHashCache } from '../journal/hash-cache.ts'
import { openJournal } from '../journal/journal-file.ts'
import { createOtherProcessCheck, renewRegularly } from '../journal/process-claims.ts'
import { Rows } from '../journal/rows.ts'
import { createSealedAccounts } from '../journal/sealing/sealed-accounts.ts'
import { isRegistered, type UploadRecord } from '../journal/upload-record.ts'
import { createUploadStore } from '../journal/upload-store.ts'
import { createUploadedPathFinder } from '../journal/history-store.ts'
import { createLibrary } from '../library/library.ts'
import { createEventHub, type EngineEvents } from '../platform/event-hub.ts'
import { createDeadConnectionMonitor } from '../queue/dead-connections.ts'
import { createNetworkChangeMonitor } from '../queue/network-changes.ts'
import { createQueueHold } from '../queue/queue-hold.ts'
import { createRecoveryMonitor } from '../queue/recovery-monitor.ts'
import type { FileToInspect } from '../recognition/found-file.ts'
import { Inspector } from '../recognition/inspector.ts'
import { createAbandonedUploads } from '../uploads/abandoned-uploads.ts'
import { createStorageTester } from '../uploads/storage-test.ts'
import { createUploadAccounts } from '../uploads/upload-accounts.ts'
import { createUploadReports } from '../uploads/upload-report.ts'
import { createVerifier } from '../uploads/verify.ts'
import { createAccountSealing } from './account-sealing.ts'
import { engineCalls, localFileWith } from './calls.ts'
import { UploadCommands } from './commands.ts'
import type { Engine, EngineOptions } from './engine-api.ts'
import { createTransferServices } from './transfer-services.ts'
import { createUploadRunner } from './upload-runner.ts'

export { journalProblemOf } from '../journal/journal-file.ts'
export type * from './engine-api.ts'

/**
 * The composition root: builds the services, connects them by events, and owns start and stop. A service only
 * receives services that were built before it; what it reports to later ones goes through the event hub.
 */
export function createEngine(options: EngineOptions): Engine {
  const { folder, environment, secretStore, keychainState, workers } = options
  const events = createEventHub()
  let settings = options.settings
  let ownsHistory = false
  let isStopping = false
  let isIncomplete = false
  let queueRestored = Promise.resolve()
  const stopping = new AbortController()
  let confirmAccount = async (_account: Account) => true

  // Journal: what survives a restart.
  const journal = openJournal(folder, environment.now())
  if (journal.damagedFile)
    environment.log.error('the journal was damaged and has been renamed', { file: journal.damagedFile })
  const { database } = journal
  const store = createUploadStore(database, randomUUID(), environment)
  const stopRenewing = renewRegularly(store.renewClaims, environment.timers)
  const choices = createStoredChoices(database, environment)
  const hashCache = createHashCache(database, environment)
  const rows = new Rows({
    store,
    environment,
    changed: (id) => events.emit('rowChanged', id),
    moved: (bytes) => events.emit('bytesMoved', bytes),
    limitBytesPerSecond: () => settings.limitBytesPerSecond,
    mayAdd: (accountId) => accounts.list().some(({ id, hasLeft }) => id === accountId && !hasLeft),
  })

  const details = createDetails({
    rowOf: (id) => rows.get(id),
    speedOf: (id) => rows.speedOf(id),
    acknowledged: store.parts.list,
    environment,
  })

  // Accounts: who is signed in, through which proxies.
  const proxies = createProxyLogins({
    environment,
    secretStore,
    onChange: () => events.emit('proxiesChanged'),
  })
  const accountStore = createAccountStore(database, environment)
  const accounts = createAccounts({
    environment,
    secretStore,
    proxies,
    accountStore,
    runExclusive: createLocks(join(folder, 'locks'), environment),
    confirmAccount: (account) => confirmAccount(account),
  })
  // What belongs to users who have signed out is encrypted.
  const sealedAccounts = createSealedAccounts(database, environment, folder)
  const sealing = createAccountSealing({
    sealed: sealedAccounts,
    accountStore,
    readyAccounts: () => accounts.list().filter(({ state }) => state === 'ready'),
    secretStore,
    keychainState,
    environment,
    folder,
    logFolders: options.logFolders ?? [],
    flushLog: options.flushLog ?? (async () => {}),
    checkEveryMs: options.accountCheckMs,
    release: releaseAccounts,
    secretsErased: accounts.departedSecretsErased,
    onChange: () => events.emit('sealingChanged'),
  })
  const signIns = createSignIns({
    accounts,
    choices,
    keychainState,
    sealedProblem: sealing.problem,
    proxies,
    environment,
    settings: () => settings,
    // Before files that wait for a team are added, since their uploads may return.
    onSignedIn: () => sealing.unsealPresent().catch(() => undefined),
    onAccountsChanged: (lostId) => events.emit('accountsChanged', lostId),
    onProxyLogin: () => events.emit('proxyOpened'),
    onVisibilityChanged: (accountIds) => events.emit('visibilityChanged', accountIds),
    onSessionChanged: (session) => events.emit('session', session),
  })
  const uploadAccounts = createUploadAccounts({ accounts, rows, settings: () => settings })

  // Transfer: what moves and reads bytes.
  const transfer = createTransferServices(options, proxies)
  const { workerPool, hasher, requestSlots } = transfer
  const inspector = new Inspector(workers.inspect, environment)
  const reviewPolicy = () => reviewPolicyOf(settings)
  const inspect = async (file: FileToInspect) => applyPolicy(await inspector.inspect(file), reviewPolicy())

  // Library and conflicts: what the teams already have.
  const conflictSettings = createConflictSettings(choices, settings)
  const library = createLibrary({
    accounts,
    folder: join(folder, 'libraries'),
    onDeleted: (modelId) => events.emit('modelDeleted', modelId),
    onSignedOut: (accountId) => events.emit('signedOut', accountId),
    environment,
  })
  library.subscribe((news) => events.emit('library', news))
  const replacer = createReplacer({
    library,
    environment,
    now: (id) => rows.get(id)?.record.library?.replaces,
  })
  const reportOf = createUploadReports({
    rows,
    parts: store.parts,
    environment,
    followParts: details.follow,
  })
  const conflictCheck = createConflictCheck({
    rows,
    library,
    hashes: createFileHashes({ hasher, cache: hashCache }),
    store,
    environment,
    replacedFate: conflictSettings.replacedFate,
    onSkipped: ({ id, fileName, accountId }) => events.emit('leftOut', { id, fileName, accountId }),
    onDuplicate: (id, sha256, model) => reportOf(id).duplicate(sha256, model),
  })

  // Queue and runs.
  const recovery = createRecoveryMonitor({
    rows,
    accessFor: accounts.accessFor.bind(accounts),
    connectivityChanged: (state) => events.emit('connectivity', state),
    volumesBack: (ids) => events.emit('volumesBack', ids),
    environment,
  })
  const { queue, forget } = createUploadRunner({
    rows,
    accounts,
    uploadAccounts,
    services: {
      workerPool,
      hasher,
      replacer,
      environment,
      accessTo: accounts.accessFor.bind(accounts),
      singlePutLimitBytes: uploadAccounts.singlePutLimitBytes,
    },
    requestSlots,
    atOnce: settings.atOnce,
    recovery,
    conflictCheck,
    inspect,
    reportOf,
    events,
  })
  const hold = createQueueHold({ queue, choices, rows, store })
  const deadConnections = createDeadConnectionMonitor({
    rowOf: (id) => rows.get(id),
    inFlight: rows.inFlightIds.bind(rows),
    restartRuns: hold.restartRuns,
    environment,
  })
  const networkChanges = createNetworkChangeMonitor({
    changed: () => events.emit('networkChanged'),
    environment,
  })
  const abandonedUploads = createAbandonedUploads({
    store,
    accounts,
    library,
    settings: () => settings,
    environment,
  })
  const verifier = createVerifier({
    rows,
    store,
    accounts,
    environment,
    verified: (id, verification) => events.emit('verified', id, verification),
  })
  const storageTest = createStorageTester({
    store,
    accounts,
    workerPool,
    requestSlots,
    abandonedUploads,
    environment,
  })

  // Commands and intake.
  const corrections = createTypeCorrections({ choices, rows })
  const checkConflicts = (ids: readonly string[]) =>
    void checkConflictsEarly({ rows, library, environment, queue, signal: stopping.signal }, ids)
  const undo = createUndoHistory()
  const commands = new UploadCommands({
    rows,
    queue,
    inspect,
    forget,
    onAbandoned: () => events.emit('abandoned'),
    onTypesEdited: corrections.remember,
    undo,
    find: store.find,
    rejected: (ids) => events.emit('rejected', ids),
    now: environment.now,
    stopping: stopping.signal,
  })
  const teamCompanions = createTeamCompanions({ rows, store })
  const review = new Review({
    rows,
    environment,
    policy: reviewPolicy,
    resolve: signIns.resolve,
    isHidden: (accountId) => signIns.hidden().has(accountId),
    library,
    knownHash: ({ path, identity }) => hashCache.peek(path, identity),
    companions: teamCompanions,
    onCompanionsMissing: () => events.emit('companionsMissing'),
    queue,
    warmUp: () => workerPool.warm(),
    approved: checkConflicts,
    onConflict: conflictSettings.onConflict,
    inspectAgain: (ids) => void commands.retry(ids, review.mustReview),
    rememberApproval: undo.rememberApproval,
    onChange: (views) => events.emit('reviews', views),
    onSettled: (report) => events.emit('added', report),
  })
  // One for all, since its limit is that of the process.
  const mountQueue = new MountQueue(environment.timers)
  const { mustReview } = review
  const rechecks = createRechecks({ rows, commands, mustReview, environment, mountQueue })
  const intake = new Intake({
    store,
    rows,
    queue,
    accounts,
    commands,
    environment,
    inspect,
    resolveTeam: signIns.resolve,
    onConflict: conflictSettings.onConflict,
    typeOffers: corrections.offers,
    reviewPolicy,
    review,
    // In the order in which they are needed: each start takes a core.
    warmUp: () => [inspector, workerPool].forEach((threads) => threads.warm()),
    batchEnqueued: rechecks.schedule,
    enqueued: checkConflicts,
    rememberDrop: undo.rememberDrop,
  })
  const teamAdder = createTeamAdder({
    store,
    rows,
    library,
    hashCache,
    signIns,
    intake,
    mountQueue,
    environment,
  })
  // Discovery: models on this computer.
  const isReviewed = () => reviewPolicy().review !== 'never'
  const findTeam = createTeamFinder({ signIns, policy: reviewPolicy })
  const finder = new ModelFinder({
    worker: workers.search,
    computer: options.computer,
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
    enqueue: (files, team, signal) =>
      intake.enqueuePlaced(files, { review: 'confirmed', signal, ...(team ? { team } : {}) }),
    onFindingChange: (view) => events.emit('finding', view),
    onWorkflowChange: (view) => events.emit('workflow', view),
  })
  const companionServices = { rows, library, environment, finder, intake, inspect, events }
  const companions = createCompanions(companionServices, teamCompanions)
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
    chosenTeam: () => findTeam(false),
    processDropped: finder.processDropped.bind(finder),
    enqueue: (paths, team, request) => intake.enqueue(paths, { ...request, team }),
    onAdded: (report) => events.emit('added', report),
    onChange: (view) => events.emit('waitingFiles', view),
    environment,
  })

  // Feed: what the page sees.
  const touched = () => events.emit('totalsChanged')
  const doneToday = createDoneToday({ rows, store, environment, hidden: signIns.hidden, touched })
  const feed = createFeed({
    view: (id) => (signIns.hidden().has(rows.get(id)?.record.accountId ?? '') ? null : rows.view(id)),
    ids: () => rows.ids(),
    allPaused: hold.isPausedByUser,
    line: () => recovery.connectivity,
    isIncomplete: () => isIncomplete,
    journalSetAside: journal.damagedFile && basename(journal.damagedFile),
    unshownToday: () => doneToday.unshown(),
    requestSlots,
    limitBytesPerSecond: () => settings.limitBytesPerSecond,
    environment,
  })

  function reportUnreadable(error: unknown): void {
    environment.log.error('uploads of the journal could not be read', { error: String(error) })
    isIncomplete = true
    feed.touched()
  }

  // Events. Within one event the order matters only where a comment says so.
  const cleanUp = () => void abandonedUploads.cleanUp()
  // A command verifies its own uploads only.
  const verifyOpen = () => {
    if (ownsHistory) verifier.verifyOpen()
  }
  /** Lists libraries again whose listing failed, where they are shown. */
  function retryListings(): void {
    library.forgetFailures()
    finder.refresh()
  }
  const hasAccountBesides = (lostId: string | null) => (record: UploadRecord) => {
    const account = uploadAccounts.accountFor(record)
    return account !== null && account.id !== lostId
  }
  function resumeWaiting(lostId: string | null): void {
    library.forgetFailures()
    commands.resumeWaiting(hasAccountBesides(lostId))
  }
  function resumeAfter(...codes: readonly FailureCode[]): void {
    retryListings()
    commands.resumeAfter(...codes)
  }
  const resumeAfterProxyLogin = () => resumeAfter('proxy-sign-in')
  /** A locked or slow keychain stops uploads without signing their account out: no sign-in resumes them. */
  const resumeAfterKeychain = () => {
    if (keychainState() === 'ok' && !stopping.signal.aborted) resumeAfter('keychain-locked', 'keychain-slow')
  }
  // Its exceptions are logged; what was not done is done later.
  const inBackground = (work: Promise<unknown>) => void work.catch(() => undefined)
  events.on('rowChanged', feed.changed)
  events.on('rowChanged', details.changed)
  events.on('rowChanged', (id) => review.rowChanged(id))
  events.on('rowChanged', rechecks.rowChanged)
  events.on('library', () => review.compareAgain())
  events.on('companionsMissing', () => companions.search(review.missingCompanions()))
  events.on('companionsFound', () => review.offersChanged())
  events.on('rowChanged', deadConnections.rowChanged)
  events.on('bytesMoved', feed.moved)
  events.on('totalsChanged', feed.touched)
  events.on('connectivity', (state) => {
    // Before uploads run again, which are compared with the library first.
    if (state === 'ok') retryListings()
    queue.setOnline(state === 'ok')
    feed.touched()
    if (state !== 'ok') return
    cleanUp()
    verifyOpen()
  })
  events.on('networkChanged', () => {
    // Before any request.
    proxies.stopSkipping()
    store.renewClaims()
    recovery.check()
    rechecks.checkAll()
    doneToday.checkDate()
    retryListings()
    queue.wake()
    cleanUp()
    deadConnections.watch()
  })
  events.on('volumesBack', (ids) => queue.add(ids))
  events.on('rejected', rechecks.schedule)
  events.on('abandoned', cleanUp)
  events.on('registered', (id) => {
    const record = rows.get(id)?.record
    if (!record || !isRegistered(record)) return
    library.addRegistered({ accountId: record.accountId, teamId: record.team.id }, toLibraryModel(record))
    hashCache.remember(record.path, record.identity, record.state.sha256)
    verifier.verifySoon(id)
  })
  events.on('verified', (id) => {
    const relisted = doneToday.relist(id)
    if (!relisted.ok)
      environment.log.error('an upload can’t be listed again', { code: relisted.failure.code })
  })
  events.on('modelDeleted', verifier.modelDeleted)
  events.on('queueIdle', verifier.verifyCollected)
  events.on('signedOut', (accountId) => {
    signIns.markSignedOut(accountId)
    commands.refuseWaiting(accountId, hasAccountBesides(accountId))
  })
  events.on('forbidden', () => {
    // The user may not be a member of the team any more. A command ends soon, and shows no teams.
    if (ownsHistory) inBackground(signIns.refreshTeams())
  })
  events.on('accountsChanged', (lostId) => {
    resumeWaiting(lostId)
    cleanUp()
    verifyOpen()
    // Someone may be back, and another user may be gone.
    inBackground(sealing.unsealPresent())
    inBackground(sealing.sealDeparted())
  })
  events.on('sealingChanged', () => {
    if (isStopping) return
    if (ownsHistory) {
      const departedIds = new Set(departedAccounts(accountStore.list()).map(({ id }) => id))
      try {
        restoreReturned({ store, rows, queue, rechecks, departedIds, onUnreadable: reportUnreadable })
        doneToday.restore()
      } catch (error) {
        reportUnreadable(error)
      }
      watchedFolders.start()
    }
    resumeWaiting(null)
    cleanUp()
    verifyOpen()
    feed.touched()
    signIns.announce()
    events.emit('waitingFiles', waitingFiles.view())
  })
  events.on('visibilityChanged', (accountIds) => {
    for (const id of rows.ids()) if (accountIds.has(rows.get(id)?.record.accountId ?? '')) feed.changed(id)
    review.compareAgain()
  })
  events.on('session', () => {
    // Another account or team means another library.
    finder.refresh()
    watchedFolders.sessionChanged()
    review.compareAgain()
    waitingFiles.addIfPossible()
  })
  events.on('proxiesChanged', signIns.announce)
  events.on('proxyOpened', () => {
    resumeAfterProxyLogin()
    verifyOpen()
  })
  events.on('proxyRequired', () => {
    if (proxies.hasNewLogin()) resumeAfterProxyLogin()
  })
  feed.subscribe({
    patch(patch) {
      review.speedMeasured(patch.totals.bytesPerSecond)
      events.emit('patch', patch)
      // Uploads of hidden accounts run too, but are not in the totals.
      networkChanges.setActive(queue.running.size > 0 || patch.totals.running + patch.totals.waiting > 0)
      // A finished row may leave the list only after its last patch was sent.
      doneToday.patchSent(patch)
    },
    flow(speed) {
      details.renew()
      events.emit('flow', speed)
    },
  })
  details.subscribe((value) => events.emit('details', value))

  /** Stops the uploads of accounts whose user has signed out, and drops what is kept of them in memory. */
  async function releaseAccounts(departed: readonly Account[]): Promise<boolean> {
    const remainingIds = new Set(accountStore.list().map(({ id }) => id))
    for (const { id } of departed) remainingIds.delete(id)
    // Also uploads with a token of the same user, which are no accounts of this computer.
    const isOfThem = (accountId: string) =>
      !remainingIds.has(accountId) &&
      departed.some((account) => account.id === accountId || isAccountIdOf(account, accountId))
    for (const account of departed) {
      await commands.suspendAccount(account.id, account.data === 'removed')
      await library.forget(account)
    }
    const ids = rows.ids().filter((id) => isOfThem(rows.get(id)?.record.accountId ?? ''))
    // A command still reports what became of its files.
    if (!ownsHistory && !isStopping) return ids.length === 0
    await queue.remove(ids)
    store.logs.flush()
    ids.forEach(forget)
    rows.forget(ids)
    undo.forgetAccounts(isOfThem)
    watchedFolders.release(isOfThem)
    finder.clear()
    companions.clear()
    events.emit('departed', isOfThem)
    return true
  }

  return {
    calls: {
      ...engineCalls({
        rows,
        store,
        hold,
        feed,
        details,
        doneToday,
        signIns,
        commands,
        corrections,
        library,
        hashCache,
        inspector,
        modelStatus: createModelStatusReader({ rows, store, library, environment }),
        companions,
        verify: verifier.verify,
        waitingFiles,
        reading,
        review,
        intake,
        accounts,
        sealing,
        abandonedUploads,
        environment,
        addPaths: (paths, team) => waitingFiles.addFor(paths, team, findTeam(true)),
      }),
      ...finder.calls,
      ...watchedFolders.calls,
    },
    workflows: finder.workflows,
    library,
    testStorage: storageTest.test,
    verifyReceipt: verifier.verifyReceipt,
    snapshot: feed.snapshot,
    queueRestored: () => queueRestored,
    session: signIns.view,
    addPaths: (paths, request) => intake.enqueue(paths, request),
    addPicked: (paths) => waitingFiles.addOrKeep(paths, findTeam(true)),
    addFromOutside: (paths) => waitingFiles.addOrKeep(paths, findTeam(false)),
    addCompanions: companions.add,
    addFound: (modelIds, confirm) => finder.enqueueFound(modelIds, confirm),
    otherTeam: teamAdder,
    findModels: finder.findAll.bind(finder),
    approveReview: review.approve.bind(review),
    watchFolder: watchedFolders.addFolder.bind(watchedFolders),
    giveWatched: watchedFolders.setTeam.bind(watchedFolders),
    sendOffered: watchedFolders.enqueueOffered.bind(watchedFolders),
    allow: commands.allow.bind(commands),
    decide: commands.decide.bind(commands),
    checkServer: signIns.checkServer,
    resumeUnfinished: (signal) =>
      adoptAccountUploads({ store, rows, queue, commands, accounts, settings }, signal),
    cleanUpAbandoned: () => abandonedUploads.cleanUp(),
    areOthersUploading: createOtherProcessCheck(database),
    abandonedCount: abandonedUploads.count,
    async useToken(token, retry) {
      const account = await signIns.useToken(token, retry)
      // An earlier version may have stored the listings of a user without a sign-in.
      if (account.ok && !accounts.hasStoredSignIn(account.value)) await library.forget(account.value)
      return account
    },
    usesServer: uploadAccounts.usesServer,
    fileOf: (id) => rows.get(id)?.record.path ?? store.find(id)?.path ?? null,
    localFileWith: (sha256) => localFileWith(hashCache, sha256),
    hold: hold.hold,
    finishParts: hold.finishParts,
    applySettings(changed) {
      const before = settings
      settings = changed
      conflictSettings.apply(changed)
      review.policyChanged()
      queue.setConcurrency(changed.atOnce)
      transfer.applySettings(changed)
      rows.limitChanged()
      if (changed.server !== before.server) signIns.cancelPairing()
      if (changed.server !== before.server || changed.servers !== before.servers) signIns.announce()
    },
    async keychainChanged() {
      await signIns.keychainChanged()
      resumeAfterKeychain()
      inBackground(sealing.unsealPresent())
      // A locked keychain would ask the user again.
      if (keychainState() === 'ok') inBackground(sealing.sealDeparted())
    },
    sealDeparted: sealing.sealDeparted,
    unsealPresent: sealing.unsealPresent,
    confirmSignIns: () => signIns.confirm(),
    networkChanged: () => events.emit('networkChanged'),
    subscribe(listener) {
      const listeners = Object.entries(listener) as [keyof EngineEvents, () => void][]
      for (const [name, listen] of listeners) events.on(name, listen)
      return () => listeners.forEach(([name, listen]) => events.off(name, listen))
    },
    async start({ restoreQueue = true, confirmAccount: confirm = confirmAccount } = {}) {
      ownsHistory = restoreQueue
      confirmAccount = confirm
      if (restoreQueue) {
        // What the user sees is the whole queue or none of it.
        feed.hold()
        try {
          try {
            doneToday.restore()
          } catch (error) {
            reportUnreadable(error)
          }
          const { signal } = stopping
          const onUnreadable = reportUnreadable
          queueRestored = restoreQueued({ store, rows, queue, recovery, rechecks, onUnreadable, signal })
          await queueRestored
        } finally {
          feed.release()
        }
      }
      if (stopping.signal.aborted) return false
      try {
        await signIns.restore()
      } catch (error) {
        // The keychain may answer after the journal was closed.
        if (!stopping.signal.aborted) throw error
      }
      if (stopping.signal.aborted) return false
      if (restoreQueue) {
        resumeAfterKeychain()
        watchedFolders.start()
        waitingFiles.start()
      }
      await hold.start({ ownsQueue: restoreQueue })
      if (restoreQueue) {
        // What could not be erased before the last process ended.
        if (sealedAccounts.needsErasing()) events.emit('departed', () => false)
        inBackground(sealing.unsealPresent())
        inBackground(sealing.sealDeparted())
      }
      sealing.watch()
      cleanUp()
      verifyOpen()
      return true
    },
    async stop() {
      stopping.abort()
      await queueRestored
      review.close()
      companions.close()
      // Together, so that a search or a watcher on a disk that does not respond delays no upload of another disk.
      await Promise.all([
        finder.close(),
        watchedFolders.close(),
        waitingFiles.close(),
        hold.stop(),
        recovery.close(),
        signIns.close(),
        storageTest.close(),
        abandonedUploads.close(),
        verifier.close(),
      ])
      // Files that are not inspected yet are recorded as such, while the journal is open. The thread may hang.
      const inspectorClosed = inspector.close()
      await intake.close()
      isStopping = true
      await sealing.sealDeparted().catch(() => undefined)
      await sealing.close()
      await library.close()
      feed.close()
      doneToday.close()
      rechecks.close()
      details.close()
      deadConnections.close()
      networkChanges.close()
      events.removeAllListeners()
      await Promise.all([transfer.close(), inspectorClosed])
      stopRenewing()
      store.close()
      database.close()
      // A command ends with this; the log of the app goes on, and is about users who are still here.
      if (!ownsHistory) await sealing.eraseLogsAgain()
    },
  }
}
