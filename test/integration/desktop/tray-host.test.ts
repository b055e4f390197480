import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { hasTrayHost } from '../../../electron/desktop/tray-host.ts'

const run = promisify(execFile)
const steps = join(import.meta.dirname, 'tray-host-steps.ts')

test('a desktop that shows tray icons is found on the session bus', async () => {
  const { stdout } = await run('dbus-run-session', ['--', process.execPath, steps, 'with-watcher'])
  expect(stdout.trim()).toBe('true')
})

test('a desktop without them, such as stock GNOME, is found out', async () => {
  const { stdout } = await run('dbus-run-session', ['--', process.execPath, steps])
  expect(stdout.trim()).toBe('false')
})

test('without a session bus there is no tray', async () => {
  const { DBUS_SESSION_BUS_ADDRESS: _bus, DISPLAY: _display, ...env } = process.env
  const { stdout } = await run(process.execPath, [steps], {
    env: { ...env, XDG_RUNTIME_DIR: '/nonexistent' },
  })
  expect(stdout.trim()).toBe('false')
})

test.each(['darwin', 'win32'] as const)('%s always has one', async (platform) => {
  expect(await hasTrayHost(platform)).toBe(true)
})
