import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { createPasswordPrompt } from '../../../../electron/cli/output/password-prompt.ts'

/** A prompt on a terminal, which has errors from `hangUp` on. */
function openPrompt() {
  const input = new PassThrough()
  const fail = () => void input.emit('error', Object.assign(new Error('EIO'), { code: 'EIO' }))
  let isClosed = false
  const setRawMode = () => (isClosed ? fail() : undefined)
  const terminal = Object.assign(input, { isTTY: true, setRawMode }) as unknown as NodeJS.ReadStream
  const output = new PassThrough()
  const signals = new EventEmitter()
  const prompt = createPasswordPrompt(terminal, output as unknown as NodeJS.WriteStream, signals)
  onTestFinished(() => prompt.close())
  const hangUp = () => {
    isClosed = true
    fail()
  }
  return { input, output, prompt, signals, hangUp }
}

test('calls the listeners of the process on Ctrl-C, without sending a signal', async () => {
  const { input, prompt, signals } = openPrompt()
  const raised = EventEmitter.once(signals, 'SIGINT')
  void prompt.ask('Password: ')
  input.write('\u0003')
  expect(await raised).toEqual(['SIGINT'])
})

test('ends the input when the terminal is closed', async () => {
  const { prompt, hangUp } = openPrompt()
  const answer = prompt.ask('Password: ')
  hangUp()
  expect(await answer).toBeNull()
  prompt.close()
  // A read that was pending fails after the prompt.
  expect(hangUp).not.toThrow()
})

test('writes nothing more to the terminal once the command has closed the prompt', async () => {
  const { output, prompt } = openPrompt()
  const answer = prompt.ask('Password: ', { hidden: true })
  prompt.close()
  expect(await answer).toBeNull()
  expect(String(output.read())).toMatch(/Password: \S*$/)
})
