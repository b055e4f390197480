import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IntlMessageFormat } from 'intl-messageformat'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { failure, failureKinds } from '../../../electron/contract/failures.ts'
import type { FailureCode } from '../../../electron/contract/failures.ts'
import type { Locale } from '../../../electron/contract/app-info.ts'
import {
  catalogues,
  isMessageKey,
  localeFor,
  failureText,
  nativeTranslatorFor,
  translatorFor,
} from '../../../electron/messages/messages.ts'
import type { MessageKey } from '../../../electron/messages/messages.ts'

const locales = ['en', 'zh-Hans', 'zh-Hant'] as const satisfies readonly Locale[]
const keys = Object.keys(catalogues.en) as MessageKey[]

/** A message in each language, English first. */
const textsOf = (key: MessageKey) =>
  [catalogues.en[key], catalogues['zh-Hans'][key], catalogues['zh-Hant'][key]] as const

type Elements = ReturnType<IntlMessageFormat['getAst']>

/** The parameters of a message at any depth, each with the options of its `select` or `plural`. */
function parametersOf(elements: Elements, found = new Map<string, Set<string>>()): Map<string, Set<string>> {
  for (const element of elements) {
    // Literals and `#` have no name.
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
/** Test values for a parameter: every option, several counts, sizes, or a word. */
function valuesOf(name: string, options: ReadonlySet<string>): readonly (string | number)[] {
  if (name.endsWith('Bytes')) return [0, 6_800_000_000]
  const words = [...options].filter((option) => !option.startsWith('='))
  const isPlural =
    words.length > 0 && words.every((word) => ['zero', 'one', 'two', 'few', 'many', 'other'].includes(word))
  if (isPlural) return [...counts, 'other']
  return options.size > 0 ? [...words, 'something-else'] : ['word']
}

test('formats every message in every language with every option', () => {
  const failures: string[] = []
  for (const locale of locales) {
    const t = translatorFor(locale)
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
          const text = t(key, params)
          if (text.trim() === '' || /[{}]/.test(text)) failures.push(`${locale} ${key}: ${text}`)
        } catch (error) {
          failures.push(`${locale} ${key} ${JSON.stringify(params)}: ${String(error)}`)
        }
      }
    }
  }
  expect(failures).toEqual([])
})

test('uses the same parameters and options in all three languages', () => {
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

test('translates every message into both Chinese scripts', () => {
  const chinese = /\p{Script=Han}/u
  const untranslated = keys.filter((key) => {
    const [en, simplified, traditional] = textsOf(key)
    // Product names and symbols are not translated.
    return (
      /[a-z]{4}/.test(en.replace(/\{[^}]*\}/g, '')) &&
      !(chinese.test(simplified) && chinese.test(traditional))
    )
  })
  expect(untranslated.filter((key) => !isSameEverywhere(key))).toEqual([])
})

/** A message that consists of names only. */
function isSameEverywhere(key: MessageKey): boolean {
  return new Set(textsOf(key)).size === 1
}

test('has a complete sentence for every failure', () => {
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
] as const)('chooses from the preferred languages %j the locale %s', (preferred, locale) => {
  expect(localeFor(preferred)).toBe(locale)
})

test('has the same keys in every language', () => {
  for (const locale of locales) expect(Object.keys(catalogues[locale])).toEqual(Object.keys(catalogues.en))
})

/** The texts in quotes in all sources, and a pattern for each key that is composed in a template literal. */
function keysInSources(): { readonly quoted: ReadonlySet<string>; readonly patterns: readonly RegExp[] } {
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
  const quoted = new Set([...whole.matchAll(/'([a-z][\w.-]*)(?=')/g)].map(([, text = '']) => text))
  return { quoted, patterns }
}

test('uses every message in the sources', () => {
  const { quoted, patterns } = keysInSources()
  const unused = keys.filter((key) => !quoted.has(key) && !patterns.some((pattern) => pattern.test(key)))
  expect(unused).toEqual([])
})

test('uses one Chinese term each for library, history and undo', () => {
  // 入库 means adding a model; 資料庫 means a database in Taiwan.
  const others = /(?<!模型|入)[库庫]|历程|歷史記錄|還原/
  const mixed = keys.filter((key) =>
    textsOf(key)
      .slice(1)
      .some((text) => others.test(text)),
  )
  expect(mixed).toEqual([])
})

test('a native text isolates names in right-to-left scripts and leaves all others as they are', () => {
  const t = nativeTranslatorFor('en')
  expect(t('history.forget-one', { name: 'סטודיו Flux' })).toBe(
    'Remove “\u2068סטודיו Flux\u2069” from history?',
  )
  expect(t('history.forget-one', { name: 'Flux' })).toBe('Remove “Flux” from history?')
  // Marks in the name itself are replaced before, so that a name can't end its own isolation.
  expect(t('history.forget-one', { name: '\u2069סטודיו' })).toBe(
    'Remove “\u2068\ufffdסטודיו\u2069” from history?',
  )
  expect(translatorFor('en')('history.forget-one', { name: 'סטודיו' })).toBe('Remove “סטודיו” from history?')
})

/** Texts in the source of a module: strings and the fixed parts of templates. */
function textsIn(path: string): string[] {
  const texts: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      texts.push(node.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest))
  return texts
}

test('uses typographic apostrophes in all languages and in the command line', () => {
  const texts = [
    ...locales.flatMap((locale) => Object.values<string>(catalogues[locale])),
    ...globSync(join(import.meta.dirname, '../../../electron/cli/**/*.ts')).flatMap(textsIn),
  ]
  expect(texts.filter((text) => /[a-z]'(?:[a-z]|\s)/i.test(text))).toEqual([])
})
