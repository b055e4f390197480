import { app, dialog } from 'electron'
import { translatorFor } from '../../messages/messages.ts'
import type { FileLog } from '../../platform/log.ts'
import { systemLocale } from '../settings/language.ts'

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
