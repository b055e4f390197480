import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure, success } from '../../../electron/contract/failures.ts'
import { catalogues, translatorFor, type MessageKey } from '../../../electron/messages/messages.ts'
import { dayName, firstQuietHours } from '../../../renderer/settings/quiet-hours.ts'
import { openPage } from '../support/open-page.ts'
import {
  failedRow,
  foundModel,
  foundPlace,
  foundView,
  registeredRow,
  row,
  sendingRow,
  settings,
  signedOut,
} from '../support/rows.ts'

const rows = [
  failedRow('Broken', failure('file-cut-short', { missingBytes: 12_000_000 })),
  sendingRow('Flux'),
  row('Grain'),
  registeredRow('Depth'),
]
/** Words of the interface that reveal an untranslated string. */
const english =
  /\b(Uploads|Waiting|Uploading|Failed|Pause|Settings|History|Needs|Running|Done|left|about|Try|Sign|min)\b/

test.each([
  ['zh-Hans', '上传中', '已入库', '需要处理'],
  ['zh-Hant', '上傳中', '已加入模型庫', '需要處理'],
] as const)('shows every view in %s', async (locale, sending, inLibrary, needsYou) => {
  const { screen, emit, rowOf } = await openPage({ locale, rows })
  const text = () => screen.container.textContent
  for (const words of [sending, inLibrary, needsYou]) await expect.poll(text).toContain(words)
  expect(text().match(english)).toBeNull()
  await userEvent.dblClick(rowOf('Depth'), { position: { x: 12, y: 12 } })
  await expect.poll(() => screen.getByRole('complementary').element().textContent.match(english)).toBeNull()
  for (const command of ['show-settings', 'show-history'] as const) {
    emit('command', command)
    await expect.poll(() => text().match(english)).toBeNull()
  }
  expect(document.documentElement.lang).toBe(locale)
})

test.each(['zh-Hans', 'zh-Hant'] as const)('shows the sign-in in %s', async (locale) => {
  const { screen } = await openPage({ locale, answers: { session: () => success(signedOut) } })
  await expect.poll(() => screen.container.textContent).toContain('Cyberun Cloud')
  expect(screen.container.textContent.match(english)).toBeNull()
})

test.each([
  ['en', ', ', ', '],
  ['zh-Hans', '、', '，'],
  ['zh-Hant', '、', '，'],
] as const)('joins names, and facts about one thing, as usual in %s', async (locale, names, facts) => {
  const group = { key: 'k1', name: 'lumina', kind: 'diffusers' } as const
  const depth = registeredRow('Depth')
  const { screen, emit, lines } = await openPage({
    locale,
    rows: [{ ...depth, recognition: { ...depth.recognition, group } }],
    answers: {
      modelStatus: () => success({ fileCount: 4, presentCount: 2, missing: ['a.json', 'b.json'] }),
      settings: () => success({ ...settings, quietHours: [{ ...firstQuietHours, days: [1, 2] }] }),
      findPlaces: () => success(foundView([foundPlace('1', { unreadable: ['x', 'y'], unreadableCount: 2 })])),
      foundModels: () => success([foundModel('ink')]),
    },
  })
  const text = () => screen.container.textContent
  await expect.poll(text).toContain(`a.json${names}b.json`)
  expect(lines()).toContainEqual(expect.stringContaining(`Depth${facts}SDXL${facts}1.0 GB`))
  emit('command', 'show-places')
  await expect.poll(text).toContain(`x${names}y`)
  await expect
    .poll(lines)
    .toContainEqual(expect.stringContaining(`ink.safetensors${facts}loras${facts}1.0 GB`))
  emit('command', 'show-settings')
  await expect.poll(text).toContain(`Aurora Studio${names}Night Lab`)
  const days = [1, 2].map((day) => dayName(day, locale, 'short')).join(names)
  await expect
    .element(screen.getByRole('group', { name: new RegExp(`${days} 09:00–18:00`) }))
    .toBeInTheDocument()
})

test('applies a change of language immediately', async () => {
  const { screen, emit } = await openPage({ rows })
  await expect.element(screen.getByRole('button', { name: 'History' })).toBeVisible()
  emit('surroundings', { version: '1.2.3', platform: 'linux', locale: 'zh-Hant', versions: {} })
  await expect.element(screen.getByRole('button', { name: '歷程記錄' })).toBeVisible()
})

test('every message used by the page exists in each language', () => {
  const params = new Proxy<Record<string, number>>({}, { get: () => 3, ownKeys: () => [] })
  const names = Object.keys(catalogues.en) as MessageKey[]
  for (const key of names) {
    const named = Object.fromEntries(
      [...catalogues.en[key].matchAll(/\{(\w+)/g)].map(([, name = '']) => [name, params[name] ?? 3]),
    )
    for (const locale of ['en', 'zh-Hans', 'zh-Hant'] as const) {
      expect(translatorFor(locale)(key, named), `${key} in ${locale}`).not.toMatch(/[{}]|^$/)
    }
  }
})
