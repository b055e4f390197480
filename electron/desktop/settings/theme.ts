import { nativeTheme } from 'electron'
import type { SettingsStore } from '../../platform/settings.ts'

/**
 * Chromium's `prefers-color-scheme`, native menus and dialogs follow the person's choice.
 * @returns whether the desktop was dark before, which can't be asked for afterwards
 */
export function applyTheme(settings: SettingsStore): boolean {
  const wasDark = nativeTheme.shouldUseDarkColors
  nativeTheme.themeSource = settings.current().theme
  settings.onChange(({ theme }) => {
    nativeTheme.themeSource = theme
  })
  return wasDark
}
