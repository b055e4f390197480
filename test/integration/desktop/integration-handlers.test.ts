import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createIntegrationHandlers } from '../../../electron/desktop/integration/integration-handlers.ts'
import { translatorFor } from '../../../electron/messages/messages.ts'
import { app } from '../../electron-host/app.ts'
import { valueOf } from '../../support/engine.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { pretendPackaged } from '../../support/pretended-app.ts'
import { projectFolder } from '../../support/temp-project.ts'

/** An entry that the app has written where it was installed before. */
const earlierEntry = '# Written by Modelferry, by the switch in its settings.\nExec="/old place/modelferry"\n'

/** A home folder with Nautilus, and the calls of an app on Linux that change it. */
function setup() {
  const home = mkdtempSync(join(tmpdir(), 'modelferry-home-'))
  onTestFinished(() => {
    vi.unstubAllEnvs()
    rmSync(home, { recursive: true })
  })
  const programs = join(home, 'bin')
  mkdirSync(programs)
  writeFileSync(join(programs, 'nautilus'), '#!/bin/sh\n', { mode: 0o755 })
  for (const name of ['FLATPAK_ID', 'SNAP', 'APPIMAGE', 'APPDIR', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME'])
    vi.stubEnv(name, undefined)
  vi.stubEnv('HOME', home)
  vi.stubEnv('PATH', programs)
  const appPath = vi.spyOn(app, 'getAppPath').mockReturnValue('/src/modelferry')
  onTestFinished(() => appPath.mockRestore())
  const { log, lines } = createTestEnvironment(standingClock())
  const notified: string[] = []
  const build = join(projectFolder, 'build')
  return {
    home,
    lines,
    notified,
    autostart: join(home, '.config/autostart/modelferry.desktop'),
    script: join(home, '.local/share/nautilus/scripts/Upload with Modelferry'),
    create: (icon = join(build, 'icon.svg')) =>
      createIntegrationHandlers({
        menuSources: { mimeTypes: join(build, 'linux/modelferry-mime.xml'), icon },
        notifications: { notifyChange: (change) => void notified.push(change) },
        t: () => translatorFor('en'),
        log,
      }),
  }
}

/** The test runs as in an archive that the user has unpacked. */
function pretendUnpacked(): void {
  pretendPackaged()
  const { execPath } = process
  process.execPath = '/home/me/modelferry/modelferry'
  onTestFinished(() => void (process.execPath = execPath))
}

function writeEntry(path: string, text = earlierEntry): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

test('says nothing about a start at login that has not changed', async () => {
  const { lines, notified, create } = setup()
  const handlers = create()
  await handlers.setLoginItem({ isOn: false })
  expect([lines, notified]).toEqual([[], []])
})

test('changes one after the other', async () => {
  const { notified, create } = setup()
  const handlers = create()
  const answers = [true, false, true].map((isOn) => handlers.setLoginItem({ isOn }))
  expect((await Promise.all(answers)).map((answer) => valueOf(answer).isOn)).toEqual([true, false, true])
  expect(notified).toEqual(['login-on', 'login-off', 'login-on'])
})

test('a change works after one that failed', async () => {
  const { home, create } = setup()
  const handlers = create()
  writeEntry(join(home, '.config/autostart'), 'a file in the place of the folder')
  await expect(handlers.setLoginItem({ isOn: true })).rejects.toThrow()
  rmSync(join(home, '.config/autostart'))
  expect(await handlers.setLoginItem({ isOn: true })).toMatchObject({ ok: true, value: { isOn: true } })
})

test('an installed app updates its enabled entries at the start, before they are changed', async () => {
  pretendPackaged()
  const { autostart, script, create } = setup()
  writeEntry(autostart)
  writeEntry(script)
  const handlers = create()
  expect(await handlers.setFileManager({ id: 'nautilus', isOn: true })).toMatchObject({ ok: true })
  expect(readFileSync(autostart, 'utf8')).toContain(`\nExec="${process.execPath}" --hidden\n`)
  expect(readFileSync(script, 'utf8')).toContain(`exec '${process.execPath}' --`)
})

test('a change waits for the update of the entries at the start', async () => {
  pretendPackaged()
  const { autostart, create } = setup()
  writeEntry(autostart)
  expect(await create().setLoginItem({ isOn: false })).toMatchObject({ ok: true, value: { isOn: false } })
  expect(existsSync(autostart)).toBe(false)
})

test('a change works although the entries could not be updated at the start', async () => {
  pretendUnpacked()
  const { home, create } = setup()
  const handlers = create(join(home, 'no icon.svg'))
  await expect(handlers.fileManagers(undefined)).rejects.toThrow('no icon.svg')
  expect(await handlers.setLoginItem({ isOn: true })).toMatchObject({ ok: true, value: { isOn: true } })
})

test('an app in development leaves the entries of an installed one unchanged', async () => {
  const { autostart, script, create } = setup()
  writeEntry(autostart)
  writeEntry(script)
  const handlers = create()
  expect(await handlers.setFileManager({ id: 'nemo', isOn: false })).toMatchObject({ ok: true })
  expect([readFileSync(autostart, 'utf8'), readFileSync(script, 'utf8')]).toEqual([
    earlierEntry,
    earlierEntry,
  ])
})

test('an unpacked archive can be added to the desktop’s menu, an app in development cannot', async () => {
  const { create } = setup()
  const ids = async () => valueOf(await create().fileManagers(undefined)).map(({ id }) => id)
  expect(await ids()).toEqual(['nautilus'])
  pretendUnpacked()
  expect(await ids()).toEqual(['menu', 'nautilus'])
})
