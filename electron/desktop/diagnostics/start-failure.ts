import { app, dialog } from 'electron'
import { translatorFor } from '../../messages/messages.ts'
import type { FileLog } from '../../platform/log.ts'
import { systemLocale } from '../settings/language.ts'

/** A start that fails is said, not only written down: without a window the person would see nothing at all. */
export function reportStartFailure(
  error: unknown,
  why: 'newer' | 'full' | 'not-writable' | 'other',
  logFolder: string,
  log: FileLog,
): void {
  log.error('the app could not start', { error })
  const t = translatorFor(systemLocale())
  dialog.showErrorBox(t('start.failed'), t(`start.failed-${why}`, { logFolder }))
  void log.flush().finally(() => app.exit(1))
}
