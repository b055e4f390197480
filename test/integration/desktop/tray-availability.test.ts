import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { realTimers } from '../../../electron/platform/system-environment.ts'
import { watchTrayAvailability } from '../../../electron/desktop/tray/tray-availability.ts'

const run = promisify(execFile)
const steps = join(import.meta.dirname, 'tray-availability-process.ts')

/** What is found, in order, on a session bus of its own. */
async function foundOn(desktop: string): Promise<string[]> {
  const { stdout } = await run('dbus-run-session', ['--', process.execPath, steps, desktop])
  return stdout.trim().split('\n')
}

test('a desktop that shows tray icons is found on the session bus', async () => {
  expect(await foundOn('with-tray')).toEqual(['tray'])
})

test('a desktop without them, such as stock GNOME, is found out', async () => {
  expect(await foundOn('without')).toEqual(['none'])
})

test('a watcher that nobody shows icons for is no tray', async () => {
  expect(await foundOn('with-watcher-alone')).toEqual(['none'])
})

test('a tray that comes later is noticed, and so is one that goes, after a while', async () => {
  expect(await foundOn('comes-and-goes')).toEqual(['none', 'tray', 'doubt', 'doubt over', 'none'])
})

test('one that comes back in time was never gone, and is told of so that it gets the icon again', async () => {
  expect(await foundOn('comes-back')).toEqual(['none', 'tray', 'doubt', 'doubt over', 'tray'])
})

test('behind a locked screen, where GNOME shows no icons, none is taken for gone', async () => {
  expect(await foundOn('is-locked')).toEqual([
    ...['none', 'tray', 'doubt', 'doubt over'],
    ...['doubt', 'doubt over', 'none'],
  ])
})

test('without a session bus there is no tray', async () => {
  const { DBUS_SESSION_BUS_ADDRESS: _bus, DISPLAY: _display, ...env } = process.env
  const { stdout } = await run(process.execPath, [steps], {
    env: { ...env, XDG_RUNTIME_DIR: '/nonexistent', HOME: '/nonexistent' },
  })
  expect(stdout.trim()).toBe('none')
})

test.each(['darwin', 'win32'] as const)('%s always has one', async (platform) => {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
  expect(await watchTrayAvailability(platform, realTimers, silent).isAvailable()).toBe(true)
})
