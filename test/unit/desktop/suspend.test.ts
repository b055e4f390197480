import process from 'node:process'
import { expect, test } from 'vitest'
import { sleepCommand, suspend } from '../../../electron/desktop/suspend.ts'
import { standingClock, testPorts } from '../../support/hand-clock.ts'

test.each([
  ['linux', 'systemctl suspend'],
  ['darwin', 'pmset sleepnow'],
  ['win32', 'rundll32.exe powrprof.dll,SetSuspendState 0,1,0'],
] as const)('%s is put to sleep by its own program', (platform, line) => {
  const command = sleepCommand(platform)
  expect([command?.program, ...(command?.words ?? [])].join(' ')).toBe(line)
})

test('a system without a known way is left awake, and that is written down', () => {
  const { log, lines } = testPorts(standingClock())
  suspend(sleepCommand('freebsd'), log)
  expect(lines.map(({ level, message }) => [level, message])).toEqual([
    ['warn', 'this system has no known way to sleep'],
  ])
})

test('a system that refuses to sleep is written down', async () => {
  const { log, lines } = testPorts(standingClock())
  suspend({ program: process.execPath, words: ['--eval', 'process.exit(4)'] }, log)
  await expect.poll(() => lines.at(-1)?.level).toBe('error')
  expect(lines.at(-1)).toMatchObject({
    message: 'the computer could not be put to sleep',
    facts: { error: { code: 4 } },
  })
})
