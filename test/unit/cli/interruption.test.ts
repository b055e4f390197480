import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { endBySignal, endInterrupted } from '../../../electron/cli/interruption.ts'

/** A process that records how it ends. */
function fakeProcess(platform: NodeJS.Platform = 'linux') {
  const ends: unknown[] = []
  const process = Object.assign(new EventEmitter(), {
    platform,
    pid: 7,
    kill: (...call: unknown[]) => void ends.push(call),
    exit: (code: number) => void ends.push(code),
  }) as unknown as NodeJS.Process
  return { process, ends }
}

test('on Windows, which has no signals, the process ends with the exit code of one', () => {
  const { process, ends } = fakeProcess('win32')
  endBySignal(process, 130)
  // Electron's `exit` returns. A kill would change the exit code.
  expect(ends).toEqual([130])
})

test.each([
  ['ends by the signal while file calls are blocked', ['FSReqCallback', 'Timeout'], [7, 'SIGTERM']],
  ['ends with its own exit code without file calls', ['Timeout'], 0],
])('a command that succeeds after a signal %s', async (_, resources, end) => {
  const { process, ends } = fakeProcess()
  process.getActiveResourcesInfo = () => resources
  const endProcess = () => void ends.push(0)
  await endInterrupted(process, { exitCode: 143 }, { threads: new Set(), endProcess, fileCallsMs: 0 })
  expect(ends).toEqual([end])
})
