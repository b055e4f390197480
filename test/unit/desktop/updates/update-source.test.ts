import { dirname } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import {
  feedAddress,
  feedFromConfig,
  updatesUnavailableReason,
  type Installation,
} from '../../../../electron/desktop/updates/update-source.ts'

const windows: Installation = {
  isPackaged: true,
  platform: 'win32',
  env: {},
  execPath: 'C:\\Users\\ann\\AppData\\Local\\Programs\\modelferry\\Modelferry.exe',
  packageType: null,
  hasKeys: true,
}
const linux: Installation = { ...windows, platform: 'linux', execPath: '/home/ann/modelferry/modelferry' }
/** The variables of an AppImage that is mounted where this process runs from. */
const mounted = { APPIMAGE: '/home/ann/Modelferry.AppImage', APPDIR: dirname(process.execPath) }

test('Windows, macOS and AppImage installations update themselves', () => {
  expect(updatesUnavailableReason(windows)).toBe(null)
  expect(updatesUnavailableReason({ ...windows, platform: 'darwin' })).toBe(null)
  expect(updatesUnavailableReason({ ...linux, env: mounted, execPath: process.execPath })).toBe(null)
})

test('packages and archives started by an AppImage do not update it', () => {
  const packaged = { ...linux, execPath: '/opt/Modelferry/modelferry', packageType: 'deb' }
  expect(updatesUnavailableReason({ ...packaged, env: mounted })).toBe('package')
  expect(updatesUnavailableReason({ ...linux, env: mounted })).toBe('portable')
})

test('packages, Flatpak and Snap are updated by their package manager', () => {
  const packaged = { ...linux, execPath: '/opt/Modelferry/modelferry' }
  expect(updatesUnavailableReason({ ...packaged, packageType: 'deb' })).toBe('package')
  expect(updatesUnavailableReason({ ...packaged, packageType: 'rpm' })).toBe('package')
  expect(updatesUnavailableReason({ ...linux, env: { FLATPAK_ID: 'app.modelferry.Modelferry' } })).toBe(
    'flatpak',
  )
  expect(updatesUnavailableReason({ ...linux, env: { SNAP: '/snap/modelferry/1' } })).toBe('snap')
})

test('the feed address is read from app-update.yml and must be https', () => {
  const yml =
    'provider: generic\nurl: https://modelferry.app/updates\nupdaterCacheDirName: modelferry-updater\n'
  expect(feedFromConfig(yml)).toBe('https://modelferry.app/updates/')
  expect(feedFromConfig(yml.replace('https://modelferry.app/updates', "'https://x.example/a/'"))).toBe(
    'https://x.example/a/',
  )
  expect(feedFromConfig('provider: generic\n')).toBe(null)
  expect(feedAddress('http://modelferry.app/updates')).toBe(null)
  expect(feedAddress('file:///etc/passwd')).toBe(null)
  expect(feedAddress('http://127.0.0.1:8080')).toBe('http://127.0.0.1:8080/')
})
