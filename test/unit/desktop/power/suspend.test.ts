import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import { suspendCommand, suspendComputer } from '../../../../electron/desktop/power/suspend.ts'
import { standingClock, createTestEnvironment } from '../../../support/hand-clock.ts'

test.each([
  ['linux', 'systemctl suspend'],
  ['darwin', 'pmset sleepnow'],
] as const)('%s is suspended by a system command', (platform, line) => {
  const command = suspendCommand(platform)
  expect([command?.program, ...(command?.words ?? [])].join(' ')).toBe(line)
})

test('Windows is suspended rather than hibernated', () => {
  const { program, words } = suspendCommand('win32') ?? {}
  expect(program).toBe('powershell.exe')
  expect(words?.at(-1)).toContain("SetSuspendState('Suspend', $false, $false)")
})

test('an unknown system is not suspended, which is logged', () => {
  const { log, lines } = createTestEnvironment(standingClock())
  suspendComputer(suspendCommand('freebsd'), log)
  expect(lines.map(({ level, message }) => [level, message])).toEqual([
    ['warn', 'no command to suspend this system is known'],
  ])
})

test('suspending is logged, and nothing else if it succeeds', async () => {
  const { log, lines } = createTestEnvironment(standingClock())
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-suspend-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const done = join(folder, 'done')
  const script = `require('node:fs').mkdirSync(${JSON.stringify(done)})`
  suspendComputer({ program: process.execPath, words: ['--eval', script] }, log)
  await expect.poll(() => existsSync(done)).toBe(true)
  expect(lines.map(({ level, message }) => [level, message])).toEqual([
    ['info', 'all uploads have ended: suspending the computer'],
  ])
})

test('a missing program to suspend is logged', () => {
  const { log, lines } = createTestEnvironment(standingClock())
  suspendComputer({ program: 'no-such-program', words: [] }, log)
  expect(lines.slice(1)).toEqual([
    {
      level: 'error',
      message: 'the computer could not be suspended',
      facts: { error: 'no no-such-program' },
    },
  ])
})

test('a failure to suspend is logged', async () => {
  const { log, lines } = createTestEnvironment(standingClock())
  suspendComputer({ program: process.execPath, words: ['--eval', 'process.exit(4)'] }, log)
  await expect.poll(() => lines.at(-1)?.level).toBe('error')
  expect(lines.at(-1)).toMatchObject({
    message: 'the computer could not be suspended',
    facts: { error: { code: 4 } },
  })
})
