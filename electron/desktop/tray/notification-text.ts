import { failureStateOf, type UploadRow } from '../../contract/uploads.ts'
import { visibleName, visiblePath } from '../../contract/visible-text.ts'
import { failureText, type Translate } from '../../messages/messages.ts'
import { batchDone } from '../../messages/queue-status-text.ts'
import { countActions, type BatchNotification } from './notification-rules.ts'

export interface NotificationText {
  readonly title: string
  readonly body: string
}

/** Desktops show two to four lines of a notification. */
const namesShown = 2

/** Names the models and the team, or how many files need which action. Names of files are untrusted text. */
export function notificationText(
  { registered, failed }: BatchNotification,
  t: Translate,
  locale: string,
): NotificationText {
  const { key, params } = batchDone(registered)
  const done = registered.length === 0 ? null : t(key, params)
  const [first] = failed
  if (!first) return { title: done ?? '', body: namesOf(registered, t, locale) }
  const doneLine = done === null ? [] : [done]
  if (failed.length === 1) {
    const reason = first.failure ? failureText(first.failure, t, failureStateOf(first)) : ''
    return {
      title: t('notice.one-needs-you', { name: visibleName(first.fileName) }),
      body: withoutMarkup([reason, ...doneLine].join('\n')),
    }
  }
  const parts = countActions(failed).map(({ action, count }) => t(`notice.action-${action}`, { count }))
  const body = [join(parts, locale), ...doneLine].join('\n')
  return { title: t('notice.many-need-you', { count: failed.length }), body: withoutMarkup(body) }
}

/** One model is named in the title. */
function namesOf(rows: readonly UploadRow[], t: Translate, locale: string): string {
  const [first] = rows
  if (rows.length === 1) return withoutMarkup(visiblePath(first?.target.modelPath ?? ''))
  const shown = rows
    .slice(0, namesShown)
    .map(({ target }) => t('names.quoted', { name: visibleName(target.displayName) }))
  const more = rows.length - shown.length
  return withoutMarkup(join([...shown, ...(more > 0 ? [t('text.more', { count: more })] : [])], locale))
}

const join = (parts: readonly string[], locale: string) =>
  new Intl.ListFormat(locale, { type: 'conjunction', style: 'narrow' }).format(parts)

/** Linux desktops interpret tags in the body of a notification. */
const withoutMarkup = (text: string) => text.replaceAll('<', '‹')
