import { app } from 'electron'
import process from 'node:process'
import type { Worker } from 'node:worker_threads'
import type { CallHandlers } from '../contract/calls.ts'
import type { PageCommand, PageTarget } from '../contract/events.ts'
import { success } from '../contract/failures.ts'
import { createCommandServer, type Engine } from '../engine/engine.ts'
import { serveHost, type HostServer } from '../host/serve-host.ts'
import type { FileLog } from '../platform/log.ts'
import type { JsonStore, SettingsStore } from '../platform/settings.ts'
import { monotonicMs, realTimers } from '../platform/system-environment.ts'
import type { AppFolders } from './app-folders.ts'
import { startConditionMonitors } from './conditions/condition-monitors.ts'
import { createConditionHandlers, createConditions } from './conditions/conditions.ts'
import { createDesktopHandlers, currentAppInfo } from './desktop-handlers.ts'
import { setupDeadline } from './deadline/setup-deadline.ts'
import { setAboutPanel } from './diagnostics/about-panel.ts'
import { createDiagnosticsHandlers } from './diagnostics/diagnostics-handlers.ts'
import { createLaunchListener } from './integration/incoming-files.ts'
import { createIntegrationHandlers } from './integration/integration-handlers.ts'
import type { AppInstance } from './integration/single-instance.ts'
import { createPageSender, setupIpc } from './ipc.ts'
import { suspendCommand, suspendComputer } from './power/suspend.ts'
import { createWhenDone } from './power/when-done.ts'
import { setupQuit } from './quit.ts'
import { addressOf, type Page } from './security/browser-addresses.ts'
import { openExternal } from './security/open-external.ts'
import { createRateLimit } from './security/rate-limit.ts'
import type { SessionSecretStore } from './security/secret-store.ts'
import { serverCheckLimit } from './server-handlers.ts'
import type { Language } from './settings/language.ts'
import { createNotifications } from './tray/notifications.ts'
import { createStatusDisplay } from './tray/status-display.ts'
import { watchTrayAvailability } from './tray/tray-availability.ts'
import { createUpdateRecord, type UpdateRecord } from './updates/update-record.ts'
import { setupUpdates } from './updates/setup-updates.ts'
import { createCloseHandler } from './window/close-handler.ts'
import { createDialogs, type RunningUploads } from './window/dialogs.ts'
import { keepHiddenWindowReachable } from './window/keep-window-reachable.ts'
import { watchPresses } from './window/last-press.ts'
import { createMainWindow, type MainWindow } from './window/main-window.ts'
import { setApplicationMenu } from './window/menu.ts'
import { createPageFeed, type PageFeed } from './window/page-feed.ts'
import { createSkipReports } from './window/skip-reports.ts'
import { createQuestionQueue } from './window/question-queue.ts'

export interface DesktopOptions {
  readonly folders: AppFolders
  readonly instance: AppInstance
  readonly settings: SettingsStore
  /** The desktop's colour scheme before the app's theme was applied. */
  readonly isDesktopDark: boolean
  readonly language: Language
  /** Values kept between starts that are not settings, such as the window's placement. */
  readonly memory: JsonStore
  /** May throw if the journal can't be used. */
  readonly createEngine: () => Engine
  readonly secretStore: SessionSecretStore
  /** The worker threads that have not ended. */
  readonly threads: ReadonlySet<Worker>
  readonly log: FileLog
}

/** Opens the window, builds the engine and everything around it that the user sees, connects it and starts. */
export function startDesktop(options: DesktopOptions): void {
  const { folders, instance, memory, language, log } = options
  // Without a listener Electron would quit when the last window is closed.
  app.on('window-all-closed', () => undefined)
  const window = createMainWindow({ preload: folders.preload, memory, timers: realTimers, log })
  const updateRecord = createUpdateRecord({ memory, isWindowVisible: window.isVisible, now: Date.now })
  const startsHidden = instance.startsHidden() || updateRecord.wasStartedHidden()
  // The processes of the page start while this one opens the journal. The page's requests and calls follow.
  if (!startsHidden) window.show()
  const { engine, desktop } = closingOnFailure(window, () => {
    const built = { ...options, window, startsHidden, updateRecord, engine: options.createEngine() }
    const desktop = buildDesktop(built)
    connectDesktop(built, desktop)
    return { engine: built.engine, desktop }
  })

  const { dialogs, launchListener, statusDisplay, updates } = desktop
  void engine
    .start({ confirmAccount: dialogs.confirmAccount })
    .catch((error: unknown) => {
      log.error('could not start the uploads', { error })
      // The rest of the app works, and an update may repair it.
      return true
    })
    .then((hasStarted) => {
      // The app quits.
      if (!hasStarted) return
      statusDisplay.engineStarted()
      updates.start()
      desktop.started.resolve()
    })
  instance.listen(launchListener)
  log.info('started', { ...currentAppInfo(language) })
}

interface BuildOptions extends DesktopOptions {
  readonly window: MainWindow
  readonly startsHidden: boolean
  readonly updateRecord: UpdateRecord
  readonly engine: Engine
}

/** If it fails, for example because the journal can't be used, the reason is shown instead of the window. */
function closingOnFailure<T>(window: MainWindow, build: () => T): T {
  try {
    return build()
  } catch (error) {
    window.browserWindow()?.destroy()
    throw error
  }
}

type Desktop = ReturnType<typeof buildDesktop>

/** Creates the objects in order: each uses only objects that were created before it. */
function buildDesktop(options: BuildOptions) {
  const { folders, settings, isDesktopDark, language, memory, window, engine, secretStore, log } = options
  const environment = { now: Date.now, monotonicMs, timers: realTimers, log }

  const feed = createPageFeed({ send: createPageSender(window), isWindowVisible: window.isVisible })
  const sendCommand = (command: PageCommand) => {
    window.show()
    feed.sendEvent('command', command)
  }
  const openPage = (page: Page) => {
    const { server } = settings.current()
    void openExternal(addressOf(page, server), server, log)
  }
  const reveal = (target: PageTarget) => revealIn(window, feed, target)
  const notifications = createNotifications({ window, reveal, memory, language, log })
  const onPaused = () => notifications.notifyChange('questions-paused')
  const ask = createQuestionQueue({ ...environment, lastPressMs: watchPresses(monotonicMs), onPaused })
  const dialogs = createDialogs({ parent: window.visibleWindow, ask, language, memory })
  const mayCheck = createRateLimit({ ...serverCheckLimit, now: monotonicMs })

  const quitHandler = setupQuit({
    running: () => runningUploads(engine, host),
    dialogs,
    showWindow: window.show,
    finishParts: engine.finishParts,
    stopPausing: () => void engine.calls.stopPausing({ ids: null }),
    stop: () => stopServing(engine, host),
    isStuck: secretStore.isStuck,
    threads: options.threads,
    log,
  })
  const trayAvailability = watchTrayAvailability(process.platform, realTimers, log)
  const closeHandler = createCloseHandler({
    window,
    settings,
    dialogs,
    isTrayAvailable: trayAvailability.isAvailable,
    notifyNoTray: notifications.showNoTrayOnce,
    quit: () => app.quit(),
    log,
  })

  const whenDone = createWhenDone(environment)
  const conditions = createConditions({ settings, engine, whenDone, environment })
  const started = Promise.withResolvers<void>()
  const launchListener = createLaunchListener({ engine, started, window, feed, dialogs, environment })
  const statusDisplay = createStatusDisplay({
    iconFolder: folders.trayIcons,
    isDesktopDark,
    language,
    settings,
    engine,
    window,
    conditions,
    whenDone,
    notifications,
    dialogs,
    sendCommand,
    openPage,
    onFiles: launchListener.onFiles,
    log,
  })
  const updates = setupUpdates({
    ...options,
    record: options.updateRecord,
    areCommandsWaiting: () => host.hasCommands(),
    confirmRestart: dialogs.confirmRestart,
    feed,
    stopApp: quitHandler.stop,
  })
  const handlers: CallHandlers = {
    ...engine.calls,
    ...statusDisplay.handlers,
    ...createDesktopHandlers({ engine, secretStore, settings, language, dialogs, window, mayCheck, log }),
    ...createIntegrationHandlers({ menuSources: folders.menu, notifications, t: language.translate, log }),
    ...createConditionHandlers(conditions, whenDone),
    ...setupDeadline({ engine, settings, conditions, notifications, feed, started, environment }),
    ...createDiagnosticsHandlers({ folders, engine, settings, language, dialogs, feed, mayCheck, log }),
    ...updates.handlers,
    snapshot: async () => success(feed.takeSnapshot(engine.snapshot())),
  }
  setupIpc({ handlers, engine, window, log, onAnswered: feed.callAnswered })
  const host = serveCommands(options, handlers)
  return {
    environment,
    host,
    dialogs,
    feed,
    sendCommand,
    openPage,
    notifications,
    quitHandler,
    trayAvailability,
    closeHandler,
    whenDone,
    conditions,
    started,
    launchListener,
    statusDisplay,
    updates,
  }
}

/** What quitting would interrupt. */
function runningUploads(engine: Engine, host: HostServer): RunningUploads {
  const { rows, totals } = engine.snapshot()
  const unacknowledgedBytes = rows.reduce((sum, { inFlightBytes }) => sum + inFlightBytes, 0)
  const { running, waiting } = totals
  const canFinishParts = engine.canFinishParts()
  return { running, waiting, unacknowledgedBytes, canFinishParts, hasCommands: host.hasCommands() }
}

async function stopServing(engine: Engine, host: HostServer): Promise<void> {
  host.leave('ended')
  await engine.stop()
  host.close()
}

/** Commands that are run with the same data folder can steer the uploads. */
function serveCommands({ folders, engine, log }: BuildOptions, handlers: CallHandlers): HostServer {
  return serveHost({
    home: folders.home,
    version: app.getVersion(),
    kind: 'app',
    // The page's snapshot also tells its feed where to go on.
    handlers: { ...handlers, snapshot: engine.calls.snapshot },
    serveCommand: createCommandServer(engine),
    queueRestored: engine.queueRestored,
    timers: realTimers,
    log,
  })
}

function revealIn(window: MainWindow, feed: PageFeed, target: PageTarget): void {
  window.show()
  feed.sendEvent('reveal', target)
}

/** Subscribes the objects to the events of the window, the engine, the settings and the system. */
function connectDesktop(options: BuildOptions, desktop: Desktop): void {
  const { settings, language, window, engine, log } = options
  const { environment, feed, quitHandler, trayAvailability } = desktop
  const { conditions, whenDone, statusDisplay } = desktop

  window.events.on('shown', () => {
    feed.windowShown()
    // Starts to watch for the tray early, so that a late panel gets the icon before the window is closed.
    void trayAvailability.isAvailable()
  })
  window.events.on('page-loading', () => {
    feed.pageLoading()
    void engine.calls.watch({ id: null })
  })
  window.events.on('close', (event) => {
    if (quitHandler.isStopped()) return
    desktop.closeHandler.close()
    event.preventDefault()
  })
  keepHiddenWindowReachable({ ...desktop, window, startsHidden: options.startsHidden })

  whenDone.onDue((action) => {
    if (action === 'quit') app.quit()
    else suspendComputer(suspendCommand(process.platform), log)
  })
  conditions.onChange((current) => feed.sendEvent('conditions', current))
  // After the subscriptions, since the monitors report their first values immediately.
  const monitors = startConditionMonitors({ settings, engine, conditions, whenDone, environment })

  const skipReports = createSkipReports({
    send: (report) => feed.sendEvent('added', report),
    timers: environment.timers,
  })
  engine.subscribe({
    patch(patch) {
      feed.sendPatch(patch)
      desktop.host.sendPatch(patch)
      statusDisplay.applyPatch(patch)
      whenDone.applyPatch(patch)
      desktop.notifications.applyPatch(patch)
      monitors.applyPatch(patch)
    },
    flow: feed.sendFlow,
    details: feed.sendDetails,
    session(session) {
      feed.sendEvent('session', session)
      statusDisplay.sessionChanged()
    },
    departed(isDeparted) {
      // The file dialog opens there.
      options.memory.write({ lastFolder: null })
      desktop.notifications.forgetAccounts(isDeparted)
      desktop.notifications.dismissAll()
      skipReports.forget(isDeparted)
    },
    visibilityChanged: (accountIds) => desktop.notifications.forgetAccounts((id) => accountIds.has(id)),
    library: (news) => feed.sendEvent('library', news),
    added: (report) => feed.sendEvent('added', report),
    leftOut: skipReports.add,
    reading: (view) => feed.sendEvent('reading', view),
    waitingFiles: (view) => feed.sendEvent('waitingFiles', view),
    reviews: (views) => feed.sendEvent('reviews', views),
    finding: (view) => feed.sendEvent('finding', view),
    workflow: (view) => feed.sendEvent('workflow', view),
    watching: (view) => feed.sendEvent('watching', view),
  })

  const updateMenu = () =>
    setApplicationMenu(language.translate(), {
      command: desktop.sendCommand,
      openPage: desktop.openPage,
      zoom: window.zoom,
    })
  updateMenu()
  setAboutPanel()
  settings.onChange((current, before) => {
    // Also applies the settings to the engine, with the current speed limit.
    conditions.update()
    monitors.settingsChanged()
    statusDisplay.update()
    feed.sendEvent('settings', current)
    // The user has confirmed that they are turned off.
    if (current.updates !== before.updates && current.updates !== 'off')
      desktop.notifications.notifyChange(`updates-${current.updates}`)
    if (current.language === before.language) return
    updateMenu()
    feed.sendEvent('surroundings', currentAppInfo(language))
  })
  app.on('activate', window.show)
  app.on('browser-window-focus', () => engine.windowFocused())
}
