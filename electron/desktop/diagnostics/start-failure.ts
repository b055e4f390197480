import { app, dialog } from 'electron'
import { translatorFor } from '../../messages/messages.ts'
import type { FileLog } from '../../platform/log.ts'
import { systemLocale } from '../settings/language.ts'

/**
 * Shows an error that occurred before there was a log, and exits. Must not be awaited before `ready`, before which
 * Linux shows no dialog.
 */
export async function reportEarlyFailure(error: unknown): Promise<void> {
  await app.whenReady()
  const t = translatorFor(systemLocale())
  dialog.showErrorBox(
    t('start.failed'),
    isAccessDenied(error) ? t('start.failed-not-writable') : String(error),
  )
  app.exit(1)
}

const isAccessDenied = (error: unknown) =>
  error instanceof Error && 'code' in error && ['EACCES', 'EPERM', 'EROFS'].includes(String(error.code))

/** Logs the error, shows it in a dialog, since there is no window, and exits. */
export function reportStartFailure(
  error: unknown,
  reason: 'newer' | 'full' | 'not-writable' | 'other-owner' | 'bad-server' | 'files-changed' | 'other',
  logFolder: string,
  log: FileLog,
): void {
  log.error('could not start the app', { error })
  const t = translatorFor(systemLocale())
  dialog.showErrorBox(t('start.failed'), t(`start.failed-${reason}`, { logFolder }))
  void log.flush().finally(() => app.exit(1))
}
