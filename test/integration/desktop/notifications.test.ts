import { expect, onTestFinished, test, vi } from 'vitest'
import type { PageTarget } from '../../../electron/contract/events.ts'
import type { DeadlineView } from '../../../electron/contract/deadline.ts'
import { failure } from '../../../electron/contract/failures.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import { createLanguage } from '../../../electron/desktop/settings/language.ts'
import { createNotifications } from '../../../electron/desktop/tray/notifications.ts'
import { toUploadRow } from '../../../electron/journal/row-view.ts'
import { app } from '../../electron-host/app.ts'
import { Notification } from '../../electron-host/notification.ts'
import { host } from '../../electron-host/state.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { memorySettings, memoryStore } from '../../support/memory-settings.ts'
import { registeredRecord, uploadRecord } from '../../support/records.ts'
import { patchOf } from '../../support/totals.ts'

/** Notifications of an app in English, and how many times they were closed. */
function setup(state: { isVisible: boolean; isFocused: boolean } = { isVisible: false, isFocused: false }) {
  const revealed: PageTarget[] = []
  const memory = memoryStore()
  const { log, lines } = createTestEnvironment(standingClock())
  const window = {
    isVisible: () => state.isVisible,
    isFocused: () => state.isFocused,
    show: () => void (state.isVisible = true),
  }
  const start = () =>
    createNotifications({
      window,
      reveal: (target) => void revealed.push(target),
      memory,
      language: createLanguage(memorySettings({ language: 'en' })),
      log,
    })
  const before = host.notifications.length
  const closed: string[] = []
  const notifications = start()
  return {
    notifications,
    start,
    state,
    revealed,
    lines,
    closed,
    shown: () => host.notifications.slice(before) as Notification[],
    /** Records when the notifications that were shown so far are closed. */
    watchClosing() {
      for (const shown of host.notifications.slice(before) as Notification[])
        shown.on('close', () => void closed.push(shown.body))
    },
    /** Ends a batch with these uploads. */
    endBatch(...changed: readonly UploadRow[]) {
      notifications.applyPatch(patchOf({ running: 1 }))
      notifications.applyPatch(patchOf({}, ...changed))
    },
  }
}

/** However long the tests take, this stays in the future. */
const futureMs = Date.now() + 86_400_000
const registered = (change: Partial<UploadRow> = {}): UploadRow => ({
  ...toUploadRow(registeredRecord({ addedAtMs: futureMs }), null),
  ...change,
})
const broken = (): UploadRow => ({
  ...toUploadRow(uploadRecord({ addedAtMs: futureMs }), null),
  phase: 'failed',
  failure: failure('file-empty'),
})
const late: DeadlineView = { atMs: futureMs, state: 'late', doneAtMs: futureMs, suggestions: [] }
const countdown = { whenDone: 'quit', ending: { atMs: 0, sent: 1, needsYou: 0, inReview: 0 } } as const

test.each<[string, Partial<UploadRow>]>([
  ['teams', { team: { id: 'other', name: 'Other' } }],
  ['accounts', { accountId: 'cloud.example bob' }],
])('a click on the notification of models of several %s leads to their uploads', (_what, change) => {
  const { endBatch, shown, revealed } = setup()
  const rows = [registered(), registered(change)]
  endBatch(...rows)
  shown()[0]?.emit('click')
  expect(revealed).toEqual([{ kind: 'uploads', ids: rows.map(({ id }) => id) }])
})

test('a click on the notification of a batch with failures leads to these', () => {
  const { endBatch, shown, revealed } = setup()
  const failed = broken()
  endBatch(registered(), failed)
  shown()[0]?.emit('click')
  expect(revealed).toEqual([{ kind: 'uploads', ids: [failed.id] }])
})

test.each([
  [true, true, 0],
  [true, false, 1],
  [false, true, 1],
  [false, false, 1],
])(
  'with a window that is visible: %s, focused: %s, uploads notify %i times',
  (isVisible, isFocused, times) => {
    const { notifications, endBatch, shown } = setup({ isVisible, isFocused })
    endBatch(registered())
    expect(shown()).toHaveLength(times)
    notifications.notifyDeadline(late)
    expect(shown()).toHaveLength(2 * times)
  },
)

test('a notification replaces an older one of its kind, and no other', () => {
  const { notifications, endBatch, shown, watchClosing, closed } = setup()
  endBatch(registered())
  notifications.notifyDeadline(late)
  watchClosing()
  endBatch(broken())
  expect(closed).toEqual([shown()[0]?.body])
  expect(shown()).toHaveLength(3)
})

test('a change of one kind replaces the notification of the opposite change, and no other', () => {
  const { notifications, shown, watchClosing, closed } = setup({ isVisible: true, isFocused: true })
  notifications.notifyChange('login-on')
  notifications.notifyChange('updates-ask')
  watchClosing()
  notifications.notifyChange('login-off')
  expect(closed).toEqual([shown()[0]?.body])
  expect(new Set(shown().map(({ body }) => body)).size).toBe(3)
})

test('a sign-out closes all notifications except those of changes, once', () => {
  const { notifications, endBatch, shown, watchClosing, closed } = setup()
  endBatch(registered())
  notifications.notifyDeadline(late)
  notifications.notifyChange('login-on')
  watchClosing()
  notifications.dismissAll()
  notifications.dismissAll()
  const [batch, deadline] = shown()
  expect(closed).toEqual([batch?.body, deadline?.body])
})

test('a countdown is shown with the name of the app, and leads to the uploads', () => {
  const { notifications, shown, revealed } = setup({ isVisible: true, isFocused: true })
  notifications.showCountdown({ whenDone: 'nothing', ending: null })
  expect(shown()).toEqual([])
  notifications.showCountdown(countdown)
  expect(shown().map(({ title }) => title)).toEqual([app.getName()])
  shown()[0]?.emit('click')
  expect(revealed).toEqual([{ kind: 'uploads', ids: [] }])
})

test('a deadline that can never be met is notified without a time at which all is done', () => {
  const { notifications, shown } = setup()
  notifications.notifyDeadline(late)
  notifications.notifyDeadline({ ...late, state: 'never', doneAtMs: null })
  const [reachable, never] = shown().map(({ body }) => body)
  expect(reachable).not.toBe(never)
  expect(reachable?.match(/\d:\d\d/g)).toHaveLength(2)
  expect(never?.match(/\d:\d\d/g)).toHaveLength(1)
})

test('a desktop without a tray is explained once per installation, and leads to the window', () => {
  const { notifications, start, shown, state } = setup()
  notifications.showNoTrayOnce()
  notifications.showNoTrayOnce()
  start().showNoTrayOnce()
  expect([shown().length, state.isVisible]).toEqual([1, false])
  shown()[0]?.emit('click')
  expect(state.isVisible).toBe(true)
})

test('a notification that could not be shown is logged', () => {
  const { notifications, shown, lines } = setup()
  notifications.showCountdown(countdown)
  shown()[0]?.emit('failed', {}, 'no service')
  expect(lines).toEqual([
    { level: 'warn', message: 'a notification could not be shown', facts: { error: 'no service' } },
  ])
})

test('nothing is shown on a desktop without notifications', () => {
  const supported = vi.spyOn(Notification, 'isSupported').mockReturnValue(false)
  onTestFinished(() => supported.mockRestore())
  const { notifications, shown } = setup()
  notifications.showCountdown(countdown)
  expect(shown()).toEqual([])
})
