import { serverOf } from '../contract/account.ts'
import type { CallHandlers } from '../contract/calls.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import { serversOf } from '../contract/servers.ts'
import type { Engine } from '../engine/engine.ts'
import type { Log } from '../platform/environment.ts'
import { pathExists } from '../platform/files/path-exists.ts'
import type { SettingsStore } from '../platform/settings.ts'
import { addressOf } from './security/browser-addresses.ts'
import type { MainWindow } from './window/main-window.ts'

type RowCalls = 'showInFolder' | 'showLocalFile' | 'copyText' | 'copyLocalPaths' | 'openServer'

/**
 * The calls that lead from a row to its file or its server. The page names rows only: paths and addresses
 * stay in this process.
 */
export function createRowHandlers(options: {
  readonly engine: Engine
  readonly settings: Pick<SettingsStore, 'current'>
  readonly window: Pick<MainWindow, 'isFocused'>
  /** Counts a page that is opened, and says whether it may be opened now. */
  readonly mayOpen: () => boolean
  /** Opens an address of a server in the browser. */
  readonly open: (address: string, server: string) => Promise<Result<void>>
  readonly clipboard: { readonly writeText: (text: string) => void | Promise<void> }
  readonly shell: { readonly showItemInFolder: (path: string) => void }
  readonly log: Log
}): Pick<CallHandlers, RowCalls> {
  const { engine, settings, window, mayOpen, open, clipboard, shell, log } = options

  // While another program has the focus, a script must not change what the user pastes there.
  async function copy(text: string, what: string): Promise<Result<void>> {
    if (!window.isFocused()) {
      log.error('a change of the clipboard was rejected')
      return failed(failure('bad-call'))
    }
    await clipboard.writeText(text)
    log.info(`the page copied ${what}`, { characters: text.length })
    return success(undefined)
  }

  return {
    async showInFolder({ id }) {
      const file = engine.fileOf(id)
      if (file === null) return failed(failure('not-found'))
      // The file manager would show nothing, or another folder.
      if (!(await pathExists(file))) return failed(failure('file-missing'))
      shell.showItemInFolder(file)
      return success(undefined)
    },
    async showLocalFile({ sha256 }) {
      const file = await engine.localFileWith(sha256)
      if (!file.ok) return file
      shell.showItemInFolder(file.value)
      return success(undefined)
    },
    copyText: ({ text }) => copy(text, 'a text'),
    async copyLocalPaths({ ids }) {
      const paths = ids.flatMap((id) => engine.fileOf(id) ?? [])
      return paths.length === 0 ? failed(failure('file-missing')) : copy(paths.join('\n'), 'paths of files')
    },
    async openServer({ accountId }) {
      const host = serverOf(accountId)
      const known = serversOf(settings.current()).find(({ address }) => URL.parse(address)?.host === host)
      if (!known) return failed(failure('server-removed', { host }))
      if (!mayOpen()) return failed(failure('too-often'))
      return open(addressOf('web-app', known.address), known.address)
    },
  }
}
