import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { registerAppScheme, setupAppProtocol } from '../../../electron/desktop/security/app-protocol.ts'
import { host } from '../../electron-host/state.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

/** A page with one file, as the app serves it. */
function setup() {
  const root = mkdtempSync(join(tmpdir(), 'modelferry-page-'))
  onTestFinished(() => {
    host.protocols.delete('app')
    host.schemes.delete('app')
    rmSync(root, { recursive: true })
  })
  writeFileSync(join(root, 'index.html'), '<p>the page</p>')
  const { log, lines } = createTestEnvironment(standingClock())
  registerAppScheme()
  host.ready = true
  setupAppProtocol(root, log)
  host.ready = false
  async function request(url: string, method = 'GET') {
    const response = await host.protocols.get('app')?.(new Request(url, { method }))
    return { status: response?.status, text: await response?.text(), headers: response?.headers }
  }
  return { root, lines, request }
}

test.each([
  ['app://ui/%00', 'GET'],
  ['app://ui/', 'POST'],
  ['app://elsewhere/', 'GET'],
])('refuses %s by %s', async (url, method) => {
  const { lines, request } = setup()
  const { status, text, headers } = await request(url, method)
  expect([status, text]).toEqual([404, 'not found'])
  expect(headers?.get('content-security-policy')).toContain("default-src 'none'")
  expect(lines).toEqual([
    { level: 'warn', message: 'the page requested an unknown file', facts: { url, method } },
  ])
})

test('a file that cannot be read is not found', async () => {
  const { root, lines, request } = setup()
  mkdirSync(join(root, 'folder.js'))
  for (const name of ['gone.js', 'folder.js']) {
    const { status, text, headers } = await request(`app://ui/${name}`)
    expect([status, text, headers?.get('x-content-type-options')]).toEqual([404, 'not found', 'nosniff'])
  }
  expect(lines).toMatchObject([
    {
      level: 'warn',
      message: 'a file of the page could not be read',
      facts: { file: join(root, 'gone.js') },
    },
    { level: 'warn', facts: { file: join(root, 'folder.js') } },
  ])
})
