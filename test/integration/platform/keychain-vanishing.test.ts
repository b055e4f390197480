import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const run = promisify(execFile)

// A real gnome-keyring through the real keytar, which disappears while the app runs.

test.each([
  ['is locked', 'lock', 'locked'],
  ['dies', 'kill', 'absent'],
  ['goes with its session bus', 'killBus', 'absent'],
] as const)('keeps sign-ins in memory and reports it when the keyring %s', async (_what, how, state) => {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-vanishing-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }))
  const steps = join(import.meta.dirname, 'vanishing-keychain-program.ts')
  const { stdout } = await run(process.execPath, [steps, folder, how], { cwd: folder })
  expect(JSON.parse(stdout)).toEqual({
    before: { kept: { ok: true, value: 'first' }, state: 'ok' },
    after: { set: { ok: true }, used: { ok: true, value: 'second' }, state, again: state },
  })
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  const inFiles = files.filter(({ parentPath, name }) =>
    readFileSync(join(parentPath, name)).includes('second'),
  )
  expect(inFiles).toEqual([])
})
