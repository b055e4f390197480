import type { ElectronApplication } from '@playwright/test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '../support/fixtures.ts'
import { clickMenu } from '../support/main-steps.ts'

const crashPage = (electron: ElectronApplication) =>
  electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
  )
const isPageCrashed = (electron: ElectronApplication) =>
  electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.isCrashed())
/** Playwright can't use the page of a crashed process again. */
const headings = (electron: ElectronApplication) =>
  electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(
      "[...document.querySelectorAll('h1, h2')].map(({ textContent }) => textContent)",
    ),
  )

test('opening the window at a view reloads a page that crashed twice', async ({ app, harness }) => {
  async function pageState() {
    const log = readFileSync(join(harness.home, 'logs/modelferry.log'), 'utf8')
    const crashes = log.match(/the page process ended unexpectedly/g)?.length
    return { crashes, isCrashed: await isPageCrashed(app.electron) }
  }
  await crashPage(app.electron)
  await expect.poll(pageState).toEqual({ crashes: 1, isCrashed: false })
  await expect.poll(() => headings(app.electron)).not.toEqual([])
  await crashPage(app.electron)
  await expect.poll(pageState).toEqual({ crashes: 2, isCrashed: true })
  await clickMenu(app.electron, 'show-settings')
  await expect.poll(pageState).toEqual({ crashes: 2, isCrashed: false })
  await expect.poll(() => headings(app.electron)).toContain('Settings')
})
