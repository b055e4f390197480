import { app, clipboard, shell } from 'electron'
import process from 'node:process'
import type { AppInfo } from '../contract/app-info.ts'
import type { CallHandlers, CallNameIn, CallNameOf } from '../contract/calls.ts'
import { failed, failure, success } from '../contract/failures.ts'
import type { Engine } from '../engine/engine.ts'
import type { Log } from '../platform/environment.ts'
import { monotonicMs } from '../platform/system-environment.ts'
import type { SettingsStore } from '../platform/settings.ts'
import { createRowHandlers } from './row-handlers.ts'
import { createSavedFileHandlers } from './saved-files.ts'
import { addressOf, isPairingAddress } from './security/browser-addresses.ts'
import { openExternal } from './security/open-external.ts'
import { createRateLimit } from './security/rate-limit.ts'
import { createServerHandlers } from './server-handlers.ts'
import type { SessionSecretStore } from './security/secret-store.ts'
import type { Language } from './settings/language.ts'
import { createOtherTeamHandlers, createTeamHandlers } from './team-handlers.ts'
import type { Dialogs } from './window/dialogs.ts'
import type { MainWindow } from './window/main-window.ts'

type Platform = AppInfo['platform']
const platforms: readonly string[] = ['linux', 'darwin', 'win32'] satisfies Platform[]
const isPlatform = (name: string): name is Platform => platforms.includes(name)

/** Other Unix systems are reported as Linux. */
export function currentAppInfo(language: Language): AppInfo {
  const { electron = '', chrome = '', node } = process.versions
  return {
    version: app.getVersion(),
    platform: isPlatform(process.platform) ? process.platform : 'linux',
    locale: language.locale(),
    versions: { electron, chrome, node },
  }
}

/** Pages that open in the browser, at the request of a user or a script. */
const openPageLimit = { count: 10, withinMs: 60_000 }

/** The calls answered by the desktop, except those of integration, conditions, updates and diagnostics. */
export function createDesktopHandlers(options: {
  readonly engine: Engine
  readonly secretStore: Pick<SessionSecretStore, 'recheck'>
  readonly settings: SettingsStore
  readonly language: Language
  readonly dialogs: Dialogs
  readonly window: Pick<MainWindow, 'isFocused'>
  /** Counts a request to a server, and says whether it may be sent now. */
  readonly mayCheck: () => boolean
  readonly log: Log
}): Pick<CallHandlers, Exclude<CallNameOf<'desktop'>, CallNameIn<'background' | 'updates' | 'diagnostics'>>> {
  const { engine, secretStore, settings, language, dialogs, window, mayCheck, log } = options
  const mayOpen = createRateLimit({ ...openPageLimit, now: monotonicMs })
  return {
    ...createServerHandlers({ engine, settings, dialogs, mayCheck, log }),
    ...createTeamHandlers({ engine, dialogs }),
    ...createOtherTeamHandlers({ engine, dialogs }),
    ...createRowHandlers({
      engine,
      settings,
      window,
      mayOpen,
      open: (address, server) => openExternal(address, server, log),
      clipboard,
      shell,
      log,
    }),
    ...createSavedFileHandlers({ engine, language, dialogs, log }),
    surroundings: async () => success(currentAppInfo(language)),
    settings: async () => success(settings.current()),
    async chooseFiles({ what }) {
      const paths = await dialogs.pickPaths(what)
      return paths.length === 0
        ? success({ added: 0, refused: 0, skipped: [] })
        : engine.add(paths, { source: 'window' })
    },
    addCompanions: ({ id, offers }) => engine.addCompanions(id, offers, dialogs.confirmSending),
    addFound: ({ ids }) => engine.addFound(ids, dialogs.confirmSending),
    approveReview: (request) => engine.approveReview(request, dialogs.confirmSending),
    sendNeeds: ({ id, needs }) => engine.workflows.enqueueModels(id, needs, dialogs.confirmSending),
    async locateNeed({ id, need: needId }) {
      const need = engine.workflows.view(id)?.needs.find((candidate) => candidate.id === needId)
      const [path] = await dialogs.pickPaths(need?.isFolder ? 'model-folder' : 'model')
      const located =
        path === undefined ? success(undefined) : await engine.workflows.locateModel(id, needId, path)
      return located.ok ? success(engine.workflows.view(id)) : located
    },
    async lookInFolder({ id }) {
      const [folder] = await dialogs.pickPaths('model-folder')
      // Results are sent to the page as events.
      if (folder !== undefined) void engine.workflows.searchFolder(id, folder)
      return success(engine.workflows.view(id))
    },
    async openPage({ page }) {
      if (!mayOpen()) return failed(failure('too-often'))
      const { server } = settings.current()
      if (page !== 'pairing') return openExternal(addressOf(page, server), server, log)
      const { pairing } = engine.session()
      if (!pairing) return failed(failure('pairing-over'))
      return openExternal(pairing.address, server, log, isPairingAddress)
    },
    async recheckKeychain() {
      await secretStore.recheck()
      await engine.keychainChanged()
      return success(undefined)
    },
    async quit() {
      // After the answer, so that the page does not see its call fail.
      setImmediate(() => app.quit())
      return success(undefined)
    },
  }
}
