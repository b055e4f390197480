import { failure } from '../../contract/failures.ts'
import type { Log } from '../../platform/environment.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Dialogs } from '../window/dialogs.ts'
import type { LaunchListener } from './single-instance.ts'
import type { PageFeed } from '../window/page-feed.ts'
import type { MainWindow } from '../window/main-window.ts'

/** Files that came in without the page's doing: the window opens, they are added, and the page is told what became of them. */
export function createLaunchListener(options: {
  readonly engine: Pick<Engine, 'drop'>
  /** Files wait for it: before the journal is open they have nowhere to go. */
  readonly started: Promise<void>
  readonly window: Pick<MainWindow, 'show'>
  readonly feed: Pick<PageFeed, 'send'>
  readonly dialogs: Pick<Dialogs, 'showFailure'>
  readonly log: Log
}): LaunchListener {
  const { engine, started, window, feed, dialogs, log } = options

  async function add(paths: readonly string[]): Promise<void> {
    await started
    const report = await engine.drop(paths)
    if (report.ok) feed.send('added', report.value)
    else await dialogs.showFailure(report.failure)
  }

  return {
    onFiles(paths) {
      window.show()
      if (paths.length === 0) return
      add(paths).catch((error: unknown) => log.error('files from outside could not be added', { error }))
    },
    onRemoteFiles() {
      window.show()
      void dialogs.showFailure(failure('file-elsewhere'))
    },
    onCommand(command) {
      window.show()
      feed.send('command', command)
    },
  }
}
