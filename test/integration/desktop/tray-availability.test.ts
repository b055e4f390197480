import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { realTimers } from '../../../electron/platform/system-environment.ts'
import { watchTrayAvailability } from '../../../electron/desktop/tray/tray-availability.ts'

const run = promisify(execFile)
const program = join(import.meta.dirname, 'tray-availability-process.ts')

/** Runs the scenario with its own session bus and returns the reported states in order. */
async function reportsOn(desktop: string): Promise<string[]> {
  const { stdout } = await run('dbus-run-session', ['--', process.execPath, program, desktop])
  return stdout.trim().split('\n')
}

test('a watcher without a host is not a tray', async () => {
  expect(await reportsOn('with-watcher-alone')).toEqual(['none'])
})

test('a tray that refuses the icon is none', async () => {
  expect(await reportsOn('icon-refused')).toEqual(['none'])
})

test('a tray that returns within the delay is reported as available again', async () => {
  expect(await reportsOn('restarts')).toEqual(['none', 'tray', 'delay started', 'delay ended', 'tray'])
})

test('no removal is reported while the screen is locked', async () => {
  expect(await reportsOn('locked')).toEqual([
    'none',
    'tray',
    'delay started',
    'delay ended',
    'delay started',
    'delay ended',
    'none',
  ])
})

test('there is no tray without a session bus', async () => {
  const { DBUS_SESSION_BUS_ADDRESS: _bus, DISPLAY: _display, ...env } = process.env
  const { stdout } = await run(process.execPath, [program], {
    env: { ...env, XDG_RUNTIME_DIR: '/nonexistent', HOME: '/nonexistent' },
  })
  expect(stdout.trim()).toBe('none')
})

test.each(['darwin', 'win32'] as const)('%s always has a tray', async (platform) => {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
  expect(await watchTrayAvailability(platform, realTimers, silent).isAvailable()).toBe(true)
})
