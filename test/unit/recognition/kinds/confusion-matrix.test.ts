import { readFile } from 'node:fs/promises'
import { format, resolveConfig } from 'prettier'
import { expect, test } from 'vitest'
import { pageWithTable, recognitionPage } from '../../../support/runner/confusion-matrix.ts'

test('recognises every family by its file alone, as documented', async () => {
  const page = await readFile(recognitionPage, 'utf8')
  const config = await resolveConfig(recognitionPage)
  const now = await format(await pageWithTable(page), { ...config, parser: 'markdown' })
  expect(now).toBe(page)
  expect(page).toMatch(/^\d{3} families, (\d{3}) recognised, 0 misidentified\.$/m)
})
