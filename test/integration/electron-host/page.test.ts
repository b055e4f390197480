import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { launchHostApp } from '../../support/host-app.ts'
import type { HostApp } from '../../support/host-app.ts'

// What the host must do and must reject, on an app of its own, so that specs of the real app can rely on it.

let host: HostApp
beforeAll(async () => {
  host = await launchHostApp()
})
afterAll(() => host.end())

test('the CSP of the app’s protocol blocks inline scripts and fetch', async () => {
  expect(await host.page.evaluate(() => document.documentElement.dataset['inline'])).toBeUndefined()
  expect(await host.page.evaluate(() => fetch('/x').then(String, String))).toContain('Failed to fetch')
  expect(await host.inMain('win.webContents.getURL()')).toBe('app://ui/index.html')
})

test('webRequest cancels requests that the CSP allows', async () => {
  const load = (address: string) =>
    host.page.evaluate(
      (source) =>
        new Promise<void>((done) => {
          const image = new Image()
          image.onerror = () => done()
          image.src = source
        }),
      address,
    )
  await load('https://127.0.0.1:9/out.png')
  await load('/forbidden.png')
  await load('/allowed.png')
  const cancelled =
    'globalThis.__electronHost.events.filter((e) => e.kind === "request-cancelled").map((e) => e.url)'
  expect(await host.inMain(cancelled)).toEqual(['https://127.0.0.1:9/out.png', 'app://ui/forbidden.png'])
  expect(await host.inMain('globalThis.served')).toEqual(['app://ui/index.html', 'app://ui/allowed.png'])
})

test('navigation and new windows are denied', async () => {
  expect(await host.page.evaluate(() => window.open('https://example.com/'))).toBeNull()
  await host.page.evaluate(() => {
    document.body.insertAdjacentHTML('beforeend', '<a href="https://example.com/" target="_blank">out</a>')
  })
  await host.page.getByRole('link', { name: 'out' }).click()
  const denied =
    'globalThis.__electronHost.events.filter((e) => e.kind === "window-open").map((e) => e.action)'
  await expect.poll(() => host.inMain(denied)).toEqual(['deny', 'deny'])
  // Chromium opens a denied window before the host closes it.
  await expect.poll(() => host.app.windows()).toHaveLength(1)
})

test('a permission denied by the app is denied in the page', async () => {
  const state = await host.page.evaluate(() =>
    navigator.permissions.query({ name: 'geolocation' }).then((p) => p.state),
  )
  expect([state, await host.page.evaluate(() => Notification.permission)]).toEqual(['denied', 'denied'])
})

test('nativeTheme.themeSource sets prefers-color-scheme', async () => {
  const isDark = () => host.page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)
  expect(
    await host.inMain(
      '(electron.nativeTheme.themeSource = "dark", electron.nativeTheme.shouldUseDarkColors)',
    ),
  ).toBe(true)
  await expect.poll(isDark).toBe(true)
  await host.inMain('(electron.nativeTheme.themeSource = "light")')
  await expect.poll(isDark).toBe(false)
})

test('the zoom factor changes the page’s size', async () => {
  await host.inMain('win.webContents.setZoomFactor(2)')
  await expect.poll(() => host.page.evaluate(() => [devicePixelRatio, innerWidth])).toEqual([2, 350])
  await host.inMain('win.webContents.setZoomFactor(1)')
  await expect.poll(() => host.page.evaluate(() => innerWidth)).toBe(700)
})

/** The path in the preload of a file that was set in the page's input. */
async function pathOfInput({ page }: HostApp, file: string): Promise<string> {
  const input = page.locator('input')
  await input.setInputFiles(file)
  return input.evaluate((one: HTMLInputElement) => window.host.pathOf(one.files?.[0]))
}

test('a file whose name is not ASCII has a path without a locale too', async () => {
  const other = await launchHostApp({ environment: { LANG: '', LC_ALL: '', LC_CTYPE: '' } })
  onTestFinished(() => other.end())
  const file = join(other.home, 'a modèle.safetensors')
  writeFileSync(file, 'x')
  expect(await pathOfInput(other, file)).toBe(file)
})

test('a real file has a path in the preload, a scripted one has none', async () => {
  const file = join(host.home, 'a modèle.safetensors')
  writeFileSync(file, 'x')
  expect(await pathOfInput(host, file)).toBe(file)
  expect(await host.page.evaluate(() => window.host.pathOf(new File(['x'], 'x')))).toBe('')
  const refused = host.page.evaluate(() => window.host.pathOf({}))
  await expect(refused).rejects.toThrow("not of type 'File'")
})

test('the page has the bridge but no globals of the preload', async () => {
  const seen = await host.page.evaluate(() => ({
    globals: ['secretOfThePreload', 'require', 'process', 'ipcRenderer'].filter((name) => name in window),
    frozen: Object.isFrozen(window.host),
  }))
  expect(seen).toEqual({ globals: [], frozen: true })
})

test('IPC keeps types and error messages and rejects functions', async () => {
  const kept = await host.page.evaluate(async () => {
    const sent = {
      d: new Date(5),
      m: new Map([[1, new Set(['a'])]]),
      u: undefined,
      b: new Uint8Array([1, 2]),
      n: -0,
      i: 10n,
    }
    const got = (await window.host.echo(sent)) as typeof sent
    return [
      got.d.getTime(),
      got.m.get(1)?.has('a'),
      'u' in got,
      [...got.b],
      Object.is(got.n, -0),
      got.i === 10n,
    ]
  })
  expect(kept).toEqual([5, true, true, [1, 2], true, true])
  expect(await host.page.evaluate(() => window.host.echo({ f() {} }).catch(String))).toContain(
    'could not be cloned',
  )
  expect(await host.page.evaluate(() => window.host.fail().catch(String))).toBe(
    "Error: Error invoking remote method 'fail': RangeError: no luck",
  )
  expect(await host.page.evaluate(() => window.host.syncEcho([1, 'two']))).toEqual([1, 'two'])
})

test('main gets the sender’s frame with its address and origin', async () => {
  const asker = await host.page.evaluate(() => window.host.whoAsks())
  expect(asker).toEqual({ sameFrame: true, url: 'app://ui/index.html', origin: 'app://ui' })
})

test('main sends events to the page', async () => {
  await host.page.evaluate(() => window.host.onReceived((value) => (window.received = value)))
  await host.inMain(`win.webContents.send('received', { n: 1n })`)
  await expect
    .poll(() => host.page.evaluate(() => String((window.received as { n: bigint } | undefined)?.n)))
    .toBe('1')
})

test('an event sent during sendSync reaches the page afterwards', async () => {
  await host.page.evaluate(() => window.host.onReceived((value) => (window.received = value)))
  await host.inMain(
    'void electron.ipcMain.once("sync-echo", ({ sender }) => sender.send("received", "while it waited"))',
  )
  expect(await host.page.evaluate(() => window.host.syncEcho('answer'))).toBe('answer')
  await expect.poll(() => host.page.evaluate(() => window.received)).toBe('while it waited')
})
