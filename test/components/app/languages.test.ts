import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure, success } from '../../../electron/contract/failures.ts'
import { openPage } from '../support/open-page.ts'
import { failedRow, registeredRow, row, sendingRow, signedOut } from '../support/rows.ts'

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

test('applies a change of language immediately', async () => {
  const { screen, emit } = await openPage({ rows })
  await expect.element(screen.getByRole('button', { name: 'History' })).toBeVisible()
  emit('surroundings', { version: '1.2.3', platform: 'linux', locale: 'zh-Hant', versions: {} })
  await expect.element(screen.getByRole('button', { name: '歷程記錄' })).toBeVisible()
})
