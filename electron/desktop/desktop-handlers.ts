import { app, clipboard, shell } from 'electron'
import process from 'node:process'
import type { AppInfo } from '../contract/app-info.ts'
import type { CallHandlers, CallNameIn, CallNameOf } from '../contract/calls.ts'
import { failed, failure, success } from '../contract/failures.ts'
import { serverAddressOf } from '../contract/servers.ts'
import { baseOf, serversOf } from '../contract/servers.ts'
import type { Engine } from '../engine/engine.ts'
import type { Log } from '../platform/environment.ts'
import type { SettingsStore } from '../platform/settings.ts'
import { addressOf, isPairingAddress } from './security/allowed-addresses.ts'
import { openExternal } from './security/open-external.ts'
import type { SessionSecretStore } from './security/secret-store.ts'
import type { Language } from './settings/language.ts'
import type { Dialogs } from './window/dialogs.ts'

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

/** The calls answered by the desktop, except those of integration, conditions, updates and diagnostics. */
export function createDesktopHandlers(options: {
  readonly engine: Pick<
    Engine,
    | 'addPicked'
    | 'workflows'
    | 'addFound'
    | 'watchFolder'
    | 'calls'
    | 'fileOf'
    | 'localFileWith'
    | 'session'
    | 'keychainChanged'
    | 'usesServer'
  >
  readonly secretStore: Pick<SessionSecretStore, 'recheck'>
  readonly settings: SettingsStore
  readonly language: Language
  readonly dialogs: Pick<Dialogs, 'pickPaths' | 'confirmSending'>
  readonly log: Log
}): Pick<CallHandlers, Exclude<CallNameOf<'desktop'>, CallNameIn<'background' | 'updates' | 'diagnostics'>>> {
  const { engine, secretStore, settings, language, dialogs, log } = options
  return {
    ...createServerHandlers(engine, settings),
    surroundings: async () => success(currentAppInfo(language)),
    settings: async () => success(settings.current()),
    changeSettings: async (change) => settings.change(change),
    async chooseFiles({ what }) {
      const paths = await dialogs.pickPaths(what)
      return paths.length === 0 ? success({ added: 0, refused: 0, skipped: [] }) : engine.addPicked(paths)
    },
    async watchFolder({ team }) {
      const [folder] = await dialogs.pickPaths('watched-folder')
      return folder === undefined ? engine.calls.watching(undefined) : engine.watchFolder(folder, team)
    },
    addPlaces: ({ chosen }) => engine.addFound(chosen, dialogs.confirmSending),
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
    async showInFolder({ id }) {
      const file = engine.fileOf(id)
      if (file === null) return failed(failure('not-found'))
      shell.showItemInFolder(file)
      return success(undefined)
    },
    async showLocalFile({ sha256 }) {
      const file = await engine.localFileWith(sha256)
      if (!file.ok) return file
      shell.showItemInFolder(file.value)
      return success(undefined)
    },
    async copyText({ text }) {
      await clipboard.writeText(text)
      return success(undefined)
    },
    async openPage({ page }) {
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

function createServerHandlers(
  engine: Pick<Engine, 'calls' | 'usesServer'>,
  settings: SettingsStore,
): Pick<CallHandlers, 'addServer' | 'removeServer'> {
  return {
    async addServer({ address: input }) {
      const address = serverAddressOf(input)
      if (address === null) return failed(failure('bad-server-address'))
      const check = await engine.calls.checkServer({ address })
      if (!check.ok || check.value.failure) return check
      const stored = addDefaultServer(settings, check.value.address)
      return stored.ok ? check : stored
    },
    async removeServer({ address }) {
      const { servers, server } = settings.current()
      if (baseOf(address) === baseOf(server) || engine.usesServer(address)) {
        return failed(failure('server-in-use', { host: URL.parse(address)?.host ?? address }))
      }
      return settings.change({
        servers: servers.filter((known) => baseOf(known.address) !== baseOf(address)),
      })
    },
  }
}

/** Uses the server for new sign-ins and keeps the known servers, including the previous default. */
function addDefaultServer(settings: SettingsStore, address: string) {
  const known = serversOf(settings.current())
  const isNew = !known.some((entry) => baseOf(entry.address) === baseOf(address))
  const servers = isNew ? [...known, { address, singlePutLimitBytes: null }] : [...known]
  return settings.change({ servers, server: address })
}
