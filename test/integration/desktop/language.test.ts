import { expect, onTestFinished, test, vi } from 'vitest'
import { createLanguage, systemLocale } from '../../../electron/desktop/settings/language.ts'
import { app } from '../../electron-host/app.ts'
import { memorySettings } from '../../support/memory-settings.ts'

/** The system has these languages. */
function setSystemLanguages(...languages: readonly string[]): void {
  const reported = vi.spyOn(app, 'getPreferredSystemLanguages').mockReturnValue([...languages])
  onTestFinished(() => reported.mockRestore())
}

test.each([
  [['zh-TW', 'en-GB'], 'zh-Hant'],
  [['C', 'zh-CN'], 'zh-Hans'],
  [['', 'en-GB'], 'en'],
  [['C'], 'en'],
])('the language for a system with %j is %s', (languages, locale) => {
  setSystemLanguages(...languages)
  expect(systemLocale()).toBe(locale)
  expect(createLanguage(memorySettings({ language: 'system' })).locale()).toBe(locale)
})

test('the language of the settings replaces that of the system, at once after a change', () => {
  setSystemLanguages('zh-TW')
  const settings = memorySettings({ language: 'en' })
  const language = createLanguage(settings)
  expect([language.locale(), language.translate()('menu.full-screen')]).toEqual(['en', 'Full screen'])
  settings.change({ language: 'zh-Hans' })
  expect(language.locale()).toBe('zh-Hans')
  expect(language.translate()('menu.full-screen')).toMatch(/^\p{Script=Han}+/u)
})

test('times follow the user’s region in the language of the app', () => {
  // The first is no language tag: formatting times with it would fail.
  setSystemLanguages('en_AU', 'de-CH', 'en-GB')
  expect(createLanguage(memorySettings({ language: 'en' })).regionalTag()).toBe('en-GB')
})
