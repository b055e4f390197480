import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { eraseTraces } from '../../../../electron/platform/files/traces.ts'

function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-traces-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const windowFile = join(folder, 'window.json')
  return { windowFile, erase: () => eraseTraces(folder, [], { warn: () => {} }) }
}

test('removes the last folder and keeps the position of the window', async () => {
  const { windowFile, erase } = setup()
  writeFileSync(windowFile, JSON.stringify({ lastFolder: '/home/ann/models', width: 960 }))
  expect(await erase()).toBe(true)
  expect(JSON.parse(readFileSync(windowFile, 'utf8'))).toEqual({ width: 960 })
})

test('deletes a damaged window file that may have the last folder', async () => {
  const { windowFile, erase } = setup()
  writeFileSync(windowFile, '{"lastFolder": "/home/ann/mod')
  expect(await erase()).toBe(true)
  expect(existsSync(windowFile)).toBe(false)
})
