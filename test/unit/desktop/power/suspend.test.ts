import { expect, test } from 'vitest'
import { suspendCommand } from '../../../../electron/desktop/power/suspend.ts'

test.each([
  ['linux', 'systemctl suspend'],
  ['darwin', 'pmset sleepnow'],
] as const)('%s is suspended by a system command', (platform, line) => {
  const command = suspendCommand(platform)
  expect([command?.program, ...(command?.words ?? [])].join(' ')).toBe(line)
})
