import type { WebContents } from 'electron'
import type { Environment } from '../../platform/environment.ts'

/** A page that crashes again within this time is not reloaded automatically. */
const minReloadIntervalMs = 10_000

/** Reloads a page whose process ended unexpectedly, and logs what goes wrong in it. */
export function reloadAfterCrash(
  contents: WebContents,
  { monotonicMs, log }: Pick<Environment, 'monotonicMs' | 'log'>,
): void {
  let lastReloadMs = -Infinity
  contents.on('preload-error', (_event, _path, error) => log.error('the preload failed', { error }))
  contents.on('unresponsive', () => log.warn('the page does not respond'))
  contents.on('render-process-gone', (_event, details) => {
    log.error('the page process ended unexpectedly', { ...details })
    if (details.reason === 'clean-exit') return
    // Uploads continue in the meantime; the reloaded page asks for a new snapshot.
    if (monotonicMs() - lastReloadMs < minReloadIntervalMs) return
    lastReloadMs = monotonicMs()
    contents.reload()
  })
}
