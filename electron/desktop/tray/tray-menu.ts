import type { MenuItemConstructorOptions } from 'electron'
import type { Conditions, WhenDone } from '../../contract/conditions.ts'
import { holdText } from '../../messages/hold-text.ts'
import { isAllPaused, type Snapshot } from '../../contract/uploads.ts'
import { formatRate } from '../../messages/format-size.ts'
import type { Locale } from '../../contract/app-info.ts'
import { clockText } from '../../messages/clock-text.ts'
import type { Translate } from '../../messages/messages.ts'
import type { RecentUpload } from './recent-uploads.ts'
import { summaryText } from './tray-state.ts'

type Item = MenuItemConstructorOptions

/** What the tray shows. */
export interface TrayContent {
  readonly sum: Pick<Snapshot, 'totals' | 'allPaused'>
  readonly conditions: Conditions
  /** The person's own limit, bytes a second. */
  readonly limitBytesPerSecond: number | null
  readonly recents: readonly RecentUpload[]
}

export interface TrayActions {
  readonly open: () => void
  readonly pauseAll: () => void
  readonly resumeAll: () => void
  readonly sendAnyway: () => void
  readonly setLimit: (bytesPerSecond: number | null) => void
  readonly setWhenDone: (whenDone: WhenDone) => void
  readonly showInFolder: (id: string) => void
  readonly copyModelId: (modelId: string) => void
  readonly openLibrary: () => void
  readonly showSettings: () => void
  readonly quit: () => void
}

const separator: Item = { type: 'separator' }
/** What is offered at a click, in bytes a second: the same as in the window. */
const presets = [1, 2, 5, 10, 20, 50].map((megabytes) => megabytes * 1_000_000)

/** Everything that can be told and done without the window. */
export function trayMenuTemplate(
  now: TrayContent,
  actions: TrayActions,
  t: Translate,
  locale: Locale,
  nowMs: number,
): Item[] {
  const { sum, conditions } = now
  const [last] = now.recents
  return [
    {
      id: 'sum',
      label: summaryText(sum.totals, sum.allPaused, t, conditions.hold !== null),
      enabled: false,
    },
    ...(last ? [{ id: 'last', label: t('tray.last', { name: shortened(last.name) }), enabled: false }] : []),
    ...holdItems(conditions, actions, t, locale, nowMs),
    separator,
    { id: 'open', label: t('tray.open'), click: actions.open },
    isAllPaused(sum)
      ? { id: 'resume-all', label: t('tray.resume-all'), click: actions.resumeAll }
      : { id: 'pause-all', label: t('tray.pause-all'), click: actions.pauseAll },
    limitItem(now, actions, t, locale, nowMs),
    whenDoneItem(conditions.whenDone, actions, t),
    ...(now.recents.length > 0 ? [recentsItem(now.recents, actions, t)] : []),
    separator,
    { id: 'settings', label: t('menu.settings'), click: actions.showSettings },
    { id: 'quit', label: t('tray.quit'), click: actions.quit },
  ]
}

function holdItems(
  { hold, ending, whenDone }: Conditions,
  actions: TrayActions,
  t: Translate,
  locale: Locale,
  nowMs: number,
): Item[] {
  const held: Item[] = hold
    ? [
        { id: 'hold', label: holdText(hold, t, locale, nowMs), enabled: false },
        { id: 'send-anyway', label: t('hold.send-anyway'), click: actions.sendAnyway },
      ]
    : []
  if (!ending || whenDone === 'nothing') return held
  const callOff: Item = {
    id: 'call-off',
    label: t(`done.call-off-${whenDone}`),
    click: () => actions.setWhenDone('nothing'),
  }
  return [...held, callOff]
}

function limitItem(
  { limitBytesPerSecond: own, conditions: { limit } }: TrayContent,
  { setLimit }: TrayActions,
  t: Translate,
  locale: Locale,
  nowMs: number,
): Item {
  const choices = [null, ...new Set([...presets, ...(own === null ? [] : [own])])]
  const until = limit.isFromQuietHours && limit.bytesPerSecond !== null && limit.untilMs !== null
  return {
    id: 'limit',
    label: t('limit.title'),
    submenu: [
      ...(until && limit.bytesPerSecond !== null && limit.untilMs !== null
        ? [
            {
              id: 'limit-quiet',
              label: t('limit.until', {
                limit: formatRate(limit.bytesPerSecond),
                until: clockText(limit.untilMs, nowMs, locale),
              }),
              enabled: false,
            },
            separator,
          ]
        : []),
      ...choices.map((choice): Item => ({
        id: `limit-${choice ?? 'none'}`,
        label: choice === null ? t('limit.none') : formatRate(choice),
        type: 'radio',
        checked: choice === own,
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

function recentsItem(recents: readonly RecentUpload[], actions: TrayActions, t: Translate): Item {
  return {
    id: 'recents',
    label: t('tray.recents'),
    submenu: recents.map(({ id, name, modelId }, index) => ({
      id: `recent-${index + 1}`,
      label: shortened(name),
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
                label: t('row.copy-id'),
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

/** A menu as wide as the screen is no menu; `&` would be taken for a key on Windows and Linux. */
function shortened(name: string): string {
  const most = 40
  const short = name.length > most ? `${name.slice(0, most - 1)}…` : name
  return short.replace(/&/g, '&&')
}
