import { readFile } from 'node:fs/promises'
import { format, resolveConfig } from 'prettier'
import { expect, test } from 'vitest'
import { pageWithTable, recognitionPage } from '../../../support/confusion.ts'

test('every family is told from its file alone, and the page says so', async () => {
  const page = await readFile(recognitionPage, 'utf8')
  const config = await resolveConfig(recognitionPage)
  const now = await format(await pageWithTable(page), { ...config, parser: 'markdown' })
  expect(now).toBe(page)
  expect(page).toMatch(/^\d{3} families, (\d{3}) told right, 0 taken for another\.$/m)
})
