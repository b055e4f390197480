import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)

test('the portal reports the colour scheme, initially and at each change', async () => {
  const program = join(import.meta.dirname, 'colour-scheme-process.ts')
  const { stdout } = await run('dbus-run-session', ['--', process.execPath, program])
  // The value before the portal's response is the fallback, as is that without a preference.
  expect(stdout.trim().split('\n')).toEqual(['light', 'dark', 'light', 'dark', 'light', 'light'])
})
