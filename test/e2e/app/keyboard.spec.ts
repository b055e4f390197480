import type { ElectronApplication, Locator, Page } from '@playwright/test'
import { ALICE } from '../../cloud/accounts.ts'
import { expect, test } from '../support/fixtures.ts'
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
      item?.click()
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
