import { app } from 'electron'
import process from 'node:process'
import { setupAppProtocol, registerAppScheme } from './desktop/security/app-protocol.ts'
import { setupCrashes } from './desktop/diagnostics/crash-logging.ts'
import { setupFolders } from './desktop/app-folders.ts'
import { setupInstance } from './desktop/integration/single-instance.ts'
import { openJsonStore } from './desktop/settings/json-store.ts'
import { createKeychain } from './platform/keychain.ts'
import { createLanguage } from './desktop/settings/language.ts'
import { createLog } from './platform/log.ts'
import { createEnvironment } from './platform/system-environment.ts'
import { createFindProxies } from './desktop/network/system-proxy.ts'
import { setupSecurity, setupSession } from './desktop/security/security.ts'
import { createSessionVault } from './desktop/security/session-vault.ts'
import { createSettings } from './platform/settings.ts'
import { setupShell } from './desktop/desktop.ts'
import { failStart } from './desktop/diagnostics/start-failure.ts'
import { setupTheme } from './desktop/settings/theme.ts'
import { createEngine, journalProblemOf } from './engine/engine.ts'

// Before `ready`, in this order: the data folder decides where the log goes and which start is the first one.
const folders = setupFolders(import.meta.dirname)
const log = createLog({ folder: folders.logs })
setupCrashes(log)
setupSecurity(log)
registerAppScheme()
const instance = setupInstance(log)

// Never `await app.whenReady()` at the top of an ES module: `ready` waits for the module, and the module for `ready`.
if (instance === null) app.quit()
else
  app
    .whenReady()
    .then(() => {
      // For the bench of a start.
      performance.mark('ready')
      setupSession(log)
      setupAppProtocol(folders.page, log)
      const settings = createSettings({
        store: openJsonStore('settings', folders.home, log),
        serverFromOutside: process.env['MODELFERRY_SERVER'],
        log,
      })
      const isDesktopDark = setupTheme(settings)
      const vault = createSessionVault({
        keychain: createKeychain({ log }),
        log,
        turned: () => void engine.keychainChanged(),
      })
      const engine = createEngine({
        folder: folders.home,
        environment: createEnvironment(log, createFindProxies(log)),
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
    .catch((error: unknown) => failStart(error, journalProblemOf(error), folders.logs, log))
