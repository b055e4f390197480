import process from 'node:process'
import { expect, test } from 'vitest'
import { suspendCommand, suspendComputer } from '../../../../electron/desktop/power/suspend.ts'
import { standingClock, testPorts } from '../../../support/hand-clock.ts'

test.each([
  ['linux', 'systemctl suspend'],
  ['darwin', 'pmset sleepnow'],
] as const)('%s is put to sleep by its own program', (platform, line) => {
  const command = suspendCommand(platform)
  expect([command?.program, ...(command?.words ?? [])].join(' ')).toBe(line)
})

test('Windows is put to sleep, not hibernated, by a call that takes its words as they are', () => {
  const { program, words } = suspendCommand('win32') ?? {}
  expect(program).toBe('powershell.exe')
  expect(words?.at(-1)).toContain("SetSuspendState('Suspend', $false, $false)")
})

test('a system without a known way is left awake, and that is written down', () => {
  const { log, lines } = testPorts(standingClock())
  suspendComputer(suspendCommand('freebsd'), log)
  expect(lines.map(({ level, message }) => [level, message])).toEqual([
    ['warn', 'no command to suspend this system is known'],
  ])
})

test('a system that refuses to sleep is written down', async () => {
  const { log, lines } = testPorts(standingClock())
  suspendComputer({ program: process.execPath, words: ['--eval', 'process.exit(4)'] }, log)
  await expect.poll(() => lines.at(-1)?.level).toBe('error')
  expect(lines.at(-1)).toMatchObject({
    message: 'the computer could not be suspended',
    facts: { error: { code: 4 } },
  })
})
