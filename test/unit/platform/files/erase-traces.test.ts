import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { eraseTraces } from '../../../../electron/platform/files/erase-traces.ts'

function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-traces-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const windowFile = join(folder, 'window.json')
  const logs = join(folder, 'logs')
  mkdirSync(logs)
  const warnings: unknown[] = []
  const warn = (_message: string, facts: unknown) => void warnings.push(facts)
  return { folder, logs, windowFile, erase: () => eraseTraces(folder, [logs], { warn }) }
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

test('deletes the logs and what is left of the window file, and nothing else', async () => {
  const { folder, logs, windowFile, erase } = setup()
  const kept = '{"width": 960}'
  writeFileSync(windowFile, kept)
  for (const name of ['window.unreadable-5.json', 'window.json.tmp-12', 'settings.json', 'modelferry.log'])
    writeFileSync(join(folder, name), '')
  for (const name of ['modelferry.log', 'modelferry.1.log', 'other.log', 'modelferry.log.txt'])
    writeFileSync(join(logs, name), '')
  expect(await erase()).toBe(true)
  expect(readdirSync(folder).sort()).toEqual(['logs', 'modelferry.log', 'settings.json', 'window.json'])
  expect(readdirSync(logs).sort()).toEqual(['modelferry.log.txt', 'other.log'])
  expect(readFileSync(windowFile, 'utf8')).toBe(kept)
})
