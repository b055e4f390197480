import type { ElectronApplication, Page } from '@playwright/test'
import type keytarType from 'keytar'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { pageAddress } from '../../../electron/desktop/security/ipc-sender.ts'
import { openPanel } from '../../support/fake-bus.ts'
import { startProxy } from '../../support/network/proxy-server.ts'
import { expect, test } from '../support/fixtures.ts'
import { isSeen } from '../support/main-steps.ts'
import { drag, rowOf, signInByForm } from '../support/page-steps.ts'
import { startWords } from '../support/running-app.ts'

// What decides whether the app works on Electron's runtime at all. `npm run test:electron` runs these tests before
// the others.

/** The number of colours in a picture of the page. */
async function coloursOf(page: Page): Promise<number> {
  const picture = (await page.screenshot()).toString('base64')
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    const bitmap = await createImageBitmap(new Blob([bytes]))
    const { width, height } = bitmap
    const canvas = new OffscreenCanvas(width, height).getContext('2d')
    canvas?.drawImage(bitmap, 0, 0)
    return new Set(new Uint32Array(canvas?.getImageData(0, 0, width, height).data.buffer ?? [])).size
  }, picture)
}

test('shows a window with a painted page', { tag: '@electron' }, async ({ app }) => {
  expect(await isSeen(app.electron)).toBe(true)
  // An empty window has one colour.
  await expect.poll(() => coloursOf(app.page)).toBeGreaterThan(10)
})

test('contacts only the server at the first start', async ({ harness }) => {
  const proxy = await startProxy()
  try {
    const app = await harness.start([`--proxy-server=${proxy.host}`, '--proxy-bypass-list=<-loopback>'])
    await signInByForm(app.page)
    const toServer = proxy.passed.filter((request) => request.includes(` ${harness.cloud.url}/`))
    expect(toServer.length).toBeGreaterThan(0)
    expect(proxy.passed).toEqual(toServer)
  } finally {
    await proxy.close()
  }
})

test('uploads a dropped file', { tag: '@electron' }, async ({ page, harness }) => {
  await drag(page, [await harness.file('loras/dropped.safetensors')])
  await expect(rowOf(page, 'dropped')).toContainText('In the library')
})

test('ends a thread that exceeds its heap, and not the app', { tag: '@electron' }, async ({ app }) => {
  const code = await app.electron.evaluate(() => {
    const { Worker } = process.getBuiltinModule('node:worker_threads')
    const endless = 'const kept = []; for (;;) kept.push(Array.from({ length: 1000 }, Math.random))'
    const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 }
    const worker = new Worker(endless, { eval: true, resourceLimits })
    return new Promise((resolve) =>
      worker.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)),
    )
  })
  expect(code).toBe('ERR_WORKER_OUT_OF_MEMORY')
})

test('stores secrets in the keychain', { tag: '@electron' }, async ({ app }) => {
  const stored = await app.electron.evaluate(async ({ app: inside }) => {
    const { createRequire } = process.getBuiltinModule('node:module')
    const keytar = createRequire(`${inside.getAppPath()}/package.json`)('keytar') as typeof keytarType
    const entry = ['Modelferry test', String(process.pid)] as const
    await keytar.setPassword(...entry, 'secret')
    const found = await keytar.getPassword(...entry)
    return [found, await keytar.deletePassword(...entry)]
  })
  expect(stored).toEqual(['secret', true])
})

test('has SQLite', { tag: '@electron' }, async ({ app }) => {
  const rows = await app.electron.evaluate(() => {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
    return new DatabaseSync(':memory:').prepare('SELECT 1 AS one').all()
  })
  expect(rows).toEqual([{ one: 1 }])
})

test('serves the page from its own scheme as a secure context', { tag: '@electron' }, async ({ app }) => {
  const page = await app.page.evaluate(() => [location.href, isSecureContext])
  expect(page).toEqual([pageAddress, true])
})

/** The process of the page. */
const pageProcess = (electron: ElectronApplication) =>
  electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId())

test('runs the page in the sandbox of the system', { tag: '@electron' }, async ({ app }) => {
  test.skip(process.platform !== 'linux', 'only Linux shows the sandbox in /proc')
  const status = readFileSync(`/proc/${await pageProcess(app.electron)}/status`, 'utf8')
  // proc(5): 2 is a filter of system calls, 0 none.
  const expected = startWords([]).words.includes('--no-sandbox') ? '0' : '2'
  expect(/^Seccomp:\s+(\d)/m.exec(status)?.[1]).toBe(expected)
})

test('registers its icon at the panel', { tag: '@electron' }, async ({ harness }) => {
  test.skip(process.platform !== 'linux', 'other systems have no such bus')
  const monitor = spawn('dbus-monitor', ['--session', "member='RegisterStatusNotifierItem'"])
  let calls = ''
  monitor.stdout.on('data', (piece) => (calls += String(piece)))
  const panel = await openPanel()
  try {
    await harness.start()
    await expect.poll(() => calls).toContain('interface=org.kde.StatusNotifierWatcher')
  } finally {
    panel.end()
    monitor.kill()
  }
})
