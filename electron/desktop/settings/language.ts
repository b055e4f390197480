import { app } from 'electron'
import type { Locale } from '../../contract/app-info.ts'
import { localeFor, nativeTranslatorFor, regionalTag, type Translate } from '../../messages/messages.ts'
import type { SettingsStore } from '../../platform/settings.ts'

export interface Language {
  locale(): Locale
  /** The user's regional locale, for times. */
  regionalTag(): string
  translate(): Translate
}

/** Systems may report values such as `C`, which `Intl.Locale` rejects. */
const isLanguageTag = (tag: string) => {
  try {
    return new Intl.Locale(tag).language !== ''
  } catch {
    return false
  }
}

const systemLanguages = () => app.getPreferredSystemLanguages().filter(isLanguageTag)

/** The available language closest to the system's. */
export const systemLocale = (): Locale => localeFor(systemLanguages())

/**
 * The language from the settings, or the one closest to the system's. Read at each call, so that changes
 * apply immediately.
 */
export function createLanguage(settings: SettingsStore): Language {
  const locale = (): Locale => {
    const { language } = settings.current()
    return language === 'system' ? systemLocale() : language
  }
  return {
    locale,
    regionalTag: () => regionalTag(locale(), systemLanguages()),
    translate: () => nativeTranslatorFor(locale()),
  }
}
