import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readme, readmeFile } from './fault-table.ts'

test('lists every fault in the README', async () => {
  expect(readFileSync(readmeFile, 'utf8')).toBe(await readme())
})
