import { expect, test } from 'vitest'
import type { Conditions } from '../../../electron/contract/conditions.ts'
import { success } from '../../../electron/contract/failures.ts'
import { defaultConditions } from '../support/fake-bridge.ts'
import { selectOption } from '../support/select-option.ts'
import { openPage } from '../support/open-page.ts'
import { patchOf, row, settings } from '../support/rows.ts'

const phone = { id: 'line-2', name: 'Phone' }
const metered: Conditions = { ...defaultConditions, hold: { kind: 'metered', line: phone } }
const waits = [row('one', { phase: 'waiting' })]

const open = (conditions: Conditions) =>
  openPage({ rows: waits, answers: { conditions: () => success(conditions) } })

test('the heading names a hold, which is overridden once or always on this connection', async () => {
  const { screen, asked } = await open(metered)
  const text = 'Metered · 1 file resumes on another connection'
  await expect.element(screen.getByRole('heading', { name: text })).toBeVisible()
  await screen.getByRole('button', { name: 'Upload anyway' }).click()
  await screen.getByRole('button', { name: 'Always upload on this connection' }).click()
  expect(asked.filter(({ name }) => name === 'sendAnyway').map(({ args }) => args)).toEqual([
    { isAlways: false },
    { isAlways: true },
  ])
})

test('a hold, whose end resumes nothing, is not offered to be overridden while everything is paused', async () => {
  const { screen, emit } = await open(metered)
  const button = screen.getByRole('button', { name: 'Upload anyway' })
  await expect.element(button).toBeVisible()
  emit('patch', { ...patchOf(2, waits), allPaused: true })
  await expect.element(button).not.toBeInTheDocument()
})

test('the banner before sleep counts what needs attention and cancels the sleep', async () => {
  const ending = { atMs: Date.now() + 60_000, sent: 2, needsYou: 58, inReview: 0 }
  const { screen, asked } = await open({ ...defaultConditions, whenDone: 'sleep', ending })
  await expect
    .element(
      screen.getByText('2 files uploaded, 58 need attention. The computer goes to sleep in one minute.'),
    )
    .toBeVisible()
  await screen.getByRole('button', { name: 'Cancel sleep' }).click()
  expect(asked.at(-1)).toMatchObject({ name: 'setWhenDone', args: { whenDone: 'nothing' } })
})

test('the speed control shows the current limit and when it ends', async () => {
  const untilMs = new Date().setHours(23, 59, 0, 0)
  const limit = { bytesPerSecond: 2_000_000, isFromQuietHours: true, untilMs }
  const { screen } = await open({ ...defaultConditions, limit })
  await expect.element(screen.getByText('Up to 2 MB/s until 11:59 PM')).toBeVisible()
})

test('quiet hours are added, changed and removed', async () => {
  const { screen, asked, emit } = await openPage()
  emit('command', 'show-settings')
  await screen.getByRole('button', { name: 'Add quiet hours' }).click()
  const changes = () => asked.filter(({ name }) => name === 'changeSettings').map(({ args }) => args)
  const [first] = changes() as { quietHours: (typeof settings)['quietHours'] }[]
  expect(first?.quietHours).toHaveLength(1)
  const group = screen.getByRole('group', { name: /^Quiet hours/ })
  await group.getByRole('checkbox', { name: 'Sunday' }).click()
  await selectOption(group.getByLabelText('During quiet hours'), 'pause uploads')
  await group.getByRole('button', { name: /^Remove quiet hours/ }).click()
  expect(changes().slice(1)).toMatchObject([
    { quietHours: [{ days: [1, 2, 3, 4, 5, 0] }] },
    { quietHours: [{ limitBytesPerSecond: null }] },
    { quietHours: [] },
  ])
})

test('asks whether a connection is metered if the system does not report it', async () => {
  const network = { metered: 'unknown', line: { id: 'line-9', name: 'Wi-Fi (192.168.1.1)' } } as const
  const { screen, asked, emit } = await openPage({
    answers: {
      conditions: () => success({ ...defaultConditions, network }),
      settings: () => success({ ...settings, pauseOnMetered: true }),
    },
  })
  emit('command', 'show-settings')
  await expect
    .element(screen.getByText('Choose below; your choice is saved for this connection.', { exact: false }))
    .toBeVisible()
  await selectOption(screen.getByLabelText('This connection: Wi-Fi (192.168.1.1)'), 'Metered')
  expect(asked.at(-1)).toMatchObject({
    args: { lines: [{ id: 'line-9', name: 'Wi-Fi (192.168.1.1)', isMetered: true }] },
  })
})

test('a switch shows the stored value when a change is not applied', async () => {
  const { screen, emit } = await openPage({
    answers: { setLoginItem: () => success({ isOn: false, can: 'approval' }) },
  })
  emit('command', 'show-settings')
  const atLogin = screen.getByRole('switch', { name: 'Start at login' })
  await atLogin.click()
  await expect
    .element(screen.getByText('Allow Modelferry in System Settings', { exact: false }))
    .toBeVisible()
  await expect.element(atLogin).not.toBeChecked()
})
