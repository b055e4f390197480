import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readme, readmeFile } from './list.ts'

test('the readme lists every fault with the sentence that the person reads', async () => {
  expect(readFileSync(readmeFile, 'utf8')).toBe(await readme())
})
