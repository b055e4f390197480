import { app, Notification } from 'electron'
import type { Conditions } from '../../contract/conditions.ts'
import type { DeadlineView } from '../../contract/deadline.ts'
import type { Settings } from '../../contract/settings.ts'
import { failureStateOf, type Patch } from '../../contract/uploads.ts'
import { clockText } from '../../messages/clock-text.ts'
import { countdownText } from '../../messages/pause-reason-text.ts'
import { failureText } from '../../messages/messages.ts'
import type { Log } from '../../platform/environment.ts'
import type { JsonStore } from '../../platform/settings.ts'
import type { Language } from '../settings/language.ts'
import type { MainWindow } from '../window/main-window.ts'
import { createNotificationRules, type UploadNotification } from './notification-rules.ts'

type NotifiedChange = 'login-on' | 'login-off' | `updates-${Settings['updates']}` | 'questions-paused'

export interface Notifications {
  applyPatch(patch: Patch): void
  /** The countdown to sleep or quit has started; a click opens the window, where it can be cancelled. */
  showCountdown(conditions: Pick<Conditions, 'whenDone' | 'ending'>): void
  /** The deadline of the queue was met and can't be any more. */
  notifyDeadline(view: DeadlineView): void
  /**
   * Shows what was changed outside of the app's own data, even if the window is open: a compromised page
   * can change it, but not hide this.
   */
  notifyChange(change: NotifiedChange): void
  /** Explains, once per installation, that the window was minimised because this desktop has no tray. */
  showNoTrayOnce(): void
  /** Removes all notifications, because a user has signed out and they may name files. */
  dismissAll(): void
}

/** Shows system notifications, those about uploads while the window is hidden or not focused. */
export function createNotifications(options: {
  readonly window: Pick<MainWindow, 'isVisible' | 'isFocused' | 'show'>
  readonly showUploads: () => void
  readonly memory: JsonStore
  readonly language: Language
  readonly log: Log
}): Notifications {
  const { window, showUploads, memory, language, log } = options
  const notificationsFor = createNotificationRules()
  // An unreferenced notification may be garbage-collected, and its click handler with it.
  const shown = new Map<string, Notification>()

  /**
   * Replaces an older notification of the same kind, so that many failures do not show many notifications.
   */
  function show(kind: string, body: string, onClick = showUploads): void {
    if (!Notification.isSupported()) return
    shown.get(kind)?.close()
    const notification = new Notification({ title: app.getName(), body })
    notification.on('click', onClick)
    notification.on('failed', (_event, error) => log.warn('a notification could not be shown', { error }))
    notification.show()
    shown.set(kind, notification)
  }

  return {
    applyPatch(patch) {
      for (const notification of notificationsFor(patch)) {
        const isSeenInWindow =
          window.isVisible() && (notification.kind === 'batch-done' || window.isFocused())
        if (!isSeenInWindow) show(notification.kind, notificationText(notification, language))
      }
    },
    showCountdown(conditions) {
      const text = countdownText(conditions, language.translate())
      if (text !== null) show('soon-done', text)
    },
    notifyDeadline({ atMs, doneAtMs }) {
      if (window.isVisible() && window.isFocused()) return
      const t = language.translate()
      const clock = (ms: number) => clockText(ms, Date.now(), language.locale())
      const body =
        doneAtMs === null
          ? t('deadline.state-never', { time: clock(atMs) })
          : t('deadline.unreachable', { time: clock(atMs), done: clock(doneAtMs) })
      show('deadline', body)
    },
    // One kind of change must not hide the notification of another one.
    notifyChange: (change) =>
      show(`change-${change.split('-', 1)[0]}`, language.translate()(`changed.${change}`)),
    showNoTrayOnce() {
      if (memory.read()['toldNoTray'] === true) return
      memory.write({ toldNoTray: true })
      show('no-tray', language.translate()('tray.none'), window.show)
    },
    dismissAll() {
      for (const notification of shown.values()) notification.close()
      shown.clear()
    },
  }
}

/** Linux desktops interpret tags in the body of a notification. */
const withoutMarkup = (text: string) => text.replaceAll('<', '‹')

function notificationText(notification: UploadNotification, language: Language): string {
  const t = language.translate()
  if (notification.kind === 'batch-done') {
    const { registered, failed } = notification
    const done = t('notice.batch-done', { registered })
    return failed > 0 ? `${done} ${t('notice.some-failed', { failed })}` : done
  }
  const [row] = notification.rows
  if (notification.rows.length === 1 && row) {
    const reason = row.failure ? failureText(row.failure, t, failureStateOf(row)) : ''
    return withoutMarkup(`${row.fileName}: ${reason}`)
  }
  return t('notice.several-need-you', { failed: notification.rows.length })
}
