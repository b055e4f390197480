import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createLoginItem } from '../../../electron/desktop/integration/login-item.ts'
import { app } from '../../electron-host/app.ts'
import { host } from '../../electron-host/state.ts'

const run = promisify(execFile)
const command = { program: '/opt/Modelferry/modelferry', args: [] }

/** An empty home folder, and the login item of an app on Linux in it. */
function setupLinux(env: Readonly<Record<string, string>> = {}) {
  const home = mkdtempSync(join(tmpdir(), 'modelferry-login-'))
  onTestFinished(() => {
    vi.unstubAllEnvs()
    rmSync(home, { recursive: true })
  })
  vi.stubEnv('HOME', home)
  const variables: Readonly<Record<string, string>> = env
  for (const name of ['XDG_CONFIG_HOME', 'FLATPAK_ID']) vi.stubEnv(name, variables[name]?.replace('~', home))
  const path = join(home, '.config/autostart/modelferry.desktop')
  return {
    home,
    path,
    text: () => readFileSync(path, 'utf8'),
    write(text: string) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    },
    item: createLoginItem('linux', command),
  }
}

test('an autostart entry starts the app hidden and is valid', async () => {
  const { path, text, item } = setupLinux()
  expect(await item.read()).toEqual({ isOn: false, can: 'yes' })
  expect(await item.set(true)).toEqual({ isOn: true, can: 'yes' })
  expect(text()).toContain('\nExec="/opt/Modelferry/modelferry" --hidden\n')
  await run('desktop-file-validate', [path])
  expect(await item.set(false)).toEqual({ isOn: false, can: 'yes' })
})

test.each([
  ['XDG_CONFIG_HOME', { XDG_CONFIG_HOME: '~/settings' }, 'settings'],
  ['.config without it', {}, '.config'],
  ['.config if it is empty', { XDG_CONFIG_HOME: '' }, '.config'],
  ['.config in a Flatpak', { XDG_CONFIG_HOME: '~/private', FLATPAK_ID: 'app.x' }, '.config'],
] as const)('the entry is in the folder of the session: %s', async (_what, env, folder) => {
  const { home, item } = setupLinux(env)
  await item.set(true)
  expect(statSync(join(home, folder, 'autostart/modelferry.desktop')).isFile()).toBe(true)
})

test.each(['Hidden=true', 'X-GNOME-Autostart-enabled=false'])(
  'an entry that the desktop disables with %s is off and is not enabled by an update',
  async (line) => {
    const { text, write, item } = setupLinux()
    await item.set(true)
    const disabled = `${text().replace('X-GNOME-Autostart-enabled=true\n', '')}${line}\n`
    write(disabled)
    expect(await item.read()).toEqual({ isOn: false, can: 'yes' })
    await item.repair()
    expect(text()).toBe(disabled)
    expect(await item.set(true)).toEqual({ isOn: true, can: 'yes' })
    expect(text()).not.toContain(line)
  },
)

test('an update rewrites an enabled entry, and adds none', async () => {
  const { text, write, item } = setupLinux()
  await item.repair()
  expect(await item.read()).toMatchObject({ isOn: false })
  write('# Written by Modelferry\nExec=/old/modelferry\n')
  await item.repair()
  expect(text()).toContain('\nExec="/opt/Modelferry/modelferry" --hidden\n')
})

test('an entry of somebody else is off and stays as it is', async () => {
  const { text, write, item } = setupLinux()
  write('Exec=/other\n')
  expect(await item.set(true)).toEqual({ isOn: false, can: 'yes' })
  await item.set(false)
  expect(text()).toBe('Exec=/other\n')
})

/** The system's item as Electron reports it, and how it was set. */
function setupSystem(platform: NodeJS.Platform, reported: object) {
  const read = vi.spyOn(app, 'getLoginItemSettings').mockReturnValue(reported as never)
  onTestFinished(() => read.mockRestore())
  const eventsBefore = host.events.length
  return {
    item: createLoginItem(platform, command),
    read,
    written: () => host.events.slice(eventsBefore).map(({ settings }) => settings),
  }
}

test.each([
  ['darwin', { openAtLogin: true, status: 'enabled' }, { isOn: true, can: 'yes' }],
  ['darwin', { openAtLogin: false, status: 'requires-approval' }, { isOn: false, can: 'approval' }],
  ['darwin', { openAtLogin: false, status: 'not-registered' }, { isOn: false, can: 'yes' }],
  ['win32', { openAtLogin: true, executableWillLaunchAtLogin: true }, { isOn: true, can: 'yes' }],
  // Disabled in the task manager.
  ['win32', { openAtLogin: true, executableWillLaunchAtLogin: false }, { isOn: false, can: 'yes' }],
  ['win32', { openAtLogin: false, executableWillLaunchAtLogin: true }, { isOn: false, can: 'yes' }],
  [
    'win32',
    { openAtLogin: true, executableWillLaunchAtLogin: true, status: 'requires-approval' },
    { isOn: true, can: 'yes' },
  ],
] as const)('on %s, an item reported as %j is %j', async (platform, reported, expected) => {
  expect(await setupSystem(platform, reported).item.read()).toEqual(expected)
})

test.each([
  ['darwin', []],
  ['win32', ['--hidden']],
] as const)('on %s, the item has the arguments %j', async (platform, args) => {
  const { item, read, written } = setupSystem(platform, {
    openAtLogin: true,
    executableWillLaunchAtLogin: true,
  })
  expect(await item.set(true)).toEqual({ isOn: true, can: 'yes' })
  await item.set(false)
  await item.repair()
  expect(read.mock.calls).toEqual(Array(3).fill([{ args }]))
  expect(written()).toEqual([
    { openAtLogin: true, args },
    { openAtLogin: false, args },
    { openAtLogin: true, args },
  ])
})

test('an update of the system’s item does not enable it', async () => {
  const { item, written } = setupSystem('darwin', { openAtLogin: false })
  await item.repair()
  expect(written()).toEqual([])
})
