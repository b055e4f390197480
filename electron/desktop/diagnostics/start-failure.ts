import { app, dialog } from 'electron'
import { journalProblemOf, type JournalProblem } from '../../engine/engine.ts'
import { HostInUseError, NoLocksError } from '../../host/host-lock.ts'
import { translatorFor } from '../../messages/messages.ts'
import type { FileLog } from '../../platform/log.ts'
import { systemLocale } from '../settings/language.ts'

/**
 * Shows an error that occurred before there was a log, and exits. Must not be awaited before `ready`, before which
 * Linux shows no dialog.
 */
export async function reportEarlyFailure(error: unknown): Promise<void> {
  await app.whenReady()
  const reason = journalProblemOf(error)
  const explanations = reason === 'not-writable' || reason === 'other-owner' ? [explain(reason)] : []
  showStartFailure([...explanations, String(error)].join('\n\n'))
  app.exit(1)
}

/** Shows why the app doesn't start with a switch (see `forbiddenSwitch`). Works before `ready`. */
export function showForbiddenSwitch(option: string): void {
  showStartFailure(translatorFor(systemLocale())('start.failed-option', { option }))
}

type StartProblem = JournalProblem | 'bad-server' | 'files-changed' | 'in-use' | 'no-locks'

/** Why the app didn't start, by the error that this threw. */
export function startProblemOf(error: unknown): StartProblem {
  if (error instanceof HostInUseError) return 'in-use'
  return error instanceof NoLocksError ? 'no-locks' : journalProblemOf(error)
}

/** Logs the error, shows it in a dialog, since there is no window, and exits. */
export function reportStartFailure(
  error: unknown,
  reason: StartProblem,
  logFolder: string,
  log: FileLog,
): void {
  log.error('could not start the app', { error })
  showStartFailure(explain(reason, { logFolder, holder: error instanceof Error ? error.message : '' }))
  void log.flush().finally(() => app.exit(1))
}

const explain = (reason: StartProblem, params: Readonly<Record<string, string>> = {}) =>
  translatorFor(systemLocale())(`start.failed-${reason}`, params)

const showStartFailure = (text: string) =>
  dialog.showErrorBox(translatorFor(systemLocale())('start.failed'), text)
