import process from 'node:process'
import { expect, test } from 'vitest'
import { suspendCommand, suspendComputer } from '../../../../electron/desktop/power/suspend.ts'
import { standingClock, createTestEnvironment } from '../../../support/hand-clock.ts'

test.each([
  ['linux', 'systemctl suspend'],
  ['darwin', 'pmset sleepnow'],
] as const)('%s is suspended by a system command', (platform, line) => {
  const command = suspendCommand(platform)
  expect([command?.program, ...(command?.words ?? [])].join(' ')).toBe(line)
})

test('an unknown system is not suspended, which is logged', () => {
  const { log, lines } = createTestEnvironment(standingClock())
  suspendComputer(suspendCommand('freebsd'), log)
  expect(lines.map(({ level, message }) => [level, message])).toEqual([
    ['warn', 'no command to suspend this system is known'],
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
