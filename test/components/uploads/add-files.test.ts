import { tick } from 'svelte'
import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { openPage } from '../support/open-page.ts'
import { signedIn } from '../support/rows.ts'

const file = new File(['x'.repeat(64)], 'flux.safetensors')

function dragEvent(kind: string, ...files: readonly File[]): DragEvent {
  const dataTransfer = new DataTransfer()
  for (const one of files) dataTransfer.items.add(one)
  if (files.length === 0) dataTransfer.setData('text/plain', 'words')
  return new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true })
}

test('an empty queue offers the file picker and the search for models', async () => {
  const { screen, asked } = await openPage()
  await expect
    .element(screen.getByText('Drop model files here to upload them to Aurora Studio.', { exact: false }))
    .toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Add files…' }))
  expect(asked).toEqual([{ name: 'chooseFiles', args: { what: 'files' } }])
  await userEvent.click(screen.getByRole('button', { name: 'Find my models…' }))
  await expect.element(screen.getByRole('heading', { name: 'Find my models' })).toBeVisible()
})

test('dragging files over the window shows the target team until they leave', async () => {
  const { screen } = await openPage()
  document.body.dispatchEvent(dragEvent('dragenter', file))
  await expect.element(screen.getByText('Drop to upload to Aurora Studio', { exact: false })).toBeVisible()
  document.body.dispatchEvent(dragEvent('dragleave', file))
  await expect.poll(() => screen.getByText('Drop to upload to', { exact: false }).elements()).toEqual([])
})

test('a drop passes the File objects on unchanged', async () => {
  const { asked } = await openPage()
  const dropped = dragEvent('drop', file)
  document.body.dispatchEvent(dropped)
  await expect.poll(() => asked).toHaveLength(1)
  expect(asked[0]?.name).toBe('addFiles')
  const { files } = asked[0]?.args as { readonly files: readonly File[] }
  expect([files.length, files[0]?.name, files[0]?.size, files[0] instanceof File]).toEqual([
    1,
    'flux.safetensors',
    64,
    true,
  ])
  expect(dropped.defaultPrevented).toBe(true)
})

test('without a team a drop is accepted and waits for the choice', async () => {
  const { screen } = await openPage({ answers: { session: () => success({ ...signedIn(), chosen: null }) } })
  const over = dragEvent('dragover', file)
  document.body.dispatchEvent(over)
  await expect.element(screen.getByText('Drop to upload after you choose a team')).toBeVisible()
  expect(over.defaultPrevented).toBe(true)
})

test('dragged text is ignored', async () => {
  const { screen, asked } = await openPage()
  const dropHint = screen.getByText('Drop to upload to', { exact: false })
  document.body.dispatchEvent(dragEvent('dragenter'))
  document.body.dispatchEvent(dragEvent('drop'))
  await tick()
  expect([asked, dropHint.elements()]).toEqual([[], []])
})

test('shows the add report and opens the list of skipped files', async () => {
  const report = {
    added: 214,
    refused: 2,
    skipped: [
      { name: 'models/.DS_Store', reason: 'junk' },
      { name: 'output/picture.png', reason: 'outside-models', others: 12 },
      { name: 'shut/', reason: 'folder-unreadable' },
    ],
  }
  const { screen } = await openPage({ answers: { chooseFiles: () => success(report) } })
  await userEvent.click(screen.getByRole('button', { name: 'Add files…' }))
  await expect.element(screen.getByText('214 files added.', { exact: false })).toBeVisible()
  await expect.element(screen.getByText('2 can’t be uploaded.', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: '15 not added' }))
  const list = screen.getByRole('list', { name: 'Files that weren’t added' })
  for (const text of ['System or helper file, not a model', 'Folder can’t be read', '12 more'])
    await expect.element(list).toMatchTextContent(text)
  await userEvent.click(screen.getByRole('button', { name: 'Close', exact: true }))
  await expect.poll(() => screen.getByText('214 files added.', { exact: false }).elements()).toEqual([])
})

test('shows why files cannot be added', async () => {
  const { screen } = await openPage({ answers: { chooseFiles: () => failed(failure('journal-full')) } })
  await userEvent.click(screen.getByRole('button', { name: 'Add files…' }))
  await expect
    .element(
      screen
        .getByRole('alert')
        .getByText('The disk that stores the upload queue is full. Nothing was changed.', {
          exact: false,
        }),
    )
    .toBeVisible()
})
