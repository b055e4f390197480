import { expect, onTestFinished, test, vi } from 'vitest'
import { applyTheme } from '../../../electron/desktop/settings/theme.ts'
import { nativeTheme } from '../../electron-host/native-theme.ts'
import { memorySettings } from '../../support/memory-settings.ts'

test.each(['light', 'dark', 'system'] as const)('applies the theme %s from the settings', (theme) => {
  onTestFinished(() => void (nativeTheme.themeSource = 'system'))
  nativeTheme.themeSource = theme === 'light' ? 'dark' : 'light'
  applyTheme(memorySettings({ theme }))
  expect(nativeTheme.themeSource).toBe(theme)
})

test('applies a theme that is changed later', () => {
  onTestFinished(() => void (nativeTheme.themeSource = 'system'))
  const settings = memorySettings({ theme: 'light' })
  applyTheme(settings)
  settings.change({ theme: 'dark' })
  expect(nativeTheme.themeSource).toBe('dark')
})

test.each([true, false])('returns whether the desktop was dark before: %s', (isDark) => {
  const dark = vi.spyOn(nativeTheme, 'shouldUseDarkColors', 'get')
  onTestFinished(() => {
    dark.mockRestore()
    nativeTheme.themeSource = 'system'
  })
  // As in Electron, where the colours follow the theme of the app.
  dark.mockImplementation(() => (nativeTheme.themeSource === 'system' ? isDark : !isDark))
  expect(applyTheme(memorySettings({ theme: 'light' }))).toBe(isDark)
})
