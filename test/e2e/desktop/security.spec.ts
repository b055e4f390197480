import type { Page, Response } from '@playwright/test'
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { calls } from '../../../electron/contract/calls.ts'
import { expect, test } from '../support/fixtures.ts'
import type { EngineHarness } from '../support/fixtures.ts'
import { written } from '../support/main-steps.ts'
import { signIn } from '../support/page-steps.ts'
import type { RunningApp } from '../support/running-app.ts'

const logOf = ({ home }: EngineHarness) => readFileSync(join(home, 'logs/modelferry.log'), 'utf8')

type Shared = Readonly<{ app: RunningApp; page: Page; harness: EngineHarness }>
const checks: [title: string, run: (shared: Shared) => Promise<void>][] = []

/** Adds a step to the test of what a script in the page can do: one app is enough for all of them. */
const check = (...step: (typeof checks)[number]) => void checks.push(step)

check('blocks navigation by address, link or form', async ({ page, harness }) => {
  const { operations, origin } = harness.cloud
  const here = page.url()
  const before = operations.length
  await page.evaluate((address) => {
    location.href = `${address}/by-address`
  }, origin)
  await expect.poll(() => logOf(harness)).toContain('/by-address')
  await page.evaluate((address) => {
    const link = Object.assign(document.createElement('a'), { href: `${address}/by-link` })
    document.body.append(link)
    link.click()
  }, origin)
  await expect.poll(() => logOf(harness)).toContain('/by-link')
  const refusedBy = await page.evaluate((address) => {
    const refused = new Promise<string>((resolve) =>
      document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective)),
    )
    const form = Object.assign(document.createElement('form'), { action: `${address}/by-form` })
    document.body.append(form)
    form.submit()
    return refused
  }, origin)
  const stillThere = await page.evaluate(() => [location.href, document.querySelector('form') !== null])
  expect([refusedBy, stillThere, operations.slice(before)]).toEqual(['form-action', [here, true], []])
})

check('blocks new windows', async ({ app, page, harness }) => {
  const opened = await page.evaluate(
    (address) => window.open(`${address}/window`) === null,
    harness.cloud.origin,
  )
  expect(opened).toBe(true)
  await expect.poll(() => logOf(harness)).toContain('a new window was denied')
  expect(await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
})

/**
 * Tries every way to reach a server from a script; returns the successful ones and the rules that blocked.
 */
function tryAll(page: Page, address: string): Promise<{ went: string[]; refusedBy: string[] }> {
  return page.evaluate(async (server) => {
    const refusedBy: string[] = []
    document.addEventListener('securitypolicyviolation', (event) => refusedBy.push(event.effectiveDirective))
    const heard = (element: object, good: string) =>
      new Promise((resolve, reject) => Object.assign(element, { [good]: resolve, onerror: reject }))
    const element = (made: HTMLImageElement | HTMLScriptElement) => {
      const loaded = heard(made, 'onload')
      document.head.append(Object.assign(made, { src: `${server}/element` }))
      return loaded
    }
    const proxies: Record<string, () => Promise<unknown>> = {
      fetch: () => fetch(`${server}/fetch`),
      'no-cors': () => fetch(`${server}/no-cors`, { mode: 'no-cors' }),
      image: () => element(new Image()),
      script: () => element(document.createElement('script')),
      events: () => heard(new EventSource(`${server}/events`), 'onopen'),
    }
    const went: string[] = []
    for (const [name, sendRequest] of Object.entries(proxies)) {
      await sendRequest().then(
        () => went.push(name),
        () => undefined,
      )
    }
    return { went, refusedBy }
  }, address)
}

check('the page’s policy blocks every kind of request to a server', async ({ page, harness }) => {
  const { operations, origin } = harness.cloud
  const before = operations.length
  const { went, refusedBy } = await tryAll(page, origin)
  expect(went).toEqual([])
  const [connect, image, script] = ['connect-src', 'img-src', 'script-src-elem']
  expect(refusedBy).toEqual([connect, connect, image, script, connect])
  expect(operations.slice(before)).toEqual([])
})

test('cancels every request of the page even without its policy', async ({ app, page, harness }) => {
  const { operations, origin } = harness.cloud
  const session = await page.context().newCDPSession(page)
  await session.send('Page.setBypassCSP', { enabled: true })
  await reload(app)
  const before = operations.length
  const { went, refusedBy } = await tryAll(page, origin)
  expect([went, refusedBy, operations.slice(before)]).toEqual([[], [], []])
  for (const path of ['fetch', 'no-cors', 'element', 'events']) {
    await expect
      .poll(() => logOf(harness))
      .toMatch(new RegExp(`request of the page was cancelled.*/${path}"`))
  }
})

/** Reloads the page as the main process does after a crash; returns the response for the page itself. */
async function reload({ electron, page }: RunningApp): Promise<Response> {
  const answer = page.waitForResponse((response) => response.request().isNavigationRequest())
  await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.reload())
  const response = await answer
  await page.locator('.window:not(:has(> .blank))').waitFor()
  return response
}

check('denies downloads', async ({ page, harness }) => {
  await page.evaluate(() => {
    const href = URL.createObjectURL(new Blob(['made by a script']))
    Object.assign(document.createElement('a'), { href, download: 'made.txt' }).click()
  })
  await expect.poll(() => logOf(harness)).toMatch(/a download was denied.*blob:/)
})

check('denies permissions without asking', async ({ page }) => {
  const answers = await page.evaluate(async () => ({
    notifications: await Notification.requestPermission(),
    place: await new Promise((resolve) =>
      navigator.geolocation.getCurrentPosition(
        () => resolve('given'),
        () => resolve('denied'),
      ),
    ),
    camera: await navigator.mediaDevices.getUserMedia({ video: true }).then(
      () => 'given',
      () => 'denied',
    ),
  }))
  expect(answers).toEqual({ notifications: 'denied', place: 'denied', camera: 'denied' })
})

check('exposes only the calls of the contract to the page', async ({ page }) => {
  const found = await page.evaluate(() => {
    const bridge = window.modelferry
    if (!bridge) throw new Error('window.modelferry is missing')
    const swap = () => {
      Object.assign(bridge, { quit: () => 'swapped' })
    }
    const works = (act: () => void) => {
      try {
        act()
        return true
      } catch {
        return false
      }
    }
    return {
      names: Object.keys(bridge).sort(),
      frozen: Object.isFrozen(bridge),
      swapped: works(swap),
      listensToOthers: works(() => bridge.on('no-event' as never, () => {})),
      leaked: ['require', 'process', 'module', 'electron', 'ipcRenderer', '__dirname'].filter(
        (name) => name in window,
      ),
    }
  })
  expect(found).toEqual({
    names: [...Object.keys(calls), 'on'].sort(),
    frozen: true,
    swapped: false,
    listensToOthers: false,
    leaked: [],
  })
})

check('listens to no other messages of the page', async ({ app }) => {
  const channels = await app.electron.evaluate(({ ipcMain }) => ipcMain.eventNames())
  // Electron's own listener keeps a message of this name from being thrown.
  expect(channels.filter((name) => name !== 'error')).toEqual([])
})

test('no session downloads dictionaries for a spell checker', { tag: '@host' }, async ({ app }) => {
  await app.electron.evaluate(({ session }) => {
    session.fromPartition('electron-updater', { cache: false })
  })
  expect(await written(app.electron, 'dictionaries-downloaded')).toEqual([])
})

check('rejects a call with wrong arguments and changes nothing', async ({ page, harness }) => {
  const answers = await page.evaluate(async () => {
    const bridge = window.testBridge as unknown as Record<string, (args?: unknown) => Promise<unknown>>
    return [
      await bridge['pause']?.({ ids: 'all of them' }),
      await bridge['editTarget']?.({ id: 'x', change: { path: '/etc/passwd' } }),
      await bridge['changeSettings']?.({ atOnce: 99 }),
      await bridge['openPage']?.({ page: 'https://example.com' }),
      await bridge['pauseAll']?.({ extra: true }),
    ]
  })
  const refused = { ok: false, failure: expect.objectContaining({ code: 'bad-call' }) }
  expect(answers).toEqual(answers.map(() => refused))
  expect(logOf(harness)).not.toContain('all of them')
})

check('does not accept a path from a script as a file', async ({ page, harness }) => {
  const path = await harness.file('loras/secret.safetensors')
  const answers = await page.evaluate(async (named) => {
    const bridge = window.testBridge as unknown as Record<string, (args?: unknown) => Promise<unknown>>
    return [await bridge['addFiles']?.({ paths: [named] }), await bridge['addFiles']?.({ files: [named] })]
  }, path)
  expect(answers).toEqual([
    { ok: true, value: { added: 0, refused: 0, skipped: [] } },
    { ok: true, value: expect.objectContaining({ added: 0, refused: 1, skipped: [] }) },
  ])
  expect(harness.cloud.operations.map(({ name }) => name)).not.toContain('presignModel')
})

check('serves the page with a policy that allows only its own files', async ({ app, page }) => {
  const policy = (await (await reload(app)).headerValue('content-security-policy')) ?? ''
  const rules = Object.fromEntries(policy.split('; ').map((rule) => rule.split(/ (.*)/s)))
  expect(rules).toMatchObject({
    'default-src': "'none'",
    'script-src': "'self'",
    'connect-src': "'none'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
  })
  const ran = await page.evaluate(() => {
    const script = Object.assign(document.createElement('script'), { textContent: 'window.ran = true' })
    document.head.append(script)
    return 'ran' in window
  })
  expect(ran).toBe(false)
})

check('positions a menu without violating the policy', async ({ page }) => {
  await signIn(page)
  const violations = page.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        const refusedBy: string[] = []
        document.addEventListener('securitypolicyviolation', (event) =>
          refusedBy.push(event.effectiveDirective),
        )
        document.addEventListener('violations-asked', () => resolve(refusedBy), { once: true })
      }),
  )
  const teamButton = page.locator('[aria-haspopup=menu]').first()
  await teamButton.click()
  const menu = await page.getByRole('menu').boundingBox()
  const button = await teamButton.boundingBox()
  expect(menu?.x).toBeCloseTo(button?.x ?? NaN, 0)
  expect(menu?.y).toBeCloseTo((button?.y ?? NaN) + (button?.height ?? NaN) + 4, 0)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('menu')).toBeHidden()
  await page.evaluate(() => document.dispatchEvent(new Event('violations-asked')))
  expect(await violations).toEqual([])
})

test('gives other users no access to the data folder', async ({ harness }) => {
  test.skip(process.platform === 'win32', 'Windows has no permission bits')
  chmodSync(harness.home, 0o755)
  chmodSync(join(harness.home, 'settings.json'), 0o644)
  const { page } = await harness.start()
  await page.evaluate(() => window.modelferry?.changeSettings({ dense: true }))
  const names = readdirSync(harness.home).filter((name) => /^(?:journal|settings|window)/.test(name))
  expect(names).toEqual(expect.arrayContaining(['journal.sqlite', 'journal.sqlite-wal', 'settings.json']))
  const paths = [...names, 'logs/modelferry.log'].map((name) => join(harness.home, name))
  expect(paths.filter((path) => (statSync(path).mode & 0o777) !== 0o600)).toEqual([])
  const folders = [harness.home, join(harness.home, 'browser'), join(harness.home, 'logs')]
  expect(folders.filter((path) => (statSync(path).mode & 0o777) !== 0o700)).toEqual([])
})

test('a script in the page reaches nothing but the calls of the contract', async ({ app, page, harness }) => {
  for (const [title, run] of checks) await test.step(title, () => run({ app, page, harness }))
})
