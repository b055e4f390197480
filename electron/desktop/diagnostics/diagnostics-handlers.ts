import { app, dialog } from 'electron'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { release, type } from 'node:os'
import type { CallHandlers, CallNameIn } from '../../contract/calls.ts'
import type { BundlePiece, ConnectionCheck } from '../../contract/diagnostics.ts'
import { failed, failure, success, type Result } from '../../contract/failures.ts'
import type { StorageTest } from '../../contract/storage-test.ts'
import type { Engine } from '../../engine/engine.ts'
import { checkConnection } from '../../platform/connection-check.ts'
import { currentAppInfo } from '../desktop-handlers.ts'
import type { AppFolders } from '../app-folders.ts'
import type { Language } from '../settings/language.ts'
import type { FileLog } from '../../platform/log.ts'
import type { PageFeed } from '../window/page-feed.ts'
import type { SettingsStore } from '../../platform/settings.ts'
import { supportReportText, supportReportParts } from './support-report.ts'
import type { MainWindow } from '../window/main-window.ts'

/** One function for each call that helps when something goes wrong. */
export function createDiagnosticsHandlers(options: {
  readonly folders: AppFolders
  readonly engine: Pick<Engine, 'calls' | 'session' | 'snapshot' | 'confirmSignIns' | 'testStorage'>
  readonly settings: SettingsStore
  readonly language: Language
  readonly window: Pick<MainWindow, 'browserWindow'>
  readonly feed: Pick<PageFeed, 'send'>
  readonly log: FileLog
}): Pick<CallHandlers, CallNameIn<'diagnostics'>> {
  const { folders, engine, settings, language, window, feed, log } = options
  let last: ConnectionCheck | null = null
  /** What the person reads: what is saved is this, whatever has happened since. */
  let read: { readonly pieces: readonly BundlePiece[]; readonly atMs: number } | null = null
  let testing: AbortController | null = null

  async function gather() {
    await log.flush()
    const pieces = await supportReportParts({
      versions: {
        ...currentAppInfo(language),
        system: `${type()} ${release()}`,
        isPackaged: app.isPackaged,
      },
      settings: settings.current(),
      snapshot: engine.snapshot(),
      connection: last,
      logFolder: folders.logs,
    })
    read = { pieces, atMs: Date.now() }
    return pieces
  }

  async function testStorage(): Promise<Result<StorageTest>> {
    const { chosen } = engine.session()
    if (!chosen) return failed(failure('no-team'))
    // One at a time: the first is what a second click would have begun.
    if (testing) return failed(failure('conflict'))
    testing = new AbortController()
    try {
      const tell = (now: StorageTest) => feed.send('storageTest', now)
      const found = await engine.testStorage(chosen, testing.signal, tell)
      log.info('tested storage', { state: found.state, tookMs: found.tookMs, code: found.failure?.code })
      return success(found)
    } finally {
      testing = null
    }
  }

  return {
    async checkConnection() {
      const { server } = settings.current()
      last = await checkConnection({
        server,
        askServer: () => engine.calls.checkServer({ address: server }),
        session: engine.session,
        confirmSignIns: engine.confirmSignIns,
        tell: (check) => feed.send('connection', check),
      })
      log.info('looked at the connection', {
        results: last.results.map(({ step, outcome }) => `${step} ${outcome}`),
      })
      return success(last)
    },
    testStorage,
    async cancelStorageTest() {
      testing?.abort()
      return success(undefined)
    },
    supportPieces: async () => success(await gather()),
    async saveSupportBundle({ pieces: wanted }) {
      if (!read) return failed(failure('not-found'))
      const { pieces, atMs } = read
      const owner = window.browserWindow()
      const box = {
        title: language.translate()('bundle.title'),
        defaultPath: join(app.getPath('downloads'), 'modelferry-report.txt'),
        filters: [{ name: 'Text', extensions: ['txt'] }],
      }
      const { canceled, filePath } = await (owner
        ? dialog.showSaveDialog(owner, box)
        : dialog.showSaveDialog(box))
      if (canceled || !filePath) return success(false)
      try {
        const chosen = pieces.filter(({ name }) => wanted.includes(name))
        await writeFile(filePath, supportReportText(chosen, atMs), { mode: 0o600 })
        return success(true)
      } catch (error) {
        log.error('the report could not be written', { error })
        return failed(failure('unexpected'))
      }
    },
  }
}
