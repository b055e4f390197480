import { failure } from '../../contract/failures.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Environment } from '../../platform/environment.ts'
import type { Dialogs } from '../window/dialogs.ts'
import type { MainWindow } from '../window/main-window.ts'
import type { PageFeed } from '../window/page-feed.ts'
import type { LaunchListener } from './single-instance.ts'

/**
 * Files that arrive within this time belong together, in ms: for several opened files, macOS emits one event each and
 * Windows starts one process each.
 */
const collectMs = 300

/** Adds files that did not come from the page, and sends it the report. */
export function createLaunchListener(options: {
  readonly engine: Engine
  /** Files are added only after the engine has started. */
  readonly started: Pick<PromiseWithResolvers<void>, 'promise'>
  readonly window: Pick<MainWindow, 'show'>
  readonly feed: Pick<PageFeed, 'sendEvent'>
  readonly dialogs: Pick<Dialogs, 'showFailure'>
  readonly environment: Pick<Environment, 'timers' | 'log'>
}): LaunchListener {
  const { engine, started, window, feed, dialogs } = options
  const { timers, log } = options.environment
  let collected: string[] = []
  let cancel = () => {}

  async function addCollected(): Promise<void> {
    const paths = collected
    collected = []
    const report = await engine.add(paths, { source: 'outside' })
    if (report.ok) feed.sendEvent('added', report.value)
    else await dialogs.showFailure(report.failure)
  }

  return {
    onFiles(paths) {
      window.show()
      if (paths.length === 0) return
      collected.push(...paths)
      void started.promise.then(() => {
        cancel()
        cancel = timers.after(collectMs, () => {
          addCollected().catch((error: unknown) => log.error('could not add files from outside', { error }))
        })
      })
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
