import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { startChromium } from '../../electron-host/chromium.ts'
import type { SharedChromium } from '../../electron-host/browser.ts'
import { launchHostApp } from '../../support/host-app.ts'
import { findHeadlessChromium } from '../../support/runner/chromium.ts'

/** A Chromium for apps without switches of their own. */
async function openSharedChromium() {
  const chromium = await startChromium([], {
    ...process.env,
    ELECTRON_HOST_CHROMIUM: findHeadlessChromium() ?? '',
  })
  onTestFinished(() => chromium.end())
  const shared: SharedChromium = { url: chromium.url, switches: [] }
  const listUrl = new URL('/json/list', chromium.url.replace(/^ws:/, 'http:'))
  return {
    environment: { ELECTRON_HOST_BROWSER: JSON.stringify(shared) },
    async pageCount() {
      const targets = (await (await fetch(listUrl)).json()) as {
        readonly type: string
        readonly url: string
      }[]
      // Chromium may have pages of its own.
      return targets.filter(({ type, url }) => type === 'page' && !url.startsWith('chrome:')).length
    },
  }
}

test('a killed app loses its window, and the next one starts with an empty storage', async () => {
  const { environment, pageCount } = await openSharedChromium()
  const first = await launchHostApp({ environment })
  await first.page.evaluate(() => localStorage.setItem('left', 'here'))
  expect(await pageCount()).toBe(1)
  const process = first.app.process()
  const ended = once(process, 'exit')
  process.kill('SIGKILL')
  await ended
  const second = await launchHostApp({ environment })
  onTestFinished(() => second.end())
  expect(await second.page.evaluate(() => localStorage.getItem('left'))).toBeNull()
  expect(await pageCount()).toBe(1)
  expect(second.app.windows()).toHaveLength(1)
})

test('an app with switches of its own starts a Chromium with them', async () => {
  const { environment, pageCount } = await openSharedChromium()
  const app = await launchHostApp({ environment, switches: ['--force-device-scale-factor=2'] })
  onTestFinished(() => app.end())
  expect(await app.page.evaluate(() => devicePixelRatio)).toBe(2)
  expect(await pageCount()).toBe(0)
})
