import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const program = join(import.meta.dirname, 'dbus-process.ts')

test('calls methods, reads properties and receives signals of a bus', async () => {
  const { stdout } = await run('dbus-run-session', ['--', process.execPath, program])
  expect(JSON.parse(stdout)).toEqual({
    reply: [5, 'five'],
    emptyReply: [],
    unknownMember: null,
    unknownService: null,
    property: 40,
    missingProperty: 'undefined',
    missingBus: null,
    signals: [
      ['/sum', 'org.example.Sum', 'Added', [7]],
      ['/sum', 'org.example.Sum', 'Last', []],
    ],
  })
})
