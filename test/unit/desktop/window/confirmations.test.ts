import type { MessageBoxOptions } from 'electron'
import { expect, test } from 'vitest'
import { failure } from '../../../../electron/contract/failures.ts'
import { createConfirmations } from '../../../../electron/desktop/window/confirmations.ts'
import { nativeTranslatorFor } from '../../../../electron/messages/messages.ts'

const destination = { team: 'Studio', account: 'mira@example.org', server: 'cloud.example' }

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

test('names the model that is deleted', async () => {
  const { confirmations, boxes, kinds } = setup()
  expect(await confirmations.confirmDeleting({ count: 1, names: ['Depth\n'] }, destination)).toBe(true)
  expect(await confirmations.confirmDeleting({ count: 1, names: [] }, destination)).toBe(true)
  expect(boxes.map(({ message }) => message)).toEqual([
    'Delete “Depth” from the library of Studio?',
    'Delete 1 model from the library of Studio?',
  ])
  expect(boxes[0]?.detail).not.toContain('•')
  expect(kinds).toEqual(['delete', 'delete'])
})

test('names up to five of several models that are deleted, and counts the others', async () => {
  const { confirmations, boxes } = setup()
  const names = ['A', 'B', 'C', 'D', 'E', 'F']
  await confirmations.confirmDeleting({ count: 8, names }, destination)
  await confirmations.confirmDeleting({ count: 2, names: ['A', 'x'.repeat(500)] }, destination)
  expect(boxes[0]?.message).toBe('Delete 8 models from the library of Studio?')
  expect(boxes[0]?.detail?.split('\n').slice(0, 7)).toEqual([
    ...['• A', '• B', '• C', '• D', '• E', 'and 3 more'],
    '',
  ])
  expect(boxes[1]?.detail?.split('\n').slice(0, 3)).toEqual(['• A', `• ${'x'.repeat(79)}…`, ''])
})

test('says that files are uploaded to another team again', async () => {
  const { confirmations, boxes, kinds } = setup()
  const question = { count: 2, sizeBytes: 3_000_000, team: 'Studio', server: 'cloud.example' }
  expect(await confirmations.confirmOtherTeam(question)).toBe(true)
  expect(boxes[0]?.message).toBe('Upload 2 files (3.0 MB) to Studio too?')
  expect(boxes[0]?.detail).toContain('to cloud.example again')
  expect(kinds).toEqual(['other-team'])
})

test('names the uploads that delete what they replace', async () => {
  const { confirmations, boxes } = setup()
  await confirmations.confirmReplacing({ count: 2, names: ['a.safetensors', 'b.safetensors'] })
  expect(boxes[0]).toMatchObject({ message: 'Delete the models that 2 uploads replace?' })
  expect(boxes[0]?.detail).toContain('• b.safetensors\n\n')
})

test('names an unsafe file, what was found in it, and the team', async () => {
  const { confirmations, boxes, kinds } = setup()
  const finding = failure('file-dangerous', { imports: 'posix.system' })
  await confirmations.confirmUnsafe([{ fileName: 'old.ckpt', finding }], destination)
  await confirmations.confirmUnsafe(
    ['a.pt', 'b.pt'].map((fileName) => ({ fileName, finding })),
    destination,
  )
  expect(kinds).toEqual(['unsafe', 'unsafe'])
  expect(boxes[0]).toMatchObject({
    message: 'Upload “old.ckpt” to Studio although it can run code?',
    buttons: ['Upload anyway', 'Cancel'],
    defaultId: 1,
  })
  expect(boxes[0]?.detail).toContain('posix.system')
  expect(boxes[1]?.message).toBe('Upload 2 files to Studio although they can run code?')
  expect(boxes[1]?.detail?.split('\n').slice(0, 2)).toEqual(['• a.pt', '• b.pt'])
})

test('shows a right-to-left name in what was found without replacement characters', async () => {
  const { confirmations, boxes } = setup()
  const finding = failure('file-dangerous', { imports: 'סטודיו' })
  await confirmations.confirmUnsafe([{ fileName: 'old.ckpt', finding }], destination)
  expect(boxes[0]?.detail).toContain('\u2068סטודיו\u2069')
  expect(boxes[0]?.detail).not.toContain('\ufffd')
})

test('shortens the watched folder, and cancels by default', async () => {
  const { confirmations, boxes } = setup(1)
  expect(await confirmations.confirmWatching(`/home/${'x'.repeat(5_000)}/inbox`, destination)).toBe(false)
  expect(boxes[0]?.message.length).toBeLessThan(150)
  // Windows would show labels as links.
  expect(boxes[0]).toMatchObject({ type: 'question', defaultId: 1, cancelId: 1, noLink: true })
  expect(boxes[0]?.buttons).toEqual(['Upload new models', 'Cancel'])
})
