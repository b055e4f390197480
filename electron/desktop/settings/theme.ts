import { nativeTheme } from 'electron'
import type { SettingsStore } from '../../platform/settings.ts'

/**
 * Applies the theme from the settings to the page, native menus and dialogs.
 * @returns whether the desktop was dark before, which cannot be read afterwards
 */
export function applyTheme(settings: SettingsStore): boolean {
  const wasDark = nativeTheme.shouldUseDarkColors
  nativeTheme.themeSource = settings.current().theme
  settings.onChange(({ theme }) => {
    nativeTheme.themeSource = theme
  })
  return wasDark
}
