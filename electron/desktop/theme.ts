import { nativeTheme } from 'electron'
import type { SettingsBook } from './settings.ts'

/** Chromium's `prefers-color-scheme`, native menus and dialogs follow the person's choice. */
export function setupTheme(settings: SettingsBook): void {
  nativeTheme.themeSource = settings.current().theme
  settings.onChange(({ theme }) => {
    nativeTheme.themeSource = theme
  })
}
