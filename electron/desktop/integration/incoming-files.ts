import { failure } from '../../contract/failures.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Log } from '../../platform/environment.ts'
import type { Dialogs } from '../window/dialogs.ts'
import type { MainWindow } from '../window/main-window.ts'
import type { PageFeed } from '../window/page-feed.ts'
import type { LaunchListener } from './single-instance.ts'

/** Adds files that did not come from the page, and sends it the report. */
export function createLaunchListener(options: {
  readonly engine: Pick<Engine, 'addFromOutside'>
  /** Files are added only after the engine has started. */
  readonly started: Promise<void>
  readonly window: Pick<MainWindow, 'show'>
  readonly feed: Pick<PageFeed, 'sendEvent'>
  readonly dialogs: Pick<Dialogs, 'showFailure'>
  readonly log: Log
}): LaunchListener {
  const { engine, started, window, feed, dialogs, log } = options

  async function add(paths: readonly string[]): Promise<void> {
    await started
    const report = await engine.addFromOutside(paths)
    if (report.ok) feed.sendEvent('added', report.value)
    else await dialogs.showFailure(report.failure)
  }

  return {
    onFiles(paths) {
      window.show()
      if (paths.length === 0) return
      add(paths).catch((error: unknown) => log.error('could not add files from outside', { error }))
    },
    onRemoteFiles() {
      window.show()
      void dialogs.showFailure(failure('file-elsewhere'))
    },
    onCommand(command) {
      window.show()
      feed.sendEvent('command', command)
    },
  }
}
