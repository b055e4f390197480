import type { ElectronApplication } from '@playwright/test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '../support/fixtures.ts'

const crashPage = (electron: ElectronApplication) =>
  electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
  )
const isPageCrashed = (electron: ElectronApplication) =>
  electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.isCrashed())

test('opening the window reloads a page that crashed twice', async ({ app, harness }) => {
  async function pageState() {
    const log = readFileSync(join(harness.home, 'logs/modelferry.log'), 'utf8')
    const crashes = log.match(/the page process ended unexpectedly/g)?.length
    return { crashes, isCrashed: await isPageCrashed(app.electron) }
  }
  await crashPage(app.electron)
  await expect.poll(pageState).toEqual({ crashes: 1, isCrashed: false })
  await crashPage(app.electron)
  await expect.poll(pageState).toEqual({ crashes: 2, isCrashed: true })
  await app.electron.evaluate(({ app: inside }) => inside.emit('activate'))
  await expect.poll(pageState).toEqual({ crashes: 2, isCrashed: false })
})
