import process from 'node:process'
import type { Page } from '@playwright/test'
import { fakeService } from '../../support/fake-bus.ts'
import { expect, test } from '../support/fixtures.ts'
import type { EngineHarness } from '../support/fixtures.ts'
import { drag, rowOf, signIn } from '../support/page-steps.ts'

// Battery and network are simulated on a real bus: the session bus replaces the system bus.

test.skip(process.platform !== 'linux', 'other systems have no such bus')
test.beforeEach(({ harness }) => {
  harness.environment['DBUS_SYSTEM_BUS_ADDRESS'] = process.env['DBUS_SESSION_BUS_ADDRESS'] ?? ''
})

const manager = 'org.freedesktop.NetworkManager'
const managerPath = '/org/freedesktop/NetworkManager'
const upower = 'org.freedesktop.UPower'
const upowerPath = '/org/freedesktop/UPower'

/** A metered network whose connection has that name. */
const openMetered = () =>
  fakeService(manager, {
    [managerPath]: { [manager]: { Metered: ['u', 1], PrimaryConnection: ['o', '/phone'] } },
    '/phone': { [`${manager}.Connection.Active`]: { Uuid: ['s', 'uuid-phone'], Id: ['s', 'Phone'] } },
  })

const openBattery = (percent: number) =>
  fakeService(upower, {
    [upowerPath]: { [upower]: { OnBattery: ['b', true] } },
    [`${upowerPath}/devices/DisplayDevice`]: { [`${upower}.Device`]: { Percentage: ['d', percent] } },
  })

async function drop(page: Page, harness: EngineHarness, name: string): Promise<void> {
  await signIn(page)
  await drag(page, [await harness.file(`loras/${name}.safetensors`)])
}

test.describe('on a metered connection', () => {
  test.use({ settings: { pauseOnMetered: true } })

  test('the queue waits, shows the reason, and uploads on request', async ({ harness }) => {
    const network = await openMetered()
    const { page } = await harness.start()
    await drop(page, harness, 'dear')
    await expect(page.getByRole('heading', { name: /^Metered · / })).toBeVisible()
    await expect(rowOf(page, 'dear')).toHaveAccessibleName(/Waiting/)
    await page.getByRole('button', { name: 'Upload anyway' }).click()
    await expect(rowOf(page, 'dear')).toContainText('In the library')
    network.end()
  })
})

test.describe('on battery', () => {
  test.use({ settings: { pauseBelowPercent: 30 } })

  test('waits below the battery level, and continues on mains power', async ({ harness }) => {
    const power = await openBattery(22)
    const { page } = await harness.start()
    await drop(page, harness, 'tired')
    await expect(page.getByRole('heading', { name: /^On battery · / })).toBeVisible()
    power.change(upowerPath, { OnBattery: false })
    await expect(rowOf(page, 'tired')).toContainText('In the library')
    power.end()
  })
})
