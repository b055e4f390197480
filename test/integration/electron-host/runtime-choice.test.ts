import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import { electronHost } from '../../support/host-app.ts'
import { findHeadlessChromium } from '../../support/runner/chromium.ts'
import { hasDisplay } from '../../support/runner/display.ts'
import { findRuntime } from '../../support/runner/electron-runtime.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-runtime-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The folder of an electron package whose runtime is a shell script. */
function installElectron(script: string): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'path.txt'), 'electron')
  mkdirSync(join(folder, 'dist'))
  writeFileSync(join(folder, 'dist/electron'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, 'dist/electron'), 0o755)
  return folder
}

const environment = { ...process.env, WAYLAND_DISPLAY: 'wayland-0', MODELFERRY_RUNTIME: undefined }
/** What Electron writes where user namespaces are restricted (electron/electron#42510). */
const sandboxMessage =
  '[1:1202/1.2:FATAL:setuid_sandbox_host.cc(163)] The SUID sandbox helper binary was found, but is not configured correctly.'

test('uses Electron if an app can start on it', () => {
  const environmentOfHost = {
    ...environment,
    WAYLAND_DISPLAY: '',
    DISPLAY: ':0',
    ELECTRON_HOST_CHROMIUM: findHeadlessChromium() ?? '',
  }
  const folder = installElectron(`DISPLAY= exec '${electronHost}' "$@"`)
  expect(findRuntime(environmentOfHost, folder)).toEqual({
    name: 'electron',
    executable: join(folder, 'dist/electron'),
  })
})

test.for([
  ['ends at once', `echo '${sandboxMessage}' >&2; kill -TRAP $$`, {}, 'The SUID sandbox helper binary'],
  ['lacks a display', 'exit 0', { DISPLAY: '', WAYLAND_DISPLAY: '' }, 'display'],
  ['is not wanted', 'exit 0', { MODELFERRY_RUNTIME: 'host' }, 'MODELFERRY_RUNTIME'],
] as const)('uses the host, and says why, if Electron %s', ([, script, changes, reason]) => {
  const runtime = findRuntime({ ...environment, ...changes }, installElectron(script))
  expect(runtime).toMatchObject({ name: 'host', reason: expect.stringContaining(reason) as string })
})

test('uses the host if Electron is not installed', () => {
  expect(findRuntime(environment, temporaryFolder()).name).toBe('host')
})

test('a display is one only if something answers on it', async () => {
  const named = { WAYLAND_DISPLAY: 'wayland-0', XDG_RUNTIME_DIR: temporaryFolder() }
  expect(await hasDisplay(named)).toBe(false)
  const server = createServer().listen(join(named.XDG_RUNTIME_DIR, 'wayland-0'))
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  expect(await hasDisplay(named)).toBe(true)
})
