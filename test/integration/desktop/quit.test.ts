import { EventEmitter } from 'node:events'
import process from 'node:process'
import type { Worker } from 'node:worker_threads'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { setupQuit } from '../../../electron/desktop/quit.ts'
import { app } from '../../electron-host/app.ts'
import { powerMonitor } from '../../electron-host/power.ts'
import type { HostWindow } from '../../electron-host/shapes.ts'
import { host, theApp } from '../../electron-host/state.ts'
import { event } from '../../electron-host/strict.ts'
import { removeAddedListeners } from '../../support/added-listeners.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
type Choice = 'finish-parts' | 'now' | null

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  return () => void vi.useRealTimers()
})

/** Work that ends when the test says so, and how often it was started. */
function pendingWork<T>() {
  let current = Promise.withResolvers<T>()
  const start = vi.fn(() => {
    current = Promise.withResolvers<T>()
    return current.promise
  })
  return {
    start,
    async end(value: T) {
      current.resolve(value)
      await settled()
    },
    async fail(error: Error) {
      current.reject(error)
      await settled()
    },
  }
}

/** Resolves when everything that does not wait for a timer or the test has happened. */
const settled = () => vi.advanceTimersByTimeAsync(0)

/** An app with this many running uploads, which is never really exited, and a record of what it does. */
function setup({ running = 0, isStuck = false, threads = new Set<Worker>() } = {}) {
  for (const emitter of [app, powerMonitor]) removeAddedListeners(emitter)
  removeAddedListeners(process, signals)
  const exit = vi.spyOn(app, 'exit').mockReturnValue(undefined)
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
  onTestFinished(() => {
    exit.mockRestore()
    kill.mockRestore()
    theApp().quitCancelled()
  })
  const { log, lines } = createTestEnvironment(standingClock())
  const question = pendingWork<Choice>()
  const parts = pendingWork<void>()
  const stopping = pendingWork<void>()
  const stopPausing = vi.fn()
  const flush = vi.fn(async () => {})
  const showWindow = vi.fn()
  const flushNow = vi.fn()
  const quitHandler = setupQuit({
    running: () => ({
      running,
      waiting: 0,
      unacknowledgedBytes: 5,
      canFinishParts: true,
      hasCommands: false,
    }),
    dialogs: { confirmQuit: question.start },
    showWindow,
    finishParts: parts.start,
    stopPausing,
    stop: stopping.start,
    isStuck: () => isStuck,
    threads,
    log: { ...log, flush, flushNow },
  })
  const count = () => ({
    asked: question.start.mock.calls.length,
    finishing: parts.start.mock.calls.length,
    stopPausing: stopPausing.mock.calls.length,
    stopping: stopping.start.mock.calls.length,
    exited: exit.mock.calls.length,
  })
  return {
    quitHandler,
    question,
    parts,
    stopping,
    flush,
    showWindow,
    flushNow,
    exit,
    kill,
    count,
    errors: () => lines.filter(({ level }) => level === 'error').map(({ message }) => message),
    async quit() {
      app.quit()
      await settled()
    },
  }
}

const nothing = { asked: 0, finishing: 0, stopPausing: 0, stopping: 0, exited: 0 }

/** A window that does not close by itself. */
function addWindow() {
  const window = Object.assign(new EventEmitter(), { close: vi.fn() })
  const id = -1
  host.windows.set(id, window as unknown as HostWindow)
  onTestFinished(() => void host.windows.delete(id))
  return window
}

test('quitting again while everything stops changes nothing', async () => {
  const { quitHandler, stopping, count, quit } = setup()
  await quit()
  await quit()
  expect(count()).toEqual({ ...nothing, stopping: 1 })
  expect(quitHandler.isStopped()).toBe(false)
  await stopping.end()
  expect(count()).toEqual({ ...nothing, stopping: 1, exited: 1 })
})

test('exits only after the log has been written', async () => {
  const { quitHandler, stopping, flush, count, quit } = setup()
  const written = Promise.withResolvers<void>()
  flush.mockReturnValue(written.promise)
  await quit()
  await stopping.end()
  expect([count().exited, quitHandler.isStopped()]).toEqual([0, false])
  written.resolve()
  await settled()
  expect([count().exited, quitHandler.isStopped()]).toEqual([1, true])
})

test('asks once while uploads run, and keeps running when that is cancelled', async () => {
  const { quitHandler, question, showWindow, count, quit } = setup({ running: 2 })
  await quit()
  // Quitting again shows the question, which may be behind other windows.
  await quit()
  expect(showWindow).toHaveBeenCalledTimes(1)
  expect(question.start.mock.calls).toMatchObject([[{ running: 2, unacknowledgedBytes: 5 }]])
  await question.end(null)
  expect(count()).toEqual({ ...nothing, asked: 1 })
  expect(quitHandler.isStopped()).toBe(false)
  await quit()
  expect(count()).toEqual({ ...nothing, asked: 2 })
})

test('quits although parts could not be finished', async () => {
  const { question, parts, stopping, errors, count, quit } = setup({ running: 1 })
  await quit()
  await question.end('finish-parts')
  await parts.fail(new Error('no journal'))
  await stopping.end()
  expect(count()).toMatchObject({ stopping: 1, exited: 1 })
  expect(errors()).toEqual(['parts could not be finished'])
})

test('quits although stopping failed', async () => {
  const { quitHandler, stopping, flush, errors, count, quit } = setup()
  await quit()
  await stopping.fail(new Error('no journal'))
  expect([count().exited, quitHandler.isStopped(), flush.mock.calls.length]).toEqual([1, true, 1])
  expect(errors()).toEqual(['stopping failed'])
})

test('waits at most ten seconds for everything to stop', async () => {
  const { quitHandler, errors, count, quit } = setup()
  await quit()
  await vi.advanceTimersByTimeAsync(9_999)
  expect([count().exited, quitHandler.isStopped()]).toEqual([0, false])
  await vi.advanceTimersByTimeAsync(1)
  expect([count().exited, quitHandler.isStopped()]).toEqual([1, true])
  expect(errors()).toEqual([])
})

test('exits after three seconds if a window does not close', async () => {
  const window = addWindow()
  const { stopping, exit, quit } = setup()
  await quit()
  await stopping.end()
  expect(window.close).toHaveBeenCalledTimes(1)
  // The time limit for stopping is over too.
  expect(vi.getTimerCount()).toBe(1)
  await vi.advanceTimersByTimeAsync(2_999)
  expect(exit).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(exit.mock.calls).toEqual([[0]])
})

test('a failed question leaves the app running, and quitting again asks again', async () => {
  const { question, errors, count, quit } = setup({ running: 1 })
  await quit()
  await question.fail(new Error('no display'))
  expect(count()).toEqual({ ...nothing, asked: 1 })
  expect(errors()).toEqual(['quitting failed'])
  await quit()
  expect(count()).toEqual({ ...nothing, asked: 2 })
})

test('a shutdown waits for uploads to stop, without a question and without finishing parts', async () => {
  const { stopping, count } = setup({ running: 1 })
  const shutdown = event()
  powerMonitor.emit('shutdown', shutdown)
  await settled()
  expect(shutdown.defaultPrevented).toBe(true)
  expect(count()).toEqual({ ...nothing, stopping: 1 })
  await stopping.end()
  expect(count().exited).toBe(1)
})

test('a shutdown that cannot be delayed stops uploads too', async () => {
  const { count } = setup({ running: 1 })
  powerMonitor.emit('shutdown')
  await settled()
  expect(count()).toEqual({ ...nothing, stopping: 1 })
})

test.each([null, 'now', 'finish-parts'] as const)(
  'a shutdown does not wait for an open question, whose answer %s is ignored',
  async (choice) => {
    const { quitHandler, question, stopping, count, quit } = setup({ running: 1 })
    await quit()
    powerMonitor.emit('shutdown', event())
    await settled()
    expect(count()).toEqual({ ...nothing, asked: 1, stopping: 1 })
    await question.end(choice)
    await stopping.end()
    expect(count()).toEqual({ ...nothing, asked: 1, stopping: 1, exited: 1 })
    expect(quitHandler.isStopped()).toBe(true)
  },
)

test.each(signals)('%s quits without a question, before other listeners', async (signal) => {
  const { stopping, count } = setup({ running: 1 })
  const [listener] = process.listeners(signal)
  listener?.(signal)
  await settled()
  expect(count()).toEqual({ ...nothing, stopping: 1 })
  await stopping.end()
  expect(count().exited).toBe(1)
})

test.each(['before', 'after'])(
  'nothing is asked after the session of a window opened %s has ended',
  async (when) => {
    const early = when === 'before' ? addWindow() : null
    const { count, quit, flushNow } = setup({ running: 1 })
    const window = early ?? new EventEmitter()
    if (!early) app.emit('browser-window-created', event(), window)
    window.emit('session-end')
    // Windows ends the process after the event.
    expect([count(), flushNow.mock.calls.length]).toEqual([nothing, 1])
    await quit()
    expect(count()).toEqual({ ...nothing, stopping: 1 })
  },
)

test.each(['query-session-end', 'session-end'])('%s ends the finishing of parts', async (name) => {
  const { question, count, quit } = setup({ running: 1 })
  const window = new EventEmitter()
  app.emit('browser-window-created', event(), window)
  await quit()
  await question.end('finish-parts')
  window.emit(name)
  expect(count()).toEqual({ ...nothing, asked: 1, finishing: 1, stopPausing: 1 })
})

test('quitting asks again after the user has cancelled the end of the session', async () => {
  const { count, quit } = setup({ running: 1 })
  const window = new EventEmitter()
  app.emit('browser-window-created', event(), window)
  window.emit('query-session-end')
  await quit()
  expect(count()).toEqual({ ...nothing, asked: 1 })
})

test.each([true, false])('ends the process at once if a call would keep it alive: %s', (isStuck) => {
  const { kill } = setup({ isStuck })
  app.emit('quit', event(), 0)
  expect(kill.mock.calls).toEqual(isStuck ? [[process.pid, 'SIGKILL']] : [])
})

test('ends the process at once if one of its threads has not ended', () => {
  const { kill } = setup({ threads: new Set([new EventEmitter() as Worker]) })
  app.emit('quit', event(), 0)
  expect(kill.mock.calls).toEqual([[process.pid, 'SIGKILL']])
})

test('an update finishes parts and stops everything, and quits later without a question', async () => {
  const { quitHandler, parts, stopping, count, quit } = setup({ running: 1 })
  let isDone = false
  void quitHandler.stop().then(() => (isDone = true))
  await settled()
  expect(count()).toEqual({ ...nothing, finishing: 1 })
  await parts.end()
  expect(count()).toEqual({ ...nothing, finishing: 1, stopping: 1 })
  expect([isDone, quitHandler.isStopped()]).toEqual([false, false])
  await stopping.end()
  expect([isDone, quitHandler.isStopped()]).toEqual([true, true])
  expect(count().exited).toBe(0)
  await quit()
  expect(count()).toEqual({ ...nothing, finishing: 1, stopping: 1, exited: 1 })
})

test('quitting during an update ends the finishing of parts', async () => {
  const { quitHandler, count, quit } = setup({ running: 1 })
  void quitHandler.stop()
  await quit()
  expect(count()).toEqual({ ...nothing, finishing: 1, stopPausing: 1 })
})
