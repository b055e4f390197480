import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  newSigningKey,
  publicKeyOf,
  startUpdateFeed,
  type Release,
  type UpdateFeed,
} from '../support/update-feed.ts'
import { expect, test as base, type World } from './fixtures.ts'
import { ask, drag, rowOf, signIn, underWayText } from './page-steps.ts'

interface Place {
  readonly feed: UpdateFeed
  readonly program: string
  readonly started: string
  readonly release: (change?: Partial<Release>) => Release
}

const test = base.extend<{ place: Place }>({
  // The app is told that it is an AppImage: a program of two lines stands for it.
  async place({ world }, use) {
    const feed = await startUpdateFeed()
    const key = newSigningKey()
    const program = join(world.folder, 'Modelferry.AppImage')
    const started = join(world.folder, 'started')
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 })
    Object.assign(world.environment, {
      APPIMAGE: program,
      MODELFERRY_UPDATE_FEED: feed.url,
      MODELFERRY_UPDATE_KEYS: publicKeyOf(key),
      XDG_CACHE_HOME: join(world.folder, 'cache'),
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

async function look(world: World) {
  const app = await world.start()
  await signIn(app.page)
  await app.page.evaluate(() => window.modelferry?.checkForUpdate())
  return app
}

test.describe('an AppImage', { tag: '@host' }, () => {
  test('takes a newer version in, with an upload under way, and the upload goes on afterwards', async ({
    world,
    place,
  }) => {
    place.feed.publish(place.release())
    const { page, ended } = await look(world)
    const held = world.cloud.hold('put-object', 1)
    await drag(page, [await world.file('loras/under way.safetensors')])
    await held.arrived
    await expect(page.getByText('Modelferry 99.0.0 is ready to install.', { exact: false })).toBeVisible()
    await page.getByRole('button', { name: 'Restart to update' }).click()
    expect(await ended).toBe(0)
    held.release()
    expect(readFileSync(place.program, 'utf8')).toContain('echo new')
    await expect.poll(() => existsSync(place.started)).toBe(true)

    const next = await world.start()
    await expect(rowOf(next.page, 'under way')).toContainText('In the library')
    // This start is still the old version, so the update did not take its place, and it says so.
    await expect(next.page.getByText('The update couldn’t be installed', { exact: false })).toBeVisible()
  })

  test('in a folder that may not be written to stops nothing, and says what to do', async ({
    world,
    place,
  }) => {
    // Nobody may make a file there, not even the administrator.
    Object.assign(world.environment, { APPIMAGE: '/sys/Modelferry.AppImage' })
    place.feed.publish(place.release())
    const { page } = await look(world)
    const held = world.cloud.hold('put-object', 1)
    await drag(page, [await world.file('loras/under way.safetensors')])
    await held.arrived
    await page.getByRole('button', { name: 'Restart to update' }).click()
    await expect(
      page.getByText('Move Modelferry to a folder that you can write to', { exact: false }),
    ).toBeVisible()
    await expect(rowOf(page, 'under way')).toContainText(underWayText)
    held.release()
    await expect(rowOf(page, 'under way')).toContainText('In the library')
    // Looked for again it is offered, and no longer taken by itself.
    await page.evaluate(() => window.modelferry?.checkForUpdate())
    await expect(page.getByText('Modelferry 99.0.0 is available.')).toBeVisible()
  })

  test('takes nothing that the makers have not signed, and says so', async ({ world, place }) => {
    place.feed.publish(place.release({ key: newSigningKey() }))
    const { page } = await look(world)
    const refused = { kind: 'failed', failure: { code: 'update-unsigned' } }
    await expect.poll(() => ask(page, 'update')).toMatchObject(refused)
    expect(place.feed.asked.filter((name) => name.endsWith('.AppImage'))).toEqual([])
    await page.evaluate(() => window.modelferry?.changeSettings({ updates: 'ask' }))
    place.feed.publish(place.release())
    await page.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name: 'Settings' }).click()
    const card = page.getByRole('region', { name: 'Updates' })
    await expect(card).toContainText('isn’t signed by Modelferry')
    await card.getByRole('button', { name: 'Try again' }).click()
    await expect(card).toContainText('Modelferry 99.0.0 is available.')
  })
})

test('an app that runs from its source says that there is nothing to update', async ({ app }) => {
  expect(await ask(app.page, 'update')).toEqual({ kind: 'off', why: 'development' })
  expect(await ask(app.page, 'thirdPartyNotices')).toContain('electron-updater')
})
