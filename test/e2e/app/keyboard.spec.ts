import type { ElectronApplication, Locator, Page } from '@playwright/test'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { expect, test, type EngineHarness } from '../support/fixtures.ts'
import { answerPicker } from '../support/main-steps.ts'
import { dragOnto, rowOf } from '../support/page-steps.ts'
import type { RunningApp } from '../support/running-app.ts'

/** A user without a mouse. `pressed` counts the keys, without those that type a text. */
class Keyboard {
  pressed = 0
  readonly #page: Page
  readonly #electron: ElectronApplication

  constructor({ page, electron }: RunningApp) {
    this.#page = page
    this.#electron = electron
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#page.keyboard.press(key)
    this.pressed += keys.length
  }

  /** Presses Tab until a control has the focus. */
  async tabTo(control: Locator): Promise<void> {
    await expect(control).toBeVisible()
    const isFocused = () => control.evaluate((element) => element === document.activeElement)
    for (let tabs = 0; tabs < 40 && !(await isFocused()); tabs += 1) await this.press('Tab')
    await expect(control).toBeFocused()
  }

  /** Tabs to the list, of which one row can be reached. */
  async tabToRows(within: Page | Locator = this.#page): Promise<void> {
    await this.tabTo(within.locator('[data-id][tabindex="0"]'))
  }

  async type(text: string): Promise<void> {
    await this.#page.keyboard.type(text)
  }

  /**
   * Presses a shortcut of the application menu. The operating system handles it before the page, so key events of
   * the page can't trigger it: the item that has this accelerator is clicked instead.
   */
  async pressShortcut(accelerator: string): Promise<void> {
    const isFound = await this.#electron.evaluate(({ Menu }, wanted) => {
      const menus = Menu.getApplicationMenu()?.items ?? []
      const items = menus.flatMap(({ submenu }) => submenu?.items ?? [])
      const item = items.find((one) => one.accelerator === wanted)
      // After the response, which would be lost on quitting.
      if (item) setImmediate(() => item.click())
      return item !== undefined
    }, accelerator)
    if (!isFound) throw new Error(`the menu has no ${accelerator}`)
    this.pressed += 1
  }

  async signIn(): Promise<void> {
    await expect(this.#page.getByLabel('Email', { exact: true })).toBeFocused()
    await this.type(ALICE.email)
    await this.press('Tab')
    await this.type(ALICE.password)
    await this.press('Enter')
    await expect(this.#page.getByRole('main')).toBeFocused()
  }
}

test.describe('from the first start to a model in the library', () => {
  test('takes 6 keys with a password', async ({ app, harness }) => {
    const { page } = app
    const keyboard = new Keyboard(app)
    await answerPicker(app.electron, [await harness.file('models/loras/one.safetensors')])
    await keyboard.signIn()
    await keyboard.pressShortcut('CmdOrCtrl+O')
    const choose = page.getByRole('main').getByRole('button', { name: 'Choose team' })
    await keyboard.tabTo(choose.first())
    await keyboard.press('Enter')
    await expect(page.getByRole('menuitem', { name: "Alice's Team" })).toBeFocused()
    await keyboard.press('Enter')
    await expect(rowOf(page, 'one')).toContainText('In the library')
    expect(keyboard.pressed).toBe(6)
  })
})

/** Counts the clicks from now on; keys that click a button don't count. */
async function countClicks(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    Object.assign(window, { clicks: 0 })
    const count = ({ detail }: MouseEvent) => detail > 0 && (window as unknown as { clicks: number }).clicks++
    window.addEventListener('click', count, { capture: true })
  })
  return () => page.evaluate(() => (window as unknown as { clicks: number }).clicks)
}

test.describe('from the first start to a model in the library, with the mouse', () => {
  test('takes 2 clicks and a drop with a password', async ({ app, harness }) => {
    const { page } = app
    const clicks = await countClicks(page)
    await expect(page.getByLabel('Email', { exact: true })).toBeFocused()
    await page.keyboard.type(ALICE.email)
    await page.getByLabel('Password', { exact: true }).click()
    await page.keyboard.type(ALICE.password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await dragOnto(
      page,
      [await harness.file('models/loras/one.safetensors')],
      [
        page.getByRole('banner').getByRole('button', { name: 'Choose team' }),
        page.getByRole('menuitemradio', { name: /^Alice's Team/ }),
      ],
    )
    await expect(rowOf(page, 'one')).toContainText('In the library')
    expect(await clicks()).toBe(2)
  })
})

test.describe('with a review', () => {
  test.use({ settings: { review: 'always' } })

  test('everything from the sign-in to quitting works with the keyboard only', async ({ app, harness }) => {
    const { page } = app
    const keyboard = new Keyboard(app)
    await answerPicker(app.electron, [
      await harness.file('models/loras/one.safetensors'),
      await harness.file('models/loras/two.safetensors'),
    ])
    await keyboard.signIn()
    await keyboard.tabTo(page.getByRole('button', { name: 'Add', exact: true }))
    await keyboard.press('Enter')
    await expect(page.getByRole('menuitem', { name: 'Add files…' })).toBeFocused()
    await keyboard.press('Enter')
    await review(page, keyboard)
    await expect(page.locator('[data-id]:focus')).toHaveCount(1)
    expect(harness.cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)

    await openDetails(page, keyboard)
    await removeAndRestore(app, keyboard, harness)
    await openLibrary(page, keyboard)
    await changeSettings(page, keyboard)
    await keyboard.press('?')
    await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
    await keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    expect(harness.cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(4)
    await app.electron.evaluate(({ Menu }) => {
      setImmediate(() => Menu.getApplicationMenu()?.getMenuItemById('quit')?.click())
    })
    expect(await app.ended).toBe(0)
  })
})

async function chooseReviewTeam(page: Page, keyboard: Keyboard): Promise<Locator> {
  const sheet = page.getByRole('dialog', { name: /^Upload/ })
  await expect(sheet.getByRole('button', { name: 'Choose team' })).toBeFocused()
  await keyboard.press('Enter')
  await expect(page.getByRole('menuitemradio', { name: "Alice's Team" })).toBeFocused()
  await keyboard.press('Enter')
  await expect(sheet.getByRole('button', { name: "Alice's Team" })).toBeVisible()
  return sheet
}

/** Chooses a team, removes a file and restores it, and approves the rest. */
async function review(page: Page, keyboard: Keyboard): Promise<void> {
  const sheet = await chooseReviewTeam(page, keyboard)
  const two = sheet.getByRole('row', { name: /^two,/ })
  await keyboard.tabToRows(sheet)
  await keyboard.press('End', 'Enter', 'End')
  await expect(two).toBeFocused()
  await keyboard.press('Delete')
  await expect(two).toHaveCount(0)
  await keyboard.press('Control+z')
  await expect(two).toBeVisible()
  await keyboard.press('Control+Enter')
  await expect(sheet).toHaveCount(0)
  await expect(rowOf(page, 'one')).toContainText('In the library')
  await expect(rowOf(page, 'two')).toContainText('In the library')
}

async function openDetails(page: Page, keyboard: Keyboard): Promise<void> {
  const pane = page.getByRole('complementary', { name: /^Details of (one|two)$/ })
  await keyboard.tabToRows()
  await keyboard.press('Home', 'Enter')
  await expect(pane).toBeVisible()
  await keyboard.press('Escape')
  await expect(pane).toHaveCount(0)
  await expect(page.locator('[data-id]:focus')).toHaveCount(1)
  await keyboard.press('Shift+F10')
  await expect(page.getByRole('menuitem', { name: 'Open details' })).toBeFocused()
  await keyboard.type('show')
  await expect(page.getByRole('menuitem', { name: 'Show in folder' })).toBeFocused()
  await keyboard.press('ArrowDown')
  await expect(page.getByRole('menuitem', { name: 'Show in library' })).toBeFocused()
  await keyboard.press('Enter')
  await expect(pane).toBeVisible()
  await expect.poll(() => page.evaluate(() => document.activeElement !== document.body)).toBe(true)
  await keyboard.pressShortcut('CmdOrCtrl+1')
}

/** Pauses everything, removes an upload that nothing was sent of, restores it and resumes. */
async function removeAndRestore(app: RunningApp, keyboard: Keyboard, harness: EngineHarness): Promise<void> {
  const { page, electron } = app
  const held = harness.cloud.hold('put-object', 1)
  await addReviewed('three')
  await held.arrived
  await keyboard.tabTo(page.getByRole('button', { name: 'Pause all' }))
  await keyboard.press('Enter')
  await addReviewed('zero')
  const zero = rowOf(page, 'zero')
  await keyboard.tabToRows()
  await keyboard.type('zero')
  await expect(zero).toBeFocused()
  await keyboard.press('Delete')
  await expect(zero).toHaveCount(0)
  await expect(page.locator('[data-id]:focus')).toHaveCount(1)
  await keyboard.press('Control+z')
  await expect(zero).toBeVisible()
  await keyboard.tabTo(page.getByRole('button', { name: 'Resume all' }))
  await keyboard.press('Enter')
  held.release()
  await expect(zero).toContainText('In the library')
  await expect(rowOf(page, 'three')).toContainText('In the library')

  async function addReviewed(name: string): Promise<void> {
    await answerPicker(electron, [await harness.file(`models/loras/${name}.safetensors`)])
    await keyboard.pressShortcut('CmdOrCtrl+O')
    // The team chosen in the first review.
    const sheet = page.getByRole('dialog', { name: /^Upload/ })
    await expect(sheet.getByRole('button', { name: "Alice's Team" })).toBeVisible()
    await keyboard.press('Control+Enter')
    await expect(sheet).toHaveCount(0)
    await expect(rowOf(page, name)).toBeVisible()
  }
}

/** The library still shows the team of the model that was shown from the list. */
async function openLibrary(page: Page, keyboard: Keyboard): Promise<void> {
  await keyboard.pressShortcut('CmdOrCtrl+2')
  await expect(page.getByRole('row', { name: /^(one|two),/ })).toHaveCount(2)
  await keyboard.tabToRows()
  await keyboard.press('Enter')
  await expect(page.getByRole('complementary')).toBeVisible()
  await keyboard.press('Escape')
  await expect(page.locator('[data-id]:focus')).toHaveCount(1)
}

async function changeSettings(page: Page, keyboard: Keyboard): Promise<void> {
  await keyboard.pressShortcut('CmdOrCtrl+,')
  const density = page.getByLabel('Row height')
  await keyboard.tabTo(density)
  await keyboard.type('Compact')
  await expect(page.locator('html')).toHaveAttribute('data-density', 'dense')
  await keyboard.tabTo(page.getByRole('button', { name: 'Back to uploads' }))
  await keyboard.press('Enter')
  await expect(rowOf(page, 'one')).toBeVisible()
}
