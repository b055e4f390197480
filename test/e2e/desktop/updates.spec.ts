import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pauseLimitMs } from '../../../electron/queue/queue.ts'
import {
  newSigningKey,
  publicKeyOf,
  startUpdateFeed,
  type Release,
  type UpdateFeed,
} from '../../support/update-feed.ts'
import { findRuntime } from '../../support/runner/electron-runtime.ts'
import { expect, test as base, type EngineHarness } from '../support/fixtures.ts'
import { quit, skipTimers } from '../support/main-steps.ts'
import { drag, rowOf, signIn, underWayText } from '../support/page-steps.ts'

interface Place {
  readonly feed: UpdateFeed
  readonly program: string
  readonly started: string
  readonly release: (change?: Partial<Release>) => Release
}

const test = base.extend<{ place: Place }>({
  // Makes the app an AppImage: a script of two lines replaces the real one.
  async place({ harness }, use) {
    const feed = await startUpdateFeed()
    const key = newSigningKey()
    const program = join(harness.folder, 'Modelferry.AppImage')
    const started = join(harness.folder, 'started')
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 })
    Object.assign(harness.environment, {
      APPIMAGE: program,
      APPDIR: dirname(findRuntime().executable),
      MODELFERRY_UPDATE_FEED: feed.url,
      MODELFERRY_UPDATE_KEYS: publicKeyOf(key),
      XDG_CACHE_HOME: join(harness.folder, 'cache'),
    })
    const content = Buffer.from(`#!/bin/sh\necho new > '${started}'\n`)
    await use({
      feed,
      program,
      started,
      release: (change = {}) => ({ version: '99.0.0', content, key, ...change }),
    })
    await feed.close()
  },
})

async function startUpdatable(harness: EngineHarness) {
  const app = await harness.start()
  await signIn(app.page)
  await app.page.evaluate(() => window.modelferry?.checkForUpdate())
  return app
}

test.describe('an AppImage', { tag: '@host' }, () => {
  test('installs a newer version during an upload, and continues the upload afterwards', async ({
    harness,
    place,
  }) => {
    place.feed.publish(place.release())
    const { page, electron, ended } = await startUpdatable(harness)
    const held = harness.cloud.hold('put-object', 1)
    await drag(page, [await harness.file('loras/under way.safetensors')])
    await held.arrived
    await expect(page.getByText('Modelferry 99.0.0 is ready to install.', { exact: false })).toBeVisible()
    await skipTimers(electron, pauseLimitMs)
    await page.getByRole('button', { name: 'Restart to update' }).click()
    expect(await ended).toBe(0)
    held.release()
    expect(readFileSync(place.program, 'utf8')).toContain('echo new')
    await expect.poll(() => existsSync(place.started)).toBe(true)

    const next = await harness.start()
    await expect(rowOf(next.page, 'under way')).toContainText('In the library')
    // This start is still the old version, so the update failed and the app reports it.
    await expect(next.page.getByText('The update couldn’t be installed', { exact: false })).toBeVisible()
  })

  test('exits after an update although its window does not close', async ({ harness, place }) => {
    place.feed.publish(place.release())
    const { page, electron, ended } = await startUpdatable(harness)
    await electron.evaluate(({ BrowserWindow }) => {
      for (const window of BrowserWindow.getAllWindows()) window.close = () => undefined
    })
    await page.getByRole('button', { name: 'Restart to update' }).click()
    expect(await ended).toBe(0)
    expect(readFileSync(place.program, 'utf8')).toContain('echo new')
  })

  test('is replaced on quit if the user wants that', async ({ harness, place }) => {
    place.feed.publish(place.release())
    const first = await startUpdatable(harness)
    await first.page.evaluate(() => window.modelferry?.changeSettings({ updateOnQuit: true }))
    await expect(first.page.getByText('is ready to install', { exact: false })).toBeVisible()
    await quit(first.electron)
    expect(await first.ended).toBe(0)
    expect(readFileSync(place.program, 'utf8')).toContain('echo new')
  })

  test('explains what to do when its folder is read-only, and keeps running', async ({ harness, place }) => {
    // No user can create a file there, not even root.
    Object.assign(harness.environment, { APPIMAGE: '/sys/Modelferry.AppImage' })
    place.feed.publish(place.release())
    const { page } = await startUpdatable(harness)
    const held = harness.cloud.hold('put-object', 1)
    await drag(page, [await harness.file('loras/under way.safetensors')])
    await held.arrived
    await page.getByRole('button', { name: 'Restart to update' }).click()
    await expect(
      page.getByText('Move Modelferry to a folder that you can write to', { exact: false }),
    ).toBeVisible()
    await expect(rowOf(page, 'under way')).toContainText(underWayText)
    held.release()
    await expect(rowOf(page, 'under way')).toContainText('In the library')
    // A second check offers the update but doesn’t install it automatically.
    await page.evaluate(() => window.modelferry?.checkForUpdate())
    await expect(page.getByText('Modelferry 99.0.0 is available.')).toBeVisible()
  })
})
