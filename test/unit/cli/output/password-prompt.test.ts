import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { createPasswordPrompt } from '../../../../electron/cli/output/password-prompt.ts'

/** A prompt on a terminal, which has errors from `hangUp` on. */
function openPrompt() {
  const input = new PassThrough()
  const terminal = Object.assign(input, { isTTY: true, setRawMode: () => {} })
  const output = new PassThrough()
  const prompt = createPasswordPrompt(terminal, output as unknown as NodeJS.WriteStream, new EventEmitter())
  onTestFinished(() => prompt.close())
  return { input, output, prompt }
}

test('shows the question and what is typed, but not what is typed in secret', async () => {
  const { input, output, prompt } = openPrompt()
  const shown = () => String(output.read() ?? '')
  const visible = prompt.ask('Name: ')
  input.write('Ann\r')
  expect(await visible).toBe('Ann')
  expect(shown()).toMatch(/Name: .*Ann/)
  const hidden = prompt.ask('Password: ', { hidden: true })
  input.write('secret\r')
  expect(await hidden).toBe('secret')
  const written = shown()
  expect(written).toContain('Password: ')
  expect(written).not.toMatch(/[secrt]{6}/)
  // The line of the question ends although Enter is not shown.
  expect(written.endsWith('\n')).toBe(true)
  const again = prompt.ask('Name: ')
  input.write('Bob\r')
  await again
  expect(shown()).toContain('Bob')
})

test('reads lines of a pipe in order, whether they arrive before or after the question', async () => {
  const input = new PassThrough()
  const output = new PassThrough()
  const prompt = createPasswordPrompt(input, output as unknown as NodeJS.WriteStream)
  onTestFinished(() => prompt.close())
  const first = prompt.ask('Password: ', { hidden: true })
  input.write('one\ntwo\nthree\n')
  expect(await first).toBe('one')
  expect([await prompt.ask(''), await prompt.ask('')]).toEqual(['two', 'three'])
  const last = prompt.ask('')
  input.end()
  expect([await last, await prompt.ask('')]).toEqual([null, null])
  expect(output.read()).toBeNull()
})
