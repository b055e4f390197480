import { app } from 'electron'
import { join } from 'node:path'
import process from 'node:process'
import { setupAppFolders } from './desktop/app-folders.ts'
import { startDesktop } from './desktop/desktop.ts'
import { logCrashes } from './desktop/diagnostics/crash-logging.ts'
import { reportStartFailure, startProblemOf } from './desktop/diagnostics/start-failure.ts'
import { claimSingleInstance } from './desktop/integration/single-instance.ts'
import { createSystemProxyFinder } from './desktop/network/system-proxy.ts'
import { registerAppScheme, setupAppProtocol } from './desktop/security/app-protocol.ts'
import { disableSpellChecker, restrictSession, restrictWebContents } from './desktop/security/security.ts'
import { createSessionSecretStore } from './desktop/security/secret-store.ts'
import { openJsonStore } from './desktop/settings/json-store.ts'
import { createLanguage } from './desktop/settings/language.ts'
import { applyTheme } from './desktop/settings/theme.ts'
import { createEngine } from './engine/engine.ts'
import { takeOverHost } from './host/take-over.ts'
import { createKeychain } from './platform/keychain.ts'
import { createLog } from './platform/log.ts'
import { createSettings } from './platform/settings.ts'
import { createEnvironment } from './platform/system-environment.ts'
import { trackThreads } from './platform/threads/track-threads.ts'
import { loadWorkerFiles } from './platform/threads/worker-file.ts'

// Before `ready`, in this order: the data folder determines where the log is and which instance is the first.
const folders = setupAppFolders(import.meta.dirname)
const log = createLog({ folder: folders.logs })
logCrashes(log)
restrictWebContents(log)
disableSpellChecker()
registerAppScheme()
const instance = claimSingleInstance(log)

// `await app.whenReady()` at the top level of an ES module would be a deadlock: `ready` is emitted after the
// module has run.
if (instance === null) app.quit()
else
  app
    .whenReady()
    .then(async () => {
      // Read by the start-up benchmark.
      performance.mark('ready')
      restrictSession(log)
      setupAppProtocol(folders.page, log)
      const changedFile = loadWorkerFiles(Object.values(folders.workers))
      if (changedFile !== null) return reportStartFailure(changedFile, 'files-changed', folders.logs, log)
      const opened = createSettings({
        store: openJsonStore('settings', folders.home, log),
        serverFromOutside: process.env['MODELFERRY_SERVER'],
        log,
      })
      if (!opened.ok) return reportStartFailure(opened.failure, 'bad-server', folders.logs, log)
      const settings = opened.value
      const isDesktopDark = applyTheme(settings)
      const lock = await takeOverHost(folders.home)
      const secretStore = createSessionSecretStore({ keychain: createKeychain({ log }), log })
      startDesktop({
        folders,
        instance,
        settings,
        isDesktopDark,
        language: createLanguage(settings),
        memory: openJsonStore('window', folders.home, log),
        createEngine() {
          const engine = createEngine({
            folder: folders.home,
            lock,
            environment: createEnvironment(log, createSystemProxyFinder(log)),
            secretStore,
            keychainState: () => secretStore.state(),
            settings: settings.current(),
            workers: folders.workers,
            logFolders: [folders.logs, join(folders.home, 'logs', 'command-line')],
            flushLog: log.flush,
          })
          secretStore.onStateChange(() => void engine.keychainChanged())
          return engine
        },
        secretStore,
        threads: trackThreads(process),
        log,
      })
    })
    .catch((error: unknown) => reportStartFailure(error, startProblemOf(error), folders.logs, log))
