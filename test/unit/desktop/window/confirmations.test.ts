import type { MessageBoxOptions } from 'electron'
import { expect, test } from 'vitest'
import { failure } from '../../../../electron/contract/failures.ts'
import { createConfirmations } from '../../../../electron/desktop/window/confirmations.ts'
import { nativeTranslatorFor } from '../../../../electron/messages/messages.ts'

const destination = { team: 'Studio', account: 'mira@example.org', server: 'cloud.example' }

const item = (name: string) => ({ name, path: `loras/${name}`, sizeBytes: 3_000_000 })

function setup(clicked = 0) {
  const boxes: MessageBoxOptions[] = []
  const kinds: string[] = []
  const confirmations = createConfirmations(
    async (box) => {
      boxes.push(box)
      return clicked
    },
    async (kind, show) => {
      kinds.push(kind)
      return show()
    },
    { locale: () => 'en', regionalTag: () => 'en', translate: () => nativeTranslatorFor('en') },
  )
  return { confirmations, boxes, kinds }
}

test('lists up to five of several models that are deleted, and counts the others', async () => {
  const { confirmations, boxes } = setup()
  const items = ['A', 'B', 'C', 'D', 'E', 'F'].map((name) => ({ name, path: null, sizeBytes: null }))
  await confirmations.confirmDeleting({ count: 8, items }, destination)
  expect(boxes[0]?.message).toBe('Delete 8 models from the library of Studio?')
  expect(boxes[0]?.detail?.split('\n').slice(0, 7)).toEqual([
    ...['• “A”', '• “B”', '• “C”', '• “D”', '• “E”', 'and 3 more'],
    '',
  ])
})

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

test('says that files are uploaded to another team again', async () => {
  const { confirmations, boxes, kinds } = setup()
  const items = [item('a.gguf')]
  const question = { count: 2, sizeBytes: 3_000_000, items, team: 'Studio', server: 'cloud.example' }
  expect(await confirmations.confirmOtherTeam(question)).toBe(true)
  expect(boxes[0]?.message).toBe('Upload 2 files (3.0 MB) to Studio too?')
  expect(boxes[0]?.detail).toMatch(
    /^• “a.gguf” · “loras\/a.gguf” · 3.0 MB\nand 1 more\n\n.*to cloud.example again/,
  )
  expect(kinds).toEqual(['other-team'])
})

test('names an unsafe file, what was found in it, and the team', async () => {
  const { confirmations, boxes, kinds } = setup()
  const finding = failure('file-dangerous', { imports: 'posix.system' })
  await confirmations.confirmUnsafe([{ ...item('old.ckpt'), finding }], destination)
  await confirmations.confirmUnsafe(
    ['a.pt', 'b.pt'].map((name) => ({ ...item(name), finding })),
    destination,
  )
  expect(kinds).toEqual(['unsafe', 'unsafe'])
  expect(boxes[0]).toMatchObject({
    message: '“old.ckpt” can run code. Upload it to Studio anyway?',
    buttons: ['Upload anyway', 'Cancel'],
    defaultId: 1,
  })
  expect(boxes[0]?.detail).toContain('posix.system')
  expect(boxes[1]?.message).toBe('2 files can run code. Upload them to Studio anyway?')
  expect(boxes[1]?.detail?.split('\n').slice(0, 2)).toEqual([
    '• “a.pt” · “loras/a.pt” · 3.0 MB',
    '• “b.pt” · “loras/b.pt” · 3.0 MB',
  ])
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
