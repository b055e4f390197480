import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure, success } from '../../../electron/contract/failures.ts'
import { translatorFor } from '../../../electron/messages/messages.ts'
import { openPage } from '../support/open-page.ts'
import { failedRow, registeredRow, row, sendingRow, signedOut } from '../support/rows.ts'

const rows = [
  failedRow('Broken', failure('file-cut-short', { missingBytes: 12_000_000 })),
  sendingRow('Flux'),
  row('Grain'),
  registeredRow('Depth'),
]
/** Names, units, formats and what the rows of the test say; all other words are translated. */
const untranslated = new RegExp(
  [
    '[\\da-f]{32}|id-of-\\w+|models/[\\w/.]+|\\w+\\.safetensors|\\S+@\\S+|https?://\\S+|\\S+\\.example',
    'Cyberun( Cloud)?|Modelferry|Electron|AI|English|SHA-256|ID|Safetensors|GGUF|PyTorch|LoRA|SDXL|[kMG]B',
    'Broken|Flux|Grain|Depth|Aurora Studio|Night Lab|Mira Okafor|loras',
  ].join('|'),
  'g',
)

/** Visible text that contains English words. */
const englishIn = (element: HTMLElement) =>
  element.innerText.split('\n').filter((line) => /[A-Za-z]{2,}/.test(line.replaceAll(untranslated, '')))

test.each([
  ['zh-Hans', '上传中', '已入库', '需要处理'],
  ['zh-Hant', '上傳中', '已加入模型庫', '需要處理'],
] as const)('shows every view in %s', async (locale, sending, inLibrary, needsYou) => {
  const { screen, emit, rowOf } = await openPage({ locale, rows })
  const text = () => screen.container.textContent
  for (const words of [sending, inLibrary, needsYou]) await expect.poll(text).toContain(words)
  expect(englishIn(screen.container)).toEqual([])
  await userEvent.dblClick(rowOf('Depth'), { position: { x: 12, y: 12 } })
  await expect.poll(() => englishIn(screen.getByRole('complementary').element() as HTMLElement)).toEqual([])
  const say = translatorFor(locale)
  emit('command', 'show-settings')
  await expect.element(screen.getByRole('heading', { name: say('view.settings') })).toBeVisible()
  expect(englishIn(screen.container)).toEqual([])
  emit('command', 'show-history')
  await expect.element(screen.getByLabelText(say('history.search'))).toBeVisible()
  expect(englishIn(screen.container)).toEqual([])
  expect(document.documentElement.lang).toBe(locale)
})

test.each(['zh-Hans', 'zh-Hant'] as const)('shows the sign-in in %s', async (locale) => {
  const { screen } = await openPage({ locale, answers: { session: () => success(signedOut) } })
  await expect.poll(() => screen.container.textContent).toContain('Cyberun Cloud')
  expect(englishIn(screen.container)).toEqual([])
})

test('applies a change of language immediately', async () => {
  const { screen, emit } = await openPage({ rows })
  await expect.element(screen.getByRole('button', { name: 'History' })).toBeVisible()
  emit('surroundings', { version: '1.2.3', platform: 'linux', locale: 'zh-Hant', versions: {} })
  await expect.element(screen.getByRole('button', { name: '歷程記錄' })).toBeVisible()
})
