import type { MenuItemConstructorOptions } from 'electron'
import { visibleName } from '../../contract/visible-text.ts'
import type { Conditions, WhenDone } from '../../contract/conditions.ts'
import { queueStatusText } from '../../messages/queue-status-text.ts'
import { stopNowText } from '../../messages/stop-now-text.ts'
import { isAllPaused, type Snapshot, type Totals } from '../../contract/uploads.ts'
import { formatRate } from '../../messages/format-size.ts'
import { clockText } from '../../messages/clock-text.ts'
import type { Translate } from '../../messages/messages.ts'
import type { RecentUpload } from './recent-uploads.ts'

type Item = MenuItemConstructorOptions

/** The state that tray icon, tooltip and menu show. */
export interface TrayContent {
  readonly summary: Pick<Snapshot, 'totals' | 'allPaused' | 'line'>
  readonly conditions: Conditions
  /** The limit from the settings, without quiet hours. */
  readonly limitBytesPerSecond: number | null
  readonly recentUploads: readonly RecentUpload[]
}

export interface TrayActions {
  readonly open: () => void
  readonly pauseAll: () => void
  readonly resumeAll: () => void
  /** Stops at once what is being paused. */
  readonly stopPausing: () => void
  readonly sendAnyway: () => void
  readonly setLimit: (bytesPerSecond: number | null) => void
  readonly setWhenDone: (whenDone: WhenDone) => void
  readonly showInFolder: (id: string) => void
  readonly copyModelId: (modelId: string) => void
  readonly openLibrary: () => void
  readonly showSettings: () => void
  readonly quit: () => void
}

/** What menu texts are formatted with. */
export interface TextContext {
  readonly t: Translate
  /** The locale for times. */
  readonly tag: string
  readonly nowMs: number
}

const separator: Item = { type: 'separator' }
/** The same choices as in the window, in bytes per second. */
const limitPresets = [1, 2, 5, 10, 20, 50].map((megabytes) => megabytes * 1_000_000)

/** The state of the queue, how far it is, and what needs attention: for the tooltip and the first line of the menu. */
export function trayText({ summary, conditions }: TrayContent, { t, tag, nowMs }: TextContext): string {
  const { running, waiting, needsYou, movedBytes, totalBytes } = summary.totals
  const isOpen = running + waiting > 0
  const status = queueStatusText(summary, conditions.hold, t, (ms) => clockText(ms, nowMs, tag))
  const facts = [
    status,
    isOpen && totalBytes > 0 ? t('summary.bytes', { movedBytes, totalBytes }) : '',
    needsYou > 0 && isOpen ? t('queue.needs-you', { count: needsYou }) : '',
  ]
  return facts.filter((fact) => fact !== '').join(' · ')
}

export function trayMenuTemplate(content: TrayContent, actions: TrayActions, text: TextContext): Item[] {
  const { summary, conditions, recentUploads } = content
  const { t } = text
  const [latest] = recentUploads
  return [
    {
      id: 'sum',
      label: trayText(content, text),
      enabled: false,
    },
    ...(latest
      ? [{ id: 'last', label: t('tray.last', { name: menuLabel(latest.name) }), enabled: false }]
      : []),
    ...conditionItems(conditions, summary.allPaused, actions, t),
    separator,
    { id: 'open', label: t('tray.open'), click: actions.open },
    isAllPaused(summary)
      ? { id: 'resume-all', label: t('summary.resume-all'), click: actions.resumeAll }
      : { id: 'pause-all', label: t('summary.pause-all'), click: actions.pauseAll },
    ...stopPausingItems(summary.totals, actions, t),
    limitItem(content, actions, text),
    whenDoneItem(conditions.whenDone, actions, t),
    ...(recentUploads.length > 0 ? [recentUploadsItem(recentUploads, actions, t)] : []),
    separator,
    { id: 'settings', label: t('menu.settings'), click: actions.showSettings },
    { id: 'quit', label: t('tray.quit'), click: actions.quit },
  ]
}

/** The items that override a hold and the action after the last upload. */
function conditionItems(
  { hold, ending, whenDone }: Conditions,
  allPaused: boolean,
  actions: TrayActions,
  t: Translate,
): Item[] {
  const items: Item[] = []
  // What the user has paused doesn’t resume when the reason ends.
  if (hold && !allPaused)
    items.push({ id: 'send-anyway', label: t('action.upload-anyway'), click: actions.sendAnyway })
  if (ending && whenDone !== 'nothing')
    items.push({
      id: 'call-off',
      label: t(`done.call-off-${whenDone}`),
      click: () => actions.setWhenDone('nothing'),
    })
  return items
}

function stopPausingItems({ pausing }: Totals, { stopPausing }: TrayActions, t: Translate): Item[] {
  if (!pausing) return []
  const { unacknowledgedBytes: againBytes } = pausing
  return [{ id: 'stop-pausing', label: stopNowText(againBytes, t), click: stopPausing }]
}

function limitItem(content: TrayContent, { setLimit }: TrayActions, { t, tag, nowMs }: TextContext): Item {
  const { limitBytesPerSecond: ownLimit, conditions } = content
  const { bytesPerSecond, isFromQuietHours, untilMs } = conditions.limit
  const choices = [null, ...new Set([...limitPresets, ...(ownLimit === null ? [] : [ownLimit])])]
  const quietHoursItems: Item[] = []
  if (isFromQuietHours && bytesPerSecond !== null && untilMs !== null) {
    const limit = formatRate(bytesPerSecond)
    const label = t('limit.until', { limit, until: clockText(untilMs, nowMs, tag) })
    quietHoursItems.push({ id: 'limit-quiet', label, enabled: false }, separator)
  }
  return {
    id: 'limit',
    label: t('limit.title'),
    submenu: [
      ...quietHoursItems,
      ...choices.map((choice): Item => ({
        id: `limit-${choice ?? 'none'}`,
        label: choice === null ? t('limit.none') : formatRate(choice),
        type: 'radio',
        checked: choice === ownLimit,
        click: () => setLimit(choice),
      })),
    ],
  }
}

function whenDoneItem(chosen: WhenDone, { setWhenDone }: TrayActions, t: Translate): Item {
  const choices: readonly WhenDone[] = ['nothing', 'sleep', 'quit']
  return {
    id: 'when-done',
    label: t('done.title'),
    submenu: choices.map((choice) => ({
      id: `when-done-${choice}`,
      label: t(`done.${choice}`),
      type: 'radio',
      checked: choice === chosen,
      click: () => setWhenDone(choice),
    })),
  }
}

function recentUploadsItem(uploads: readonly RecentUpload[], actions: TrayActions, t: Translate): Item {
  return {
    id: 'recents',
    label: t('tray.recents'),
    submenu: uploads.map(({ id, name, modelId }, index) => ({
      id: `recent-${index + 1}`,
      label: menuLabel(name),
      submenu: [
        {
          id: `recent-${index + 1}-folder`,
          label: t('details.show-in-folder'),
          click: () => actions.showInFolder(id),
        },
        ...(modelId === null
          ? []
          : [
              {
                id: `recent-${index + 1}-copy`,
                label: t('row.copy-id', { count: 1 }),
                click: () => actions.copyModelId(modelId),
              },
            ]),
        {
          id: `recent-${index + 1}-library`,
          label: t('menu.web-app'),
          click: () => actions.openLibrary(),
        },
      ],
    })),
  }
}

/** Keeps the menu narrow. */
const maxLabelLength = 40

/** A shortened name, with `&` escaped, which marks an access key on Windows and Linux. */
const menuLabel = (name: string) => visibleName(name, maxLabelLength).replace(/&/g, '&&')
