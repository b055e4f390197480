import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from '../../support/temp-project.ts'
import { expect, test } from '../support/fixtures.ts'

/** The points of electronjs.org/docs/latest/tutorial/security that other tests prove, with these tests. */
const provenElsewhere: readonly (readonly [point: string, file: string, title: string])[] = [
  ['5. Handle permission requests', 'e2e/desktop/security.spec.ts', 'denies permissions without asking'],
  [
    '7. Define a Content Security Policy',
    'e2e/desktop/security.spec.ts',
    'serves the page with a policy that allows only its own files',
  ],
  ['13. Limit navigation', 'e2e/desktop/security.spec.ts', 'blocks navigation by address, link or form'],
  ['14. Limit new windows', 'e2e/desktop/security.spec.ts', 'blocks new windows'],
  [
    '15. No untrusted content in openExternal',
    'unit/desktop/security/allowed-addresses.test.ts',
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
    '20. No Electron APIs for untrusted content',
    'e2e/desktop/security.spec.ts',
    'exposes only the calls of the contract to the page',
  ],
]

for (const [point, file, title] of provenElsewhere)
  test(`is proven by another test: ${point}`, () => {
    expect(readFileSync(join(projectFolder, 'test', file), 'utf8')).toContain(`'${title}'`)
  })

test('loads the page from its own scheme, not from files or the network (1, 18)', async ({ app }) => {
  const address = await app.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().map(({ webContents }) => webContents.getURL()),
  )
  expect(address).toEqual(['app://ui/'])
})

test('gives the page no Node, its own context and a sandbox, and weakens nothing (2, 3, 4, 6, 8–12)', async ({
  app,
}) => {
  const preferences = await app.electron.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents
    // Not in Electron's type definitions, but in its API since version 4.
    const reader = contents as unknown as { getLastWebPreferences(): Record<string, unknown> }
    const last = reader.getLastWebPreferences()
    const isOn = (name: string) => Boolean(last[name])
    return {
      required: ['sandbox', 'contextIsolation', 'webSecurity'].map(isOn),
      forbidden: [
        ...['nodeIntegration', 'nodeIntegrationInWorker', 'nodeIntegrationInSubFrames', 'webviewTag'],
        ...['allowRunningInsecureContent', 'experimentalFeatures', 'enableBlinkFeatures'],
      ].filter(isOn),
    }
  })
  expect(preferences).toEqual({ required: [true, true, true], forbidden: [] })
  expect(await app.page.evaluate(() => document.createElement('webview').constructor.name)).toBe(
    'HTMLElement',
  )
})
