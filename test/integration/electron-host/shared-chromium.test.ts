import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import type { SharedChromium } from '../../electron-host/browser.ts'
import { sandboxSwitches } from '../../electron-host/sandbox.ts'
import { createWorkerChromium } from '../../electron-host/shared-chromium.ts'
import { switches } from '../../e2e/support/running-app.ts'
import { electronHost, launchHostApp } from '../../support/host-app.ts'
import { findHeadlessChromium } from '../../support/runner/chromium.ts'

const hostSwitches = [...sandboxSwitches(), ...switches]

const listUrlOf = ({ url }: SharedChromium) => new URL('/json/list', url.replace(/^ws:/, 'http:'))

/** A Chromium for apps with the switches of e2e tests. */
async function openSharedChromium() {
  const chromium = createWorkerChromium(switches, {
    ...process.env,
    ELECTRON_HOST_CHROMIUM: findHeadlessChromium() ?? '',
  })
  onTestFinished(() => chromium.end())
  const shared = await chromium.open()
  return {
    chromium,
    shared,
    environment: { ELECTRON_HOST_BROWSER: JSON.stringify(shared) },
    async pageCount() {
      const targets = (await (await fetch(listUrlOf(shared))).json()) as {
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

test('opening it after it has ended starts another one, and the output of both is kept', async () => {
  const { chromium, shared } = await openSharedChromium()
  const debuggerSocket = new WebSocket(shared.url)
  await once(debuggerSocket, 'open')
  debuggerSocket.send(JSON.stringify({ id: 1, method: 'Browser.close' }))
  await expect.poll(() => chromium.output()).toContain('[Chromium ended: 0]')
  const next = await chromium.open()
  expect(next.url).not.toBe(shared.url)
  expect((await fetch(listUrlOf(next))).status).toBe(200)
  expect(await chromium.output()).toContain(`[Chromium ended: 0]\n`)
  expect(await chromium.output()).toContain(next.url)
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

test('an app that cannot reach it prints why and fails, even if it logs its uncaught exceptions', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-host-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', main: 'main.mjs' }))
  writeFileSync(join(folder, 'main.mjs'), `process.on('uncaughtException', () => {})`)
  const nobody = { url: 'ws://127.0.0.1:9/devtools/browser/1', switches: [] }
  const started = promisify(execFile)(electronHost, [folder], {
    env: { ...process.env, ELECTRON_HOST_BROWSER: JSON.stringify(nobody) },
  })
  await expect(started).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('ECONNREFUSED') })
})
