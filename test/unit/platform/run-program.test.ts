import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { suspendComputer } from '../../../electron/desktop/power/suspend.ts'
import { runProgram, systemProgramPath } from '../../../electron/platform/run-program.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelferry-path-'))
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH'] ?? ''}`)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

async function plant(name: string): Promise<void> {
  const file = join(folder, name)
  await writeFile(file, '#!/bin/sh\necho planted\n')
  await chmod(file, 0o755)
}

test('runs no program that is only on the PATH', async () => {
  await plant('modelferry-planted')
  expect(await runProgram('modelferry-planted', [])).toBe('')
  expect(await runProgram(join(folder, 'modelferry-planted'), [])).toBe('planted\n')
})

test('prefers the system’s program to one that comes first on the PATH', async () => {
  await plant('uname')
  expect(await runProgram('uname', ['-s'])).toBe('Linux\n')
})

test('suspends the computer with no program that is only on the PATH', async () => {
  await plant('modelferry-planted')
  const { log, lines } = createTestEnvironment(standingClock())
  suspendComputer({ program: 'modelferry-planted', words: [] }, log)
  expect(lines.at(-1)).toMatchObject({ level: 'error', message: 'the computer could not be suspended' })
})

test.each([
  ['darwin', 'pmset', '/usr/bin/pmset'],
  ['darwin', 'route', '/sbin/route'],
  ['darwin', 'networksetup', '/usr/sbin/networksetup'],
  ['linux', 'systemctl', '/usr/bin/systemctl'],
  ['linux', 'systemctl', '/run/current-system/sw/bin/systemctl'],
  ['win32', 'powershell.exe', 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe'],
] as const)('on %s finds %s at %s', (platform, name, path) => {
  vi.stubEnv('SystemRoot', 'C:\\Windows')
  expect(systemProgramPath(name, platform, (candidate) => candidate === path)).toBe(path)
})

test.each([undefined, '', '.', '\\\\server\\share', 'Windows'])(
  'does not look for Windows’ programs below SystemRoot=%j',
  (root) => {
    vi.stubEnv('SystemRoot', root)
    const looked: string[] = []
    systemProgramPath('powershell.exe', 'win32', (path) => looked.push(path) === 0)
    expect(looked.filter((path) => !path.startsWith('C:\\Windows\\System32\\'))).toEqual([])
  },
)
