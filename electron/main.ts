import { app } from 'electron'
import process from 'node:process'
import { setupAppProtocol, registerAppScheme } from './desktop/app-protocol.ts'
import { setupCrashes } from './desktop/crashes.ts'
import { setupFolders } from './desktop/folders.ts'
import { setupInstance } from './desktop/instance.ts'
import { openJsonStore } from './desktop/json-store.ts'
import { createKeychain } from './desktop/keychain.ts'
import { createLanguage } from './desktop/language.ts'
import { createLog } from './desktop/log.ts'
import { createPorts } from './desktop/ports.ts'
import { createFindProxies } from './desktop/proxy.ts'
import { setupSecurity, setupSession } from './desktop/security.ts'
import { createSessionVault } from './desktop/session-vault.ts'
import { createSettings } from './desktop/settings.ts'
import { setupShell } from './desktop/shell.ts'
import { failStart } from './desktop/start-failure.ts'
import { setupTheme } from './desktop/theme.ts'
import { createUploader, journalTroubleOf } from './uploader.ts'

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
        turned: () => void uploader.keychainTurned(),
      })
      const uploader = createUploader({
        folder: folders.home,
        ports: createPorts(log, createFindProxies(log)),
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
        uploader,
        vault,
        log,
      })
    })
    .catch((error: unknown) => failStart(error, journalTroubleOf(error), folders.logs, log))
