import { expect, test } from 'vitest'
import { createTextStream } from '../../../../electron/cli/output/text-stream.ts'

function createStream() {
  let written = ''
  const stream = createTextStream({ write: (text) => (written += text) })
  return { stream, written: () => written }
}

const hostile = 'a\u001b]0;x\u0007\u009b31m\n\u202eb\u2066\u007f'

test('JSON escapes such characters and keeps the value', () => {
  const { stream, written } = createStream()
  stream.json({ name: hostile })
  expect(written()).toMatch(/^[ -~]+\n$/)
  expect(JSON.parse(written())).toEqual({ name: hostile })
})
