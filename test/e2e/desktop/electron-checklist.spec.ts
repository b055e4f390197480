import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { projectFolder } from '../../support/temp-project.ts'
import { expect, test } from '../support/fixtures.ts'

/**
 * The points of electronjs.org/docs/latest/tutorial/security that other tests prove, with these tests.
 * test/unit/desktop/security/electron-checklist.test.ts finds violations of most points in the sources.
 */
const provenElsewhere: readonly (readonly [point: string, file: string, title: string])[] = [
  ['5. Handle permission requests', 'e2e/desktop/security.spec.ts', 'denies permissions without asking'],
  [
    '7. Define a Content Security Policy',
    'e2e/desktop/security.spec.ts',
    'serves the page with a policy that allows only its own files',
  ],
  [
    '1. Only load secure content',
    'e2e/desktop/security.spec.ts',
    'cancels every request of the page even without its policy',
  ],
  [
    '11, 12. Web views',
    'unit/desktop/security/electron-checklist.test.ts',
    'the sources violate no point of Electron’s checklist',
  ],
  ['13. Limit navigation', 'e2e/desktop/security.spec.ts', 'blocks navigation by address, link or form'],
  ['14. Limit new windows', 'e2e/desktop/security.spec.ts', 'blocks new windows'],
  [
    '15. No untrusted content in openExternal',
    'unit/desktop/security/browser-addresses.test.ts',
    'every known page is allowed',
  ],
  [
    '16. A current version of Electron',
    'integration/workflows.test.ts',
    'proposes new versions of Electron every day, without delay',
  ],
  [
    '17. Validate the sender of all IPC messages',
    'unit/desktop/security/ipc-sender.test.ts',
    'is accepted for the main frame of our window on our page',
  ],
  ['19. Change fuses', 'integration/packaging.test.ts', 'sets the Electron fuses'],
  [
    '19. Decide about each fuse',
    'unit/desktop/security/electron-checklist.test.ts',
    'each fuse that Electron has is set, or has a reason for its default (19)',
  ],
  [
    '20. No Electron APIs for untrusted content',
    'e2e/desktop/security.spec.ts',
    'exposes only the calls of the contract to the page',
  ],
]

test('has another test for each other point', () => {
  for (const [point, file, title] of provenElsewhere)
    expect(readFileSync(join(projectFolder, 'test', file), 'utf8'), point).toContain(`'${title}'`)
})

test('loads the page from its own scheme, without Node and in a sandbox, and weakens nothing (1–4, 6, 8–12, 18)', async ({
  app,
}) => {
  const preferences = await app.electron.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents
    // Not in Electron's type definitions, but in its API since version 4.
    const reader = contents as unknown as { getLastWebPreferences(): Record<string, unknown> }
    const last = reader.getLastWebPreferences()
    const isOn = (name: string) => Boolean(last[name])
    return {
      address: contents?.getURL(),
      required: ['sandbox', 'contextIsolation', 'webSecurity'].map(isOn),
      forbidden: [
        ...['nodeIntegration', 'nodeIntegrationInWorker', 'nodeIntegrationInSubFrames', 'webviewTag'],
        ...['allowRunningInsecureContent', 'experimentalFeatures', 'enableBlinkFeatures'],
      ].filter(isOn),
    }
  })
  expect(preferences).toEqual({ address: 'app://ui/', required: [true, true, true], forbidden: [] })
  // An element without behaviour: Chromium's headless shell does not even have the name.
  expect(await app.page.evaluate(() => document.createElement('webview').constructor.name)).toMatch(
    /^HTML(Unknown)?Element$/,
  )
})

const builtFile = (path: string) => readFileSync(join(projectFolder, 'out', path), 'utf8')

test('builds a page without foreign addresses, inline scripts and evaluated code (1, 7)', () => {
  const html = builtFile('renderer/index.html')
  const addresses = [...html.matchAll(/\b(?:src|href)="([^"]*)"/g)].map((found) => found[1] ?? '')
  expect(addresses.length).toBeGreaterThan(1)
  expect(addresses.filter((address) => !address.startsWith('./assets/'))).toEqual([])
  expect(html).not.toMatch(/<style|<base|\son\w+=|\sstyle=|<script(?![^>]*\ssrc=)/)
  const scripts = globSync('renderer/**/*.js', { cwd: join(projectFolder, 'out') })
  expect(scripts.length).toBeGreaterThan(3)
  const evaluating = scripts.filter((path) => evaluatesCode(builtFile(path)))
  expect(evaluating).toEqual([])
  expect(evaluatesCode('const a = Function("return 1")')).toBe(true)
  expect(evaluatesCode('globalThis.eval("1")')).toBe(true)
})

/** Whether a program calls `eval` or `Function`. */
function evaluatesCode(text: string): boolean {
  let found = false
  const search = (node: ts.Node): void => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const { expression } = node
      const name = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText()
      if (name === 'eval' || name === 'Function') found = true
    }
    node.forEachChild(search)
  }
  search(ts.createSourceFile('a.js', text, ts.ScriptTarget.Latest, true))
  return found
}

test('builds a preload that requires nothing but Electron (4, 20)', () => {
  const required = [...builtFile('preload/preload.cjs').matchAll(/\brequire\(([^)]*)\)/g)]
  expect(required.map((found) => found[1])).toEqual(['"electron"'])
})

test('answers no call of another window with our page and preload (17)', async ({ app, harness }) => {
  const answer = await app.electron.evaluate(
    async ({ BrowserWindow }, preload) => {
      const other = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } })
      await other.loadURL('app://ui/')
      const text = (await other.webContents.executeJavaScript('window.modelferry.settings()')) as string
      other.destroy()
      return text
    },
    join(projectFolder, 'out/preload/preload.cjs'),
  )
  expect(JSON.parse(answer)).toMatchObject({ ok: false, failure: { code: 'bad-call' } })
  const log = readFileSync(join(harness.home, 'logs/modelferry.log'), 'utf8')
  expect(log).toMatch(/a call from an unknown sender was rejected.*another window/)
})
