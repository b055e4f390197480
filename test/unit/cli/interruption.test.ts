import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { interrupted, listenForInterruption } from '../../../electron/cli/interruption.ts'

function setup() {
  const process = new EventEmitter() as NodeJS.Process
  const ended: number[] = []
  const interruption = listenForInterruption(process, (code) => void ended.push(code))
  return { interruption, ended, send: (signal: NodeJS.Signals) => void process.emit(signal, signal) }
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
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
