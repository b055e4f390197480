import { IntlMessageFormat } from 'intl-messageformat'
import type { Failure } from '../contract/failures.ts'
import type { Message } from './message.ts'
import { backgroundMessages } from '../contract/messages/background.ts'
import { watchingMessages } from '../contract/messages/page-watching.ts'
import { findingMessages } from '../contract/messages/page-finding.ts'
import { bulkEditMessages } from '../contract/messages/page-bulk-edit.ts'
import { desktopMessages } from '../contract/messages/desktop.ts'
import { failureMessages } from '../contract/messages/failures.ts'
import { libraryMessages } from '../contract/messages/library.ts'
import { groupMessages } from '../contract/messages/page-groups.ts'
import { modelMessages } from '../contract/messages/page-model.ts'
import { pageMessages } from '../contract/messages/page.ts'
import { pickleMessages } from '../contract/messages/pickles.ts'
import { recognitionNotes } from '../contract/messages/recognition-notes.ts'
import { sendFoundMessages } from '../contract/messages/send-found.ts'
import { serverMessages } from '../contract/messages/servers.ts'
import { recognitionMessages } from '../contract/messages/recognition.ts'
import { diagnosticsMessages } from '../contract/messages/diagnostics.ts'
import { storageTestMessages } from '../contract/messages/storage-test.ts'
import { updateMessages } from '../contract/messages/updates.ts'
import type { Locale } from '../contract/app-info.ts'
import { formatBytes } from './format-size.ts'

export const catalogue = {
  ...failureMessages,
  ...serverMessages,
  ...recognitionMessages,
  ...recognitionNotes,
  ...pickleMessages,
  ...modelMessages,
  ...groupMessages,
  ...pageMessages,
  ...libraryMessages,
  ...desktopMessages,
  ...updateMessages,
  ...diagnosticsMessages,
  ...storageTestMessages,
  ...backgroundMessages,
  ...bulkEditMessages,
  ...findingMessages,
  ...sendFoundMessages,
  ...watchingMessages,
} as const satisfies Record<string, Message>

export type MessageKey = keyof typeof catalogue
export type Params = Readonly<Record<string, string | number>>

/** Says a message in one language. Parameters named `…Bytes` come out as sizes (`6.8 GB`). */
export type Words = (key: MessageKey, params?: Params) => string

const column: Record<Locale, 0 | 1 | 2> = { en: 0, 'zh-Hans': 1, 'zh-Hant': 2 }
const made = new Map<Locale, Words>()

/** The words of one language. Formatters are made when first used and kept. */
export function wordsIn(locale: Locale): Words {
  const known = made.get(locale)
  if (known) return known
  const formats = new Map<MessageKey, IntlMessageFormat>()
  const words: Words = (key, params) => {
    let format = formats.get(key)
    if (!format) {
      format = new IntlMessageFormat(catalogue[key][column[locale]], locale, undefined, { ignoreTag: true })
      formats.set(key, format)
    }
    return String(format.format(readable(params, locale)))
  }
  made.set(locale, words)
  return words
}

function readable(params: Params | undefined, locale: Locale): Record<string, string | number> {
  const shown: Record<string, string | number> = { ...params }
  for (const [name, value] of Object.entries(shown)) {
    if (name.endsWith('Bytes') && typeof value === 'number') shown[name] = formatBytes(value, locale)
  }
  return shown
}

/** The sentence for a failure; the server's own words are not in it, they stand beside it. */
export function sentenceOf(failure: Failure, words: Words): string {
  return words(`failure.${failure.code}`, failure.params)
}

/** True for a key that the catalogue has: for keys that are put together from stored words. */
export function isMessageKey(key: string): key is MessageKey {
  return Object.hasOwn(catalogue, key)
}

/** The catalogue's language nearest to a list of preferred language tags, best first; tags that are none are passed over. */
export function localeFor(preferred: readonly string[]): Locale {
  for (const tag of preferred) {
    const { language, script } = likely(tag)
    // `maximize` always names the script: Hant for Taiwan, Hong Kong and Macau unless the tag says otherwise.
    if (language === 'zh') return script === 'Hant' ? 'zh-Hant' : 'zh-Hans'
    if (language === 'en') return 'en'
  }
  return 'en'
}

function likely(tag: string): { readonly language?: string; readonly script?: string | undefined } {
  try {
    return new Intl.Locale(tag).maximize()
  } catch {
    return {}
  }
}
