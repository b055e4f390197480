import { app } from 'electron'
import process from 'node:process'
import { setupAppProtocol, registerAppScheme } from './desktop/security/app-protocol.ts'
import { logCrashes } from './desktop/diagnostics/crash-logging.ts'
import { setupAppFolders } from './desktop/app-folders.ts'
import { claimSingleInstance } from './desktop/integration/single-instance.ts'
import { openJsonStore } from './desktop/settings/json-store.ts'
import { createKeychain } from './platform/keychain.ts'
import { createLanguage } from './desktop/settings/language.ts'
import { createLog } from './platform/log.ts'
import { createEnvironment } from './platform/system-environment.ts'
import { createSystemProxyFinder } from './desktop/network/system-proxy.ts'
import { restrictWebContents, restrictSession } from './desktop/security/security.ts'
import { createSessionVault } from './desktop/security/session-vault.ts'
import { createSettings } from './platform/settings.ts'
import { setupShell } from './desktop/desktop.ts'
import { reportStartFailure } from './desktop/diagnostics/start-failure.ts'
import { applyTheme } from './desktop/settings/theme.ts'
import { createEngine, journalProblemOf } from './engine/engine.ts'

// Before `ready`, in this order: the data folder decides where the log goes and which start is the first one.
const folders = setupAppFolders(import.meta.dirname)
const log = createLog({ folder: folders.logs })
logCrashes(log)
restrictWebContents(log)
registerAppScheme()
const instance = claimSingleInstance(log)

// Never `await app.whenReady()` at the top of an ES module: `ready` waits for the module, and the module for `ready`.
if (instance === null) app.quit()
else
  app
    .whenReady()
    .then(() => {
      // For the bench of a start.
      performance.mark('ready')
      restrictSession(log)
      setupAppProtocol(folders.page, log)
      const settings = createSettings({
        store: openJsonStore('settings', folders.home, log),
        serverFromOutside: process.env['MODELFERRY_SERVER'],
        log,
      })
      const isDesktopDark = applyTheme(settings)
      const vault = createSessionVault({
        keychain: createKeychain({ log }),
        log,
        turned: () => void engine.keychainChanged(),
      })
      const engine = createEngine({
        folder: folders.home,
        environment: createEnvironment(log, createSystemProxyFinder(log)),
        vault,
        keychainState: () => vault.state(),
        settings: settings.current(),
        workers: folders.workers,
      })
      setupShell({
        folders,
        instance,
        settings,
        isDesktopDark,
        language: createLanguage(settings),
        memory: openJsonStore('window', folders.home, log),
        engine,
        vault,
        log,
      })
    })
    .catch((error: unknown) => reportStartFailure(error, journalProblemOf(error), folders.logs, log))
