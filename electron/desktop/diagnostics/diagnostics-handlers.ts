import { app } from 'electron'
import { chmod, writeFile } from 'node:fs/promises'
import { release, type } from 'node:os'
import type { CallHandlers, CallNameIn } from '../../contract/calls.ts'
import type { ReportSection, ConnectionCheck } from '../../contract/diagnostics.ts'
import { failed, failure, success, type Result } from '../../contract/failures.ts'
import type { StorageTest } from '../../contract/storage-test.ts'
import type { Engine } from '../../engine/engine.ts'
import { checkConnection } from '../../platform/network/connection-check.ts'
import { currentAppInfo } from '../desktop-handlers.ts'
import type { AppFolders } from '../app-folders.ts'
import { createRateLimit } from '../security/rate-limit.ts'
import { verdictOf } from '../server-handlers.ts'
import type { Language } from '../settings/language.ts'
import type { FileLog } from '../../platform/log.ts'
import type { PageFeed } from '../window/page-feed.ts'
import type { SettingsStore } from '../../platform/settings.ts'
import { monotonicMs } from '../../platform/system-environment.ts'
import { supportReportText, supportReportParts } from './support-report.ts'
import type { Dialogs } from '../window/dialogs.ts'

/** Each test sends 8 MB. */
const storageTestLimit = { count: 5, withinMs: 10 * 60_000 }

/** The calls for the connection check, the storage test and the support report. */
export function createDiagnosticsHandlers(options: {
  readonly folders: AppFolders
  readonly engine: Engine
  readonly settings: SettingsStore
  readonly language: Language
  readonly dialogs: Pick<Dialogs, 'pickSavePath'>
  readonly feed: Pick<PageFeed, 'sendEvent'>
  /** Counts a request to a server, and says whether it may be sent now. */
  readonly mayCheck: () => boolean
  readonly log: FileLog
}): Pick<CallHandlers, CallNameIn<'diagnostics'>> {
  const { folders, engine, settings, language, dialogs, feed, mayCheck, log } = options
  const mayTest = createRateLimit({ ...storageTestLimit, now: monotonicMs })
  let lastCheck: ConnectionCheck | null = null
  /** The report that the page has shown; exactly this one is saved. */
  let shownReport: { readonly pieces: readonly ReportSection[]; readonly atMs: number } | null = null
  let runningTest: AbortController | null = null

  async function createReport() {
    await log.flush()
    const pieces = await supportReportParts({
      versions: {
        ...currentAppInfo(language),
        system: `${type()} ${release()}`,
        isPackaged: app.isPackaged,
      },
      settings: settings.current(),
      snapshot: engine.snapshot(),
      connection: lastCheck,
      logFolder: folders.logs,
    })
    shownReport = { pieces, atMs: Date.now() }
    return pieces
  }

  async function testStorage(): Promise<Result<StorageTest>> {
    const { chosen } = engine.session()
    if (!chosen) return failed(failure('no-team'))
    if (runningTest) return failed(failure('storage-test-running'))
    if (!mayTest()) return failed(failure('too-often'))
    runningTest = new AbortController()
    try {
      const report = (progress: StorageTest) => feed.sendEvent('storageTest', progress)
      const result = await engine.testStorage(chosen, runningTest.signal, report)
      log.info('storage tested', { state: result.state, tookMs: result.tookMs, code: result.failure?.code })
      return success(result)
    } finally {
      runningTest = null
    }
  }

  return {
    async checkConnection() {
      if (!mayCheck()) return failed(failure('too-often'))
      const { server } = settings.current()
      lastCheck = await checkConnection({
        server,
        askServer: async () => verdictOf(await engine.checkServer(server)),
        session: engine.session,
        confirmSignIns: engine.confirmSignIns,
        onProgress: (check) => feed.sendEvent('connection', check),
      })
      log.info('connection checked', {
        results: lastCheck.results.map(({ step, outcome }) => `${step} ${outcome}`),
      })
      return success(lastCheck)
    },
    testStorage,
    async cancelStorageTest() {
      runningTest?.abort()
      return success(undefined)
    },
    supportPieces: async () => success(await createReport()),
    async saveSupportBundle({ pieces: chosenNames }) {
      if (!shownReport) return failed(failure('not-found'))
      const { pieces, atMs } = shownReport
      const filePath = await dialogs.pickSavePath({
        title: language.translate()('bundle.title'),
        fileName: 'modelferry-report.txt',
        filters: [{ name: 'Text', extensions: ['txt'] }],
      })
      if (filePath === null) return success(false)
      try {
        const chosen = pieces.filter(({ name }) => chosenNames.includes(name))
        await writeFile(filePath, supportReportText(chosen, atMs), { mode: 0o600 })
        // An existing file keeps its mode when it is overwritten. Some file systems have no modes.
        await chmod(filePath, 0o600).catch(() => undefined)
        return success(true)
      } catch (error) {
        log.error('the report could not be written', { error })
        return failed(failure('not-saved'))
      }
    },
  }
}
