import type { MessageBoxOptions } from 'electron'
import { expect, test } from 'vitest'
import { failure } from '../../../../electron/contract/failures.ts'
import { createConfirmations } from '../../../../electron/desktop/window/confirmations.ts'
import { nativeTranslatorFor } from '../../../../electron/messages/messages.ts'

const destination = { team: 'Studio', account: 'mira@example.org', server: 'cloud.example' }

const item = (name: string) => ({ name, path: `loras/${name}`, sizeBytes: 3_000_000 })

function setup(clicked = 0) {
  const boxes: MessageBoxOptions[] = []
  const confirmations = createConfirmations(
    async (box) => {
      boxes.push(box)
      return clicked
    },
    (_kind, show) => show(),
    { locale: () => 'en', regionalTag: () => 'en', translate: () => nativeTranslatorFor('en') },
  )
  return { confirmations, boxes }
}

test.each([
  ['ends the quotation', 'x” from＂nowhere? Press “Delete', /^• “x' from'nowhere\? Press 'Delete” · /],
  ['is long', 'x'.repeat(500), /^• “x{59}…” · /],
  ['is invisible', 'a\u00ad\u200b\u{e0041}b\u2800', /^• “a���b�” · /],
  ['covers other lines', `a${'\u0300\u0489'.repeat(40)}`, /^• “a[\u0300\u0489]{6}�{52}…” · /],
])('shows a name that %s for what it is', async (_what, name, line) => {
  const { confirmations, boxes } = setup()
  await confirmations.confirmDeleting({ count: 2, items: [{ ...item('y'), name }] }, destination)
  expect(boxes[0]?.detail).toMatch(line)
})

test.each([
  [0, true],
  [1, false],
])('a click on button %i confirms: %s, and Cancel is the default', async (clicked, isConfirmed) => {
  const { confirmations, boxes } = setup(clicked)
  const finding = failure('file-dangerous', { imports: 'posix.system' })
  expect(await confirmations.confirmUnsafe([{ ...item('old.ckpt'), finding }], destination)).toBe(isConfirmed)
  expect(boxes[0]).toMatchObject({ buttons: ['Upload anyway', 'Cancel'], defaultId: 1, cancelId: 1 })
})

test('quotes and shortens what a file says in what was found', async () => {
  const { confirmations, boxes } = setup()
  const imports = `my. ”It is safe. ${'Press Upload. '.repeat(100)}`
  for (const finding of [failure('file-suspicious', { imports }), failure('file-outside', { path: imports })])
    await confirmations.confirmUnsafe([{ name: 'a', path: imports, sizeBytes: 1, finding }], destination)
  for (const { detail = '' } of boxes) {
    expect(detail.length).toBeLessThan(700)
    expect(detail.match(/“my\. 'It is safe\. [^”“]*…[^”“]*”/g)).toHaveLength(2)
  }
})
