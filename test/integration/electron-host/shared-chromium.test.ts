import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { createWorkerChromium } from '../../electron-host/shared-chromium.ts'
import { switches } from '../../e2e/support/running-app.ts'
import { launchHostApp } from '../../support/host-app.ts'
import { findHeadlessChromium } from '../../support/runner/chromium.ts'
import { runtimeArguments } from '../../support/runner/electron-runtime.ts'

const hostSwitches = [...runtimeArguments(), ...switches]

/** A Chromium for apps with the switches of e2e tests. */
async function openSharedChromium() {
  const chromium = createWorkerChromium(switches, {
    ...process.env,
    ELECTRON_HOST_CHROMIUM: findHeadlessChromium() ?? '',
  })
  onTestFinished(() => chromium.end())
  const shared = await chromium.open()
  const listUrl = new URL('/json/list', shared.url.replace(/^ws:/, 'http:'))
  return {
    chromium,
    shared,
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

test('opening it again returns the same Chromium, and its output is kept', async () => {
  const { chromium, shared } = await openSharedChromium()
  expect(await chromium.open()).toEqual(shared)
  expect(await chromium.output()).toContain(shared.url)
})

test('a killed app loses its window, and the next one starts with an empty storage', async () => {
  const { environment, pageCount } = await openSharedChromium()
  const first = await launchHostApp({ environment, switches: hostSwitches })
  onTestFinished(() => rmSync(first.home, { recursive: true, force: true }))
  await first.page.evaluate(() => localStorage.setItem('left', 'here'))
  expect(await pageCount()).toBe(1)
  const process = first.app.process()
  const ended = once(process, 'exit')
  process.kill('SIGKILL')
  await ended
  const second = await launchHostApp({ environment, switches: hostSwitches })
  onTestFinished(() => second.end())
  expect(await second.page.evaluate(() => localStorage.getItem('left'))).toBeNull()
  expect(await pageCount()).toBe(1)
  expect(second.app.windows()).toHaveLength(1)
})

test('an app with switches of its own starts a Chromium with them', async () => {
  const { environment, pageCount } = await openSharedChromium()
  const app = await launchHostApp({
    environment,
    switches: [...hostSwitches, '--force-device-scale-factor=2'],
  })
  onTestFinished(() => app.end())
  expect(await app.page.evaluate(() => devicePixelRatio)).toBe(2)
  expect(await pageCount()).toBe(0)
})
