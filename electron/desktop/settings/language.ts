import { app } from 'electron'
import type { Locale } from '../../contract/app-info.ts'
import { localeFor, translatorFor, type Translate } from '../../messages/messages.ts'
import type { SettingsStore } from '../../platform/settings.ts'

export interface Language {
  locale(): Locale
  translate(): Translate
}

/** Tags that `Intl.Locale` takes: a system may report `C` or something of its own. */
const isTag = (tag: string) => {
  try {
    return new Intl.Locale(tag).language !== ''
  } catch {
    return false
  }
}

/** The catalogue's language nearest to the system's. */
export const systemLocale = (): Locale => localeFor(app.getPreferredSystemLanguages().filter(isTag))

/** The language in force: the chosen one, else the system's nearest. Asked anew each time, so that a change holds at once. */
export function createLanguage(settings: SettingsStore): Language {
  const locale = (): Locale => {
    const { language } = settings.current()
    return language === 'system' ? systemLocale() : language
  }
  return { locale, translate: () => translatorFor(locale()) }
}
