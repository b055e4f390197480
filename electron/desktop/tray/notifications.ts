import { app, Notification } from 'electron'
import type { Conditions } from '../../contract/conditions.ts'
import type { DeadlineView } from '../../contract/deadline.ts'
import type { Settings } from '../../contract/settings.ts'
import type { PageTarget } from '../../contract/events.ts'
import type { Patch } from '../../contract/uploads.ts'
import { clockText } from '../../messages/clock-text.ts'
import { countdownText } from '../../messages/queue-status-text.ts'
import type { Log } from '../../platform/environment.ts'
import type { JsonStore } from '../../platform/settings.ts'
import type { Language } from '../settings/language.ts'
import type { MainWindow } from '../window/main-window.ts'
import { createNotificationRules, type BatchNotification } from './notification-rules.ts'
import { notificationText } from './notification-text.ts'

type NotifiedChange =
  | 'login-on'
  | 'login-off'
  | `updates-${Exclude<Settings['updates'], 'off'>}`
  | 'questions-paused'

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
  /**
   * Removes all notifications except those of `notifyChange`, because a user has signed out and they may name
   * files.
   */
  dismissAll(): void
  /** Names no upload of these accounts from now on. */
  forgetAccounts(isForgotten: (accountId: string) => boolean): void
}

/** Shows system notifications, those about uploads while the window doesn't have the focus. */
export function createNotifications(options: {
  readonly window: Pick<MainWindow, 'isVisible' | 'isFocused' | 'show'>
  /** Opens the window at uploads or models. */
  readonly reveal: (target: PageTarget) => void
  readonly memory: JsonStore
  readonly language: Language
  readonly log: Log
}): Notifications {
  const { window, reveal, memory, language, log } = options
  const showUploads = () => reveal({ kind: 'uploads', ids: [] })
  const rules = createNotificationRules(Date.now())
  // An unreferenced notification may be garbage-collected, and its click handler with it.
  const shown = new Map<string, Notification>()

  /**
   * Replaces an older notification of the same kind, so that many failures do not show many notifications.
   */
  function show(kind: string, body: string, onClick = showUploads, title = app.getName()): void {
    if (!Notification.isSupported()) return
    shown.get(kind)?.close()
    const notification = new Notification({ title, body })
    notification.on('click', onClick)
    notification.on('failed', (_event, error) => log.warn('a notification could not be shown', { error }))
    notification.show()
    shown.set(kind, notification)
  }

  return {
    applyPatch(patch) {
      const batch = rules.applyPatch(patch)
      if (!batch || (window.isVisible() && window.isFocused())) return
      const { title, body } = notificationText(batch, language.translate(), language.locale())
      show('batch', body, () => reveal(targetOf(batch)), title)
    },
    showCountdown(conditions) {
      const text = countdownText(conditions, language.translate())
      if (text !== null) show('soon-done', text)
    },
    notifyDeadline({ atMs, doneAtMs }) {
      if (window.isVisible() && window.isFocused()) return
      const t = language.translate()
      const clock = (ms: number) => clockText(ms, Date.now(), language.regionalTag())
      const body =
        doneAtMs === null
          ? t('deadline.state-never', { time: clock(atMs) })
          : t('deadline.unreachable', { time: clock(atMs), done: clock(doneAtMs) })
      show('deadline', body)
    },
    // One kind of change must not hide the notification of another one.
    notifyChange: (change) =>
      show(`change-${change.split('-')[0]}`, language.translate()(`changed.${change}`)),
    showNoTrayOnce() {
      if (memory.read()['toldNoTray'] === true) return
      memory.write({ toldNoTray: true })
      show('no-tray', language.translate()('tray.none'), window.show)
    },
    dismissAll() {
      for (const [kind, notification] of shown) {
        if (kind.startsWith('change-')) continue
        notification.close()
        shown.delete(kind)
      }
    },
    forgetAccounts: rules.forgetAccounts,
  }
}

/** What needs attention, or else the new models. */
function targetOf({ registered, failed }: BatchNotification): PageTarget {
  const [first] = registered
  const isOneTeam = registered.every(
    ({ accountId, team }) => accountId === first?.accountId && team.id === first.team.id,
  )
  if (failed.length > 0 || !first || !isOneTeam)
    return { kind: 'uploads', ids: (failed.length > 0 ? failed : registered).map(({ id }) => id) }
  return {
    kind: 'library',
    team: { accountId: first.accountId, teamId: first.team.id },
    modelIds: registered.flatMap(({ modelId }) => modelId ?? []),
    uploadIds: registered.map(({ id }) => id),
  }
}
