import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Locale } from '../../../electron/contract/app-info.ts'
import { batteryLevelReader } from '../../../electron/desktop/power/read-battery-level.ts'
import { createFileManagers } from '../../../electron/desktop/integration/file-managers.ts'
import {
  desktopEntryExec,
  needsMenuEntry,
  launchCommand,
} from '../../../electron/desktop/integration/launch-command.ts'
import { pathsFromArguments } from '../../../electron/desktop/integration/launch-arguments.ts'
import { translatorFor } from '../../../electron/messages/messages.ts'
import { projectFolder } from '../../support/temp-project.ts'

const run = promisify(execFile)
const t = () => translatorFor('en')
let home = ''

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ferry-home-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

/** Creates a program that writes its arguments to a file, one per line. */
async function program(name: string): Promise<string> {
  const path = join(home, 'bin', name)
  await mkdir(join(home, 'bin'), { recursive: true })
  await writeFile(path, `#!/bin/sh\nprintf '%s\\n' "$@" > '${home}/started'\n`, { mode: 0o755 })
  return path
}

const started = async () => (await readFile(join(home, 'started'), 'utf8')).trim().split('\n')

async function startedPaths() {
  const argv = ['modelferry', ...(await started())]
  return pathsFromArguments({ argv, folder: home, ignoredPaths: [], exists: () => true })
}

function managersFor(path: string, change: Record<string, string> = {}, locale: Locale = 'en') {
  return createFileManagers({
    platform: 'linux',
    command: { program: path, args: [] },
    home,
    env: { PATH: join(home, 'bin'), ...change },
    menu: null,
    t: () => translatorFor(locale),
  })
}

describe('entries in file managers', () => {
  test('are offered for installed file managers', async () => {
    await program('nautilus')
    expect(await managersFor('/opt/x').list()).toEqual([{ id: 'nautilus', isOn: false }])
  })

  test('are written when enabled and removed when disabled', async () => {
    for (const name of ['nautilus', 'nemo', 'dolphin']) await program(name)
    const managers = managersFor('/opt/x')
    for (const id of ['nautilus', 'nemo', 'dolphin'] as const) await managers.set(id, true)
    expect((await managers.list()).map(({ isOn }) => isOn)).toEqual([true, true, true])
    const menu = join(home, '.local/share/kio/servicemenus/modelferry.desktop')
    expect((await stat(menu)).mode & 0o111).not.toBe(0)
    for (const id of ['nautilus', 'nemo', 'dolphin'] as const) await managers.set(id, false)
    expect((await managers.list()).map(({ isOn }) => isOn)).toEqual([false, false, false])
  })

  test('pass the selected files, with any characters in their names', async () => {
    await program('nautilus')
    const managers = managersFor(await program("it's $HOME `x`"))
    await managers.set('nautilus', true)
    const script = join(home, '.local/share/nautilus/scripts/Upload with Modelferry')
    const files = ['two words.gguf', '--hidden', '*.gguf', "o'clock", '100%.pt', 'a\n/etc/passwd'].map(
      (name) => `/models/${name}`,
    )
    const lines = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join('')
    const env = {
      PATH: '/usr/bin:/bin',
      NAUTILUS_SCRIPT_SELECTED_FILE_PATHS: lines(files),
      NAUTILUS_SCRIPT_SELECTED_URIS: lines(files.map((file) => pathToFileURL(file).href)),
    }
    await run(script, [], { env })
    expect(await startedPaths()).toEqual(files)
  })

  // As Nemo does, the test puts addresses or paths in quotation marks. A shell splits the command, instead of GLib.
  test('pass the files selected in Nemo, with any characters in their names', async () => {
    await program('nemo')
    await managersFor(await program('x')).set('nemo', true)
    const action = await readFile(join(home, '.local/share/nemo/actions/modelferry.nemo_action'), 'utf8')
    const files = ['two words.gguf', '--hidden', '*.gguf', 'o"clock', '100%.pt', 'a\n/etc/passwd'].map(
      (name) => `/models/${name}`,
    )
    const selected = (token: string) =>
      files
        .map((file) => `"${token === '%U' ? pathToFileURL(file).href : file.replaceAll('"', '\\"')}"`)
        .join(' ')
    const [, command = ''] = /^Exec=(.*)$/m.exec(action) ?? []
    await run('/bin/sh', ['-c', command.replace(/%[FU]/, selected)])
    expect(await startedPaths()).toEqual(files)
  })

  test('are updated when the app has been moved', async () => {
    await program('nautilus')
    await managersFor('/old place/x').set('nautilus', true)
    await managersFor('/new place/x').repair()
    const script = join(home, '.local/share/nautilus/scripts/Upload with Modelferry')
    expect(await readFile(script, 'utf8')).toContain("exec '/new place/x'")
  })

  test('are found again when the language has changed', async () => {
    await program('nautilus')
    await managersFor('/opt/x').set('nautilus', true)
    const managers = managersFor('/opt/x', {}, 'zh-Hans')
    expect(await managers.list()).toEqual([{ id: 'nautilus', isOn: true }])
    await managers.set('nautilus', false)
    expect(await readdir(join(home, '.local/share/nautilus/scripts'))).toEqual([])
    await managers.set('nautilus', true)
    expect(await readdir(join(home, '.local/share/nautilus/scripts'))).toEqual(['用 Modelferry 上传'])
  })

  test('of an older version are found again under their name', async () => {
    await program('nautilus')
    await managersFor('/opt/x').set('nautilus', true)
    const scripts = join(home, '.local/share/nautilus/scripts')
    await rename(join(scripts, 'Upload with Modelferry'), join(scripts, 'Send with Modelferry'))
    const managers = managersFor('/opt/x')
    expect(await managers.list()).toEqual([{ id: 'nautilus', isOn: true }])
    await managers.set('nautilus', false)
    expect(await readdir(scripts)).toEqual([])
  })

  test('written by others are left unchanged', async () => {
    await program('nautilus')
    const script = join(home, '.local/share/nautilus/scripts/Upload with Modelferry')
    await mkdir(join(script, '..'), { recursive: true })
    await writeFile(script, 'mine')
    const managers = managersFor('/opt/x')
    expect(await managers.set('nautilus', true)).toEqual([{ id: 'nautilus', isOn: false }])
    await managers.set('nautilus', false)
    expect(await readFile(script, 'utf8')).toBe('mine')
  })

  test('add an AppImage to the menu and "Open with", and remove it', async () => {
    const command = { program: await program("it's $HOME/M.AppImage".replace('/', '-')), args: [] }
    const build = join(projectFolder, 'build')
    const menu = { mimeTypes: join(build, 'linux/modelferry-mime.xml'), icon: join(build, 'icon.svg') }
    const managers = createFileManagers({ platform: 'linux', command, home, env: {}, menu, t })
    expect(await managers.list()).toEqual([{ id: 'menu', isOn: false }])
    expect(await managers.set('menu', true)).toEqual([{ id: 'menu', isOn: true }])
    const data = join(home, '.local/share')
    const entry = join(data, 'applications/modelferry.desktop')
    await run('desktop-file-validate', [entry])
    const [, iconName] = /^Icon=(.+)$/m.exec(await readFile(entry, 'utf8')) ?? []
    expect(iconName).toBe('modelferry')
    expect(await readdir(join(data, 'icons/hicolor/scalable/apps'))).toEqual(['modelferry.svg'])

    const env = { ...process.env, HOME: home, XDG_DATA_HOME: data, XDG_CONFIG_HOME: join(home, '.config') }
    const model = join(home, 'two words.gguf')
    await writeFile(model, 'GGUF')
    const { stdout } = await run('gio', ['mime', 'application/x-gguf'], { env })
    expect(stdout).toContain('modelferry.desktop')
    const { stdout: kind } = await run('gio', ['info', '-a', 'standard::content-type', model], { env })
    expect(kind).toContain('application/x-gguf')
    await run('gio', ['launch', entry, model], { env })
    await expect.poll(() => started().catch(() => [])).toEqual(['--', model])

    expect(await managers.set('menu', false)).toEqual([{ id: 'menu', isOn: false }])
    const { stdout: afterwards } = await run('gio', ['mime', 'application/x-gguf'], { env })
    expect(afterwards).not.toContain('modelferry.desktop')
    expect(
      (await readdir(join(data, 'mime/packages'))).concat(
        await readdir(join(data, 'icons/hicolor/scalable/apps')),
      ),
    ).toEqual([])
  })

  test('are a Quick Action with valid plists on macOS', async () => {
    const managers = createFileManagers({
      platform: 'darwin',
      command: { program: '/Applications/A & B.app/Contents/MacOS/x', args: [] },
      home,
      env: {},
      menu: null,
      t,
    })
    expect(await managers.set('finder', true)).toEqual([{ id: 'finder', isOn: true }])
    const folder = join(home, 'Library/Services/Send with Modelferry.workflow/Contents')
    const text = await readFile(join(folder, 'document.wflow'), 'utf8')
    expect(text).toContain("exec '/usr/bin/open' '-a' '/Applications/A &amp; B.app' \"$@\"")
    for (const name of ['Info.plist', 'document.wflow'])
      await run('python3', [
        '-c',
        'import plistlib,sys; plistlib.load(open(sys.argv[1],"rb"))',
        join(folder, name),
      ])
  })
})

describe('the command that starts this installation', () => {
  const execPath = '/opt/Modelferry/modelferry'
  const command = (env: Record<string, string>, appFolder: string | null = null) =>
    launchCommand({ env, execPath, appFolder })
  /** The variables of an AppImage that is mounted where this process runs from. */
  const mounted = { APPIMAGE: '/home/me/M.AppImage', APPDIR: dirname(process.execPath) }

  test('is the AppImage, the Flatpak id, or the program with or without a folder', () => {
    const appImage = launchCommand({ env: mounted, execPath: process.execPath, appFolder: null })
    expect(appImage).toEqual({ program: '/home/me/M.AppImage', args: [] })
    expect(command({ FLATPAK_ID: 'app.x' })).toEqual({ program: 'flatpak', args: ['run', 'app.x'] })
    expect(command({})).toEqual({ program: execPath, args: [] })
    expect(command({}, '/src')).toEqual({ program: execPath, args: ['/src'] })
  })

  test('is not an AppImage whose variables it has inherited', () => {
    const own = { program: execPath, args: [] }
    expect(command(mounted)).toEqual(own)
    expect(command({ ...mounted, APPDIR: join(home, 'unmounted') })).toEqual(own)
    expect(command({ APPIMAGE: mounted.APPIMAGE })).toEqual(own)
    const besideMount = { env: { ...mounted, APPDIR: '/opt' }, execPath: '/opt2/modelferry', appFolder: null }
    expect(launchCommand(besideMount)).toEqual({ program: '/opt2/modelferry', args: [] })
  })

  test('is the AppImage although the path of its mount contains a symbolic link', async () => {
    const link = join(home, 'mount')
    await symlink(mounted.APPDIR, link)
    const env = { ...mounted, APPDIR: link }
    expect(launchCommand({ env, execPath: process.execPath, appFolder: null }).program).toBe(mounted.APPIMAGE)
  })

  test('needs a menu entry only for an AppImage or an unpacked archive', () => {
    const installed = { isPackaged: true, platform: 'linux', execPath } as const
    const isNeeded = (env: Record<string, string>, path = execPath) =>
      needsMenuEntry({ ...installed, env, execPath: path })
    expect(isNeeded(mounted, process.execPath)).toBe(true)
    expect(isNeeded(mounted)).toBe(false)
    expect(isNeeded({}, '/home/me/modelferry/modelferry')).toBe(true)
    expect([isNeeded({}), isNeeded({ FLATPAK_ID: 'app.x' }), isNeeded({ SNAP: '/snap/x' })]).toEqual([
      false,
      false,
      false,
    ])
    expect(needsMenuEntry({ ...installed, isPackaged: false, env: {}, execPath: '/src/electron' })).toBe(
      false,
    )
    expect(
      needsMenuEntry({ ...installed, platform: 'darwin', env: {}, execPath: '/Applications/M.app' }),
    ).toBe(false)
  })

  test('is formatted for a desktop entry according to the specification', async () => {
    const line = desktopEntryExec({ program: '/a b/$x "y" 100%', args: [] }, '--hidden')
    expect(line).toBe('"/a b/\\\\$x \\\\"y\\\\" 100%%" --hidden')
    const entry = join(home, 'x.desktop')
    await writeFile(entry, `[Desktop Entry]\nType=Application\nName=X\nExec=${line}\n`)
    await run('desktop-file-validate', [entry])
    const path = '/a\nExec=evil\r/Modelferry.AppImage'
    expect(desktopEntryExec({ program: path, args: [] })).toBe('"/a\\nExec=evil\\r/Modelferry.AppImage"')
  })
})

describe('the level of the battery', () => {
  const supply = async (name: string, values: Record<string, string>) => {
    const folder = join(home, 'power_supply', name)
    await mkdir(folder, { recursive: true })
    for (const [file, value] of Object.entries(values)) await writeFile(join(folder, file), `${value}\n`)
  }
  const read = () => batteryLevelReader('linux', join(home, 'power_supply'))()

  test('is the mean of the computer’s batteries, without those of devices', async () => {
    await supply('AC', { type: 'Mains', online: '0' })
    await supply('BAT0', { type: 'Battery', capacity: '40' })
    await supply('BAT1', { type: 'Battery', scope: 'System', capacity: '61' })
    await supply('hidpp_battery_0', { type: 'Battery', scope: 'Device', capacity: '5' })
    expect(await read()).toBe(51)
  })

  test('is unknown without a battery', async () => {
    await supply('AC', { type: 'Mains', online: '1' })
    expect(await read()).toBeNull()
    expect(await batteryLevelReader('linux', '/nonexistent')()).toBeNull()
  })

  const output = (printed: string) => () => Promise.resolve(printed)
  test.each([
    [
      "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=4653155)\t85%; discharging; 4:12 remaining present: true\n",
      85,
    ],
    ["Now drawing from 'AC Power'\n", null],
    ['', null],
  ])('is parsed from pmset: %j', async (printed, percent) => {
    expect(await batteryLevelReader('darwin', '', output(printed))()).toBe(percent)
  })

  test.each([
    ['73\r\n', 73],
    ['50\r\n70\r\n', 60],
    ['\r\n', null],
    ['', null],
  ])('is parsed from the CIM output: %j', async (printed, percent) => {
    expect(await batteryLevelReader('win32', '', output(printed))()).toBe(percent)
  })
})
