import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IntlMessageFormat } from 'intl-messageformat'
import { expect, test } from 'vitest'
import { failure, failureKinds } from '../../../electron/contract/failures.ts'
import type { FailureCode } from '../../../electron/contract/failures.ts'
import type { Locale } from '../../../electron/contract/app-info.ts'
import {
  catalogues,
  isMessageKey,
  localeFor,
  failureText,
  translatorFor,
} from '../../../electron/messages/messages.ts'
import type { MessageKey } from '../../../electron/messages/messages.ts'

const locales = ['en', 'zh-Hans', 'zh-Hant'] as const satisfies readonly Locale[]
const keys = Object.keys(catalogues.en) as MessageKey[]

/** A message in each language, English first. */
const textsOf = (key: MessageKey) =>
  [catalogues.en[key], catalogues['zh-Hans'][key], catalogues['zh-Hant'][key]] as const

type Elements = ReturnType<IntlMessageFormat['getAst']>

/** Parameter names with the options that a choice has, found at any depth. */
function parametersOf(elements: Elements, found = new Map<string, Set<string>>()): Map<string, Set<string>> {
  for (const element of elements) {
    // Literals and `#` carry no name.
    if (!('value' in element) || element.type === 0) continue
    const options = found.get(element.value) ?? new Set()
    found.set(element.value, options)
    if (!('options' in element)) continue
    for (const [option, { value }] of Object.entries(element.options)) {
      options.add(option)
      parametersOf(value, found)
    }
  }
  return found
}

function parsed(key: MessageKey, locale: Locale) {
  const format = new IntlMessageFormat(catalogues[locale][key], locale, undefined, { ignoreTag: true })
  return parametersOf(format.getAst())
}

const counts = [0, 1, 2, 5, 1000]
/** Every value worth trying for a parameter: each option of a choice, several counts, a size, a word. */
function valuesOf(name: string, options: ReadonlySet<string>): readonly (string | number)[] {
  if (name.endsWith('Bytes')) return [0, 6_800_000_000]
  const words = [...options].filter((option) => !option.startsWith('='))
  const isPlural =
    words.length > 0 && words.every((word) => ['zero', 'one', 'two', 'few', 'many', 'other'].includes(word))
  if (isPlural) return [...counts, 'other']
  return options.size > 0 ? [...words, 'something-else'] : ['word']
}

test('every message formats in every language, whatever its choices', () => {
  const failures: string[] = []
  for (const locale of locales) {
    const words = translatorFor(locale)
    for (const key of keys) {
      const parameters = [...parsed(key, locale)]
      const rounds = Math.max(1, ...parameters.map(([name, options]) => valuesOf(name, options).length))
      for (let round = 0; round < rounds; round += 1) {
        const params = Object.fromEntries(
          parameters.map(([name, options]) => {
            const values = valuesOf(name, options)
            return [name, values[round % values.length] ?? 0]
          }),
        )
        try {
          const text = words(key, params)
          if (text.trim() === '' || /[{}]/.test(text)) failures.push(`${locale} ${key}: ${text}`)
        } catch (error) {
          failures.push(`${locale} ${key} ${JSON.stringify(params)}: ${String(error)}`)
        }
      }
    }
  }
  expect(failures).toEqual([])
})

test('every message takes the same parameters in all three languages, and choices know the same cases', () => {
  const different = keys.filter((key) => {
    const [en, ...others] = locales.map((locale) => parsed(key, locale))
    const names = (found: Map<string, Set<string>> | undefined) =>
      [...(found?.keys() ?? [])].toSorted().join()
    const choices = (found: Map<string, Set<string>> | undefined) =>
      [...(found ?? [])]
        .flatMap(([name, options]) =>
          [...options]
            .filter((option) => !/^(=\d+|one|other)$/.test(option))
            .map((option) => `${name}=${option}`),
        )
        .toSorted()
        .join()
    return others.some((other) => names(other) !== names(en) || choices(other) !== choices(en))
  })
  expect(different).toEqual([])
})

test('the two Chinese scripts are not copied from English', () => {
  const chinese = /\p{Script=Han}/u
  const untranslated = keys.filter((key) => {
    const [en, simplified, traditional] = textsOf(key)
    // Names and signs alone are the same everywhere.
    return (
      /[a-z]{4}/.test(en.replace(/\{[^}]*\}/g, '')) &&
      !(chinese.test(simplified) && chinese.test(traditional))
    )
  })
  expect(untranslated.filter((key) => !keepsItsEnglish(key))).toEqual([])
})

/** A sentence of names only, which no language translates. */
function keepsItsEnglish(key: MessageKey): boolean {
  return new Set(textsOf(key)).size === 1
}

test('every failure has a sentence, and it ends as one', () => {
  for (const code of Object.keys(failureKinds) as FailureCode[]) {
    const key = `failure.${code}`
    if (!isMessageKey(key)) throw new Error(`${code} has no sentence`)
    for (const locale of locales) {
      const params = Object.fromEntries([...parsed(key, locale).keys()].map((name) => [name, 1000]))
      expect(failureText(failure(code, params), translatorFor(locale)), `${locale} ${code}`).toMatch(
        /[.?!。？！]$/,
      )
    }
  }
})

test('sizes are said as sizes', () => {
  expect(translatorFor('en')('failure.file-cut-short', { missingBytes: 1_234_000_000 })).toContain('1.2 GB')
})

test('markup in a parameter stays text', () => {
  expect(translatorFor('en')('reason.folder', { folder: '<b>{x}</b>', type: 'loras' })).toContain(
    '<b>{x}</b>',
  )
})

test('a type of one’s own stands as it is, and a base only where it is known', () => {
  const words = translatorFor('en')
  const reason = { type: 'loras', base: 'SDXL', evidence: 'x.lora_down.weight' }
  expect(words('reason.header', reason)).toBe(
    'Its tensors are named like those of a LoRA (SDXL): x.lora_down.weight.',
  )
  expect(words('reason.header', { ...reason, type: 'my_models', base: 'none' })).toBe(
    'Its tensors are named like those of “my_models”: x.lora_down.weight.',
  )
})

test('knows a message key from a word that only looks like one', () => {
  expect(isMessageKey('skipped.junk')).toBe(true)
  expect(isMessageKey('skipped.unheard-of')).toBe(false)
  expect(isMessageKey('constructor')).toBe(false)
})

test.each([
  [['zh-CN'], 'zh-Hans'],
  [['zh'], 'zh-Hans'],
  [['zh-SG'], 'zh-Hans'],
  [['zh-TW'], 'zh-Hant'],
  [['zh-HK'], 'zh-Hant'],
  [['zh-Hans-HK'], 'zh-Hans'],
  [['C', 'en_US.UTF-8', 'zh-CN'], 'zh-Hans'],
  [['zh-MO'], 'zh-Hant'],
  [['zh-Hant-CN'], 'zh-Hant'],
  [['de-DE', 'zh-TW', 'en'], 'zh-Hant'],
  [['fr', 'en-GB', 'zh'], 'en'],
  [['de'], 'en'],
  [[], 'en'],
] as const)('of the preferred languages %j it speaks %s', (preferred, locale) => {
  expect(localeFor(preferred)).toBe(locale)
})

test('every language has the same keys', () => {
  for (const locale of locales) expect(Object.keys(catalogues[locale])).toEqual(Object.keys(catalogues.en))
})

/** Every key that stands in the sources, and a pattern for each that is put together there from words. */
function keysInSources(): { readonly whole: string; readonly patterns: readonly RegExp[] } {
  const root = join(import.meta.dirname, '../../..')
  const paths = globSync(['electron/**/*.ts', 'renderer/**/*.ts', 'renderer/**/*.svelte'], { cwd: root })
  const sources = paths.map((path) => readFileSync(join(root, path), 'utf8'))
  const whole = sources.join('\n')
  const templates = [...whole.matchAll(/`([a-z][a-z-]*\.[a-z-]*(?:\$\{[^{}`]*\}[a-z-]*)+)`/g)].map(
    ([, text = '']) => text,
  )
  const patterns = templates.map(
    (text) => new RegExp(`^${text.replaceAll('.', '\\.').replace(/\$\{[^}]*\}/g, '[\\w-]+')}$`),
  )
  return { whole, patterns }
}

test('every message is said somewhere', () => {
  const { whole, patterns } = keysInSources()
  const unsaid = keys.filter(
    (key) => !whole.includes(`'${key}'`) && !patterns.some((pattern) => pattern.test(key)),
  )
  expect(unsaid).toEqual([])
})

test('a thing has one name in Chinese: the library, the history, undoing', () => {
  // 入库 is what happens to a model, 数据库 and 仓库 are other things.
  const others = /(?<!资料|資料|入|数据|仓|倉)[库庫]|历程|歷史記錄|還原/
  const mixed = keys.filter((key) =>
    textsOf(key)
      .slice(1)
      .some((text) => others.test(text)),
  )
  expect(mixed).toEqual([])
})
