import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTextStream } from '../../../../electron/cli/output/text-stream.ts'

function createStream() {
  let written = ''
  const stream = createTextStream({ write: (text) => (written += text) })
  return { stream, written: () => written }
}

const hostile = 'a\u001b]0;x\u0007\u009b31m\n\u202eb\u2066\u007f'

test('a line stays one line and contains nothing that controls the terminal', () => {
  const { stream, written } = createStream()
  stream.line(hostile)
  expect(written()).toBe('a�]0;x��31m��b��\n')
})

test('JSON escapes such characters and keeps the value', () => {
  const { stream, written } = createStream()
  stream.json({ name: hostile })
  expect(written()).toMatch(/^[ -~]+\n$/)
  expect(JSON.parse(written())).toEqual({ name: hostile })
})

test('JSON keeps other characters readable', () => {
  const { stream, written } = createStream()
  stream.json({ name: '水墨 é' })
  expect(written()).toBe('{"name":"水墨 é"}\n')
})

test('keeps the first error of its stream, instead of ending the process', () => {
  const terminal = Object.assign(new EventEmitter(), { write: () => undefined })
  const stream = createTextStream(terminal)
  expect(stream.error).toBeNull()
  const first = new Error('EPIPE')
  terminal.emit('error', first)
  terminal.emit('error', new Error('EIO'))
  expect(stream.error).toBe(first)
})

test('is flushed once its stream has taken everything', async () => {
  let take = () => {}
  const stream = createTextStream({ write: (_text, done) => (take = () => done?.()) })
  let isFlushed = false
  const flushed = stream.flush().then(() => (isFlushed = true))
  await setImmediate()
  expect(isFlushed).toBe(false)
  take()
  await flushed
  expect(isFlushed).toBe(true)
})
