import { IntlMessageFormat } from 'intl-messageformat'
import type { Locale } from '../contract/app-info.ts'
import type { Failure, FailureState } from '../contract/failures.ts'
import en from './en.json' with { type: 'json' }
import { visibleText } from '../contract/visible-text.ts'
import { formatBytes } from './format-size.ts'
import zhHans from './zh-Hans.json' with { type: 'json' }
import zhHant from './zh-Hant.json' with { type: 'json' }

/** The English file defines the keys; a key that another language lacks fails the type check. */
export type MessageKey = keyof typeof en
export type Params = Readonly<Record<string, string | number>>

/** Formats a message in one language. Parameters named `…Bytes` are shown as sizes (`6.8 GB`). */
export type Translate = (key: MessageKey, params?: Params) => string

/** ICU messages by language. */
export const catalogues: Readonly<Record<Locale, Readonly<Record<MessageKey, string>>>> = {
  en,
  'zh-Hans': zhHans,
  'zh-Hant': zhHant,
}

const translators = new Map<Locale, Translate>()
const nativeTranslators = new Map<Locale, Translate>()

/** Formatters are created on first use and cached. */
export const translatorFor = (locale: Locale): Translate =>
  cachedTranslator(locale, translators, (text) => text)

/**
 * The same for native dialogs, menus and notifications, where no markup separates a name from the sentence:
 * names in a right-to-left script are isolated, so that they don't reorder the words around them.
 */
export const nativeTranslatorFor = (locale: Locale): Translate =>
  cachedTranslator(locale, nativeTranslators, isolateRightToLeft)

function cachedTranslator(
  locale: Locale,
  cache: Map<Locale, Translate>,
  formatText: (text: string) => string,
): Translate {
  const cached = cache.get(locale)
  if (cached) return cached
  const formats = new Map<MessageKey, IntlMessageFormat>()
  const translate: Translate = (key, params) => {
    let format = formats.get(key)
    if (!format) {
      format = new IntlMessageFormat(catalogues[locale][key], locale, undefined, { ignoreTag: true })
      formats.set(key, format)
    }
    return String(format.format(formattedParams(params, locale, formatText)))
  }
  cache.set(locale, translate)
  return translate
}

/** Letters of right-to-left scripts; values that choose a case of a message have none. */
const rightToLeft = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u

/** Adds the marks of a separate text (first strong isolate, unicode.org/reports/tr9) around such a name. */
const isolateRightToLeft = (text: string) => (rightToLeft.test(text) ? `\u2068${text}\u2069` : text)

/** Sizes as text, and names from files and servers without characters that could disguise the sentence. */
function formattedParams(
  params: Params | undefined,
  locale: Locale,
  formatText: (text: string) => string,
): Record<string, string | number> {
  const formatted: Record<string, string | number> = { ...params }
  for (const [name, value] of Object.entries(formatted)) {
    if (typeof value === 'string') formatted[name] = formatText(visibleText(value))
    else if (name.endsWith('Bytes')) formatted[name] = formatBytes(value, locale)
  }
  return formatted
}

/** Joins formatted texts. As parameters they would lose the marks around right-to-left names. */
export const joinSentences = (sentences: readonly string[], t: Translate): string =>
  sentences.join(t('text.two-sentences', { first: '', second: '' }))

/** Joins the items of a list as the language does; `Intl.ListFormat` has no separator for units in Chinese. */
export const joinNames = (names: readonly string[], t: Translate): string =>
  names.join(t('text.two-names', { first: '', second: '' }))

/** Joins different facts about one thing, such as name and size; those that are null or empty are left out. */
export const joinFacts = (facts: readonly (string | null)[], t: Translate): string =>
  facts.filter(Boolean).join(t('text.two-facts', { first: '', second: '' }))

/**
 * The message for a failure, with the server's own message. It promises a retry if, and only if, `state` is
 * `retrying` or `pairing`, and doesn't say that nothing was uploaded if the user has not decided yet (`review`).
 */
export function failureText(failure: Failure, t: Translate, state: FailureState = 'final'): string {
  const { code, params, serverMessage = '' } = failure
  const key = `failure.${code}` as const
  const hasServerMessage = serverMessage === '' ? 'no' : 'yes'
  const text = t(key, { ...params, state, hasServerMessage, serverMessage })
  if (state === 'pairing') return joinSentences([text.trim(), t('failure-state.pairing')], t)
  // A message that promises the retry itself reads differently for a final failure.
  if (state !== 'retrying' || text !== t(key, { ...params, state: 'final', hasServerMessage, serverMessage }))
    return text
  return joinSentences([text, t('failure-state.retrying')], t)
}

/** The parameters of a reason for a type, with the name of the type instead of its folder. */
export function reasonParams(params: Readonly<Record<string, string>>, t: Translate): Params {
  const { type } = params
  return type === undefined ? params : { ...params, type: t('type.name', { type }) }
}

/** For keys that are composed from stored values. */
export function isMessageKey(key: string): key is MessageKey {
  return Object.hasOwn(en, key)
}

/**
 * The supported language nearest to a list of preferred language tags, best first. Invalid tags are skipped.
 */
export function localeFor(preferred: readonly string[]): Locale {
  for (const tag of preferred) {
    const { language, script } = maximized(tag)
    // `maximize` always adds the script: Hant for Taiwan, Hong Kong and Macau unless the tag says otherwise.
    if (language === 'zh') return script === 'Hant' ? 'zh-Hant' : 'zh-Hans'
    if (language === 'en') return 'en'
  }
  return 'en'
}

/**
 * The user's regional locale for dates and numbers, `en-GB` rather than `en`, if its language is that of the
 * catalogue.
 */
export function regionalTag(locale: Locale, preferred: readonly string[]): string {
  return preferred.find((tag) => tag.startsWith(locale.slice(0, 2)) && localeFor([tag]) === locale) ?? locale
}

function maximized(tag: string): { readonly language?: string; readonly script?: string | undefined } {
  try {
    return new Intl.Locale(tag).maximize()
  } catch {
    return {}
  }
}
