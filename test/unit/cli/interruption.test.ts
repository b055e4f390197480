import { EventEmitter } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import {
  endBySignal,
  endInterrupted,
  endOnSignals,
  interrupted,
  killIfBlocked,
  listenForInterruption,
} from '../../../electron/cli/interruption.ts'
import { trackThreads } from '../../../electron/platform/threads/track-threads.ts'

function setup() {
  const process = new EventEmitter() as NodeJS.Process
  const ended: number[] = []
  const interruption = listenForInterruption(process, (code) => void ended.push(code))
  return { interruption, ended, send: (signal: NodeJS.Signals) => void process.emit(signal, signal) }
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s interrupts the command with exit code %i', async (signal, code) => {
  const { interruption, ended, send } = setup()
  const work = interruption.race(new Promise(() => undefined))
  send(signal)
  expect(await work).toBe(interrupted)
  expect([interruption.signal.aborted, interruption.exitCode, ended]).toEqual([true, code, []])
})

test('a second signal ends the process with its own code', () => {
  const { interruption, ended, send } = setup()
  send('SIGINT')
  send('SIGTERM')
  expect([ended, interruption.exitCode]).toEqual([[143], 143])
})

test('work that ends first is not interrupted', async () => {
  const { interruption } = setup()
  expect(await interruption.race(Promise.resolve('done'))).toBe('done')
  expect(interruption.signal.aborted).toBe(false)
})

test('a closed terminal that is reported twice does not stop the pause', () => {
  const { interruption, ended, send } = setup()
  send('SIGHUP')
  send('SIGHUP')
  expect([ended, interruption.exitCode]).toEqual([[], 129])
})

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

test('a command without uploads ends by the first signal, as without listeners', () => {
  const { process, ends } = fakeProcess()
  process.on('SIGTERM', () => undefined)
  endOnSignals(process)
  process.emit('SIGTERM', 'SIGTERM')
  expect([ends, process.listenerCount('SIGTERM')]).toEqual([[[7, 'SIGTERM']], 0])
})

test('does not end the process on a signal once a command handles it', () => {
  const { process, ends } = fakeProcess()
  endOnSignals(process)()
  process.emit('SIGINT', 'SIGINT')
  expect(ends).toEqual([])
})

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

/** A process with a thread that ends when it is terminated unless `isBlocked`. */
function processWithThread({ isBlocked = false } = {}) {
  const { process, ends } = fakeProcess()
  process.getActiveResourcesInfo = () => []
  const threads = trackThreads(process)
  const thread = Object.assign(new EventEmitter(), {
    terminate() {
      if (!isBlocked) setImmediate(() => thread.emit('exit', 1))
    },
  }) as unknown as Worker
  ;(process as EventEmitter).emit('worker', thread)
  return { process, ends, threads }
}

test.each([
  ['normally once its threads have ended', false, ['exit']],
  ['by the signal if a thread is blocked', true, [[7, 'SIGINT']]],
])('an interrupted command ends %s', async (_, isBlocked, expected) => {
  const { process, ends, threads } = processWithThread({ isBlocked })
  const endProcess = () => void ends.push('exit')
  const fileCallsMs = isBlocked ? 0 : 60_000
  await endInterrupted(process, { exitCode: 130 }, { threads, endProcess, fileCallsMs })
  expect(ends).toEqual(expected)
})

test('the end of a command kills the process only if a thread is blocked', async () => {
  const blocked = processWithThread({ isBlocked: true })
  await killIfBlocked(blocked.process, blocked.threads, 0)
  expect(blocked.ends).toEqual([[7, 'SIGKILL']])
  const ending = processWithThread()
  await killIfBlocked(ending.process, ending.threads)
  await killIfBlocked(ending.process, new Set())
  expect(ending.ends).toEqual([])
})
