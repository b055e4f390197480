import { app, Notification } from 'electron'
import type { Conditions } from '../../contract/conditions.ts'
import { endingText } from '../../messages/hold-text.ts'
import type { Patch } from '../../contract/uploads.ts'
import { failureText } from '../../messages/messages.ts'
import type { Log } from '../../platform/environment.ts'
import type { Language } from '../settings/language.ts'
import { createNotificationRules, type UploadNotification } from './notification-rules.ts'
import type { MainWindow } from '../window/main-window.ts'

/** Follows the patches and tells a person who does not look; a click opens the window on what was told. */
export function createNotifications(options: {
  readonly window: Pick<MainWindow, 'isVisible' | 'isFocused' | 'show'>
  /** Shows the list of uploads, whatever view is open. */
  readonly showUploads: () => void
  readonly language: Language
  readonly log: Log
}): {
  readonly patch: (patch: Patch) => void
  /** What was chosen for the end is about to be done; a click opens the window, where it can be called off. */
  readonly soonDone: (conditions: Pick<Conditions, 'whenDone' | 'ending'>) => void
  /** There is no tray on this desktop, and the window went elsewhere. */
  readonly noTray: () => void
} {
  const { window, showUploads, language, log } = options
  const watch = createNotificationRules()
  // A notification that nothing refers to may be collected, and its click is lost with it.
  const shown = new Map<string, Notification>()

  function tell(kind: string, body: string, clicked = showUploads): void {
    if (!Notification.isSupported()) return
    // The newer one takes the place of the older, so that trouble with many files is not many notifications.
    shown.get(kind)?.close()
    const made = new Notification({ title: app.getName(), body })
    made.on('click', clicked)
    made.on('failed', (_event, error) => log.warn('a notification could not be shown', { error }))
    made.show()
    shown.set(kind, made)
  }

  function show(notice: UploadNotification): void {
    const looks = notice.kind === 'batch-done' ? window.isVisible() : window.isVisible() && window.isFocused()
    if (!looks) tell(notice.kind, bodyOf(notice, language))
  }

  return {
    patch(patch) {
      for (const notice of watch(patch)) show(notice)
    },
    soonDone(conditions) {
      const said = endingText(conditions, language.translate())
      if (said !== null) tell('soon-done', said)
    },
    noTray: () => tell('no-tray', language.translate()('tray.none'), window.show),
  }
}

function bodyOf(notice: UploadNotification, language: Language): string {
  const words = language.translate()
  if (notice.kind === 'batch-done') {
    const done = words('notice.batch-done', { registered: notice.registered })
    return notice.failed > 0 ? `${done} ${words('notice.some-failed', { failed: notice.failed })}` : done
  }
  const [row] = notice.rows
  if (notice.rows.length === 1 && row) {
    const sentence = row.failure ? failureText(row.failure, words) : ''
    return `${row.fileName}: ${sentence}`
  }
  return words('notice.several-need-you', { failed: notice.rows.length })
}
