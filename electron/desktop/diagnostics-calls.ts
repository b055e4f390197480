import { app, dialog } from 'electron'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { release, type } from 'node:os'
import type { CallHandlers } from '../contract/calls.ts'
import type { diagnosticsCalls } from '../contract/calls-diagnostics.ts'
import type { ConnectionCheck } from '../contract/diagnostics.ts'
import { failed, failure, success } from '../contract/errors.ts'
import type { Uploader } from '../uploader.ts'
import { checkConnection } from './connection-check.ts'
import { surroundingsNow } from './desktop-calls.ts'
import type { Folders } from './folders.ts'
import type { Language } from './language.ts'
import type { FileLog } from './log.ts'
import type { PageFeed } from './page-feed.ts'
import type { SettingsBook } from './settings.ts'
import { bundleText, supportPieces } from './support-bundle.ts'
import type { MainWindow } from './window.ts'

/** One function for each call that helps when something goes wrong. */
export function createDiagnosticsCalls(options: {
  readonly folders: Folders
  readonly uploader: Pick<Uploader, 'calls' | 'session' | 'snapshot' | 'confirmSignIns'>
  readonly settings: SettingsBook
  readonly language: Language
  readonly window: Pick<MainWindow, 'native'>
  readonly feed: Pick<PageFeed, 'tell'>
  readonly log: FileLog
}): Pick<CallHandlers, keyof typeof diagnosticsCalls> {
  const { folders, uploader, settings, language, window, feed, log } = options
  let last: ConnectionCheck | null = null

  async function pieces() {
    await log.flush()
    return supportPieces({
      versions: {
        ...surroundingsNow(language),
        system: `${type()} ${release()}`,
        isPackaged: app.isPackaged,
      },
      settings: settings.current(),
      snapshot: uploader.snapshot(),
      connection: last,
      logFolder: folders.logs,
    })
  }

  return {
    async checkConnection() {
      const { server } = settings.current()
      last = await checkConnection({
        server,
        askServer: () => uploader.calls.checkServer({ address: server }),
        session: uploader.session,
        confirmSignIns: uploader.confirmSignIns,
        tell: (check) => feed.tell('connection', check),
      })
      log.info('looked at the connection', {
        results: last.results.map(({ step, outcome }) => `${step} ${outcome}`),
      })
      return success(last)
    },
    supportPieces: async () => success(await pieces()),
    async saveSupportBundle({ pieces: wanted }) {
      const owner = window.native()
      const box = {
        title: language.words()('bundle.title'),
        defaultPath: join(app.getPath('downloads'), 'modelferry-report.txt'),
        filters: [{ name: 'Text', extensions: ['txt'] }],
      }
      const { canceled, filePath } = await (owner
        ? dialog.showSaveDialog(owner, box)
        : dialog.showSaveDialog(box))
      if (canceled || !filePath) return success(false)
      try {
        const chosen = (await pieces()).filter(({ name }) => wanted.includes(name))
        await writeFile(filePath, bundleText(chosen, Date.now()), { mode: 0o600 })
        return success(true)
      } catch (error) {
        log.error('the report could not be written', { error })
        return failed(failure('unexpected'))
      }
    },
  }
}
