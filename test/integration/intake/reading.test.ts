import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ReadingView } from '../../../electron/contract/uploads.ts'
import { valueOf } from '../../support/engine.ts'
import { leasedFile } from '../../support/leased-file.ts'
import { addFiles, setupReview, viewOf } from '../../support/review.ts'

test('stopping a folder of 3,000 files on a disk that does not respond adds nothing', async () => {
  const { app, folder, open } = await setupReview()
  const models = join(folder, 'models')
  mkdirSync(models)
  for (let index = 0; index < 3_000; index += 1) writeFileSync(join(models, `${index}.safetensors`), '')
  const slow = await leasedFile()
  const views: (ReadingView | null)[] = []
  app.engine.subscribe({ reading: (view) => views.push(view) })

  const adding = addFiles(app, [slow.path, models])
  await expect.poll(() => views.at(-1)).toEqual({ foundCount: 3_001, checkedCount: 0 })
  expect(valueOf(await app.calls.stopReading(undefined))).toBe(true)
  expect(await adding).toEqual({ added: 0, refused: 0, skipped: [] })
  expect(views.at(-1)).toBeNull()
  slow.release()
  expect([app.rows(), await viewOf(app)]).toEqual([[], null])
  await app.stop()
  expect((await open()).rows()).toEqual([])
})

test('stopping removes the files that were checked before', async () => {
  const { app, file } = await setupReview()
  const slow = await leasedFile()
  const paths = await Promise.all(Array.from({ length: 100 }, (_, index) => file(`${index}.safetensors`)))
  const adding = addFiles(app, [...paths, slow.path])
  await expect.poll(() => viewOf(app)).toMatchObject({ fileCount: 100, inspectingCount: 1 })
  expect(valueOf(await app.calls.stopReading(undefined))).toBe(true)
  expect(await adding).toEqual({ added: 0, refused: 0, skipped: [] })
  await expect.poll(() => [app.rows().length]).toEqual([0])
  slow.release()
  expect(valueOf(await app.calls.stopReading(undefined))).toBe(false)
})

test('the next start adds a folder that was being read when the app was quit', async () => {
  const { app, file, folder, open } = await setupReview()
  await file('a.safetensors')
  const adding = addFiles(app, [join(folder, 'files')])
  await app.stop()
  expect(await adding).toEqual({ added: 0, refused: 0, skipped: [] })
  const next = await open()
  await expect.poll(() => next.rows()).toMatchObject([{ fileName: 'a.safetensors', phase: 'review' }])
})

test('names a folder without models', async () => {
  const { app, folder } = await setupReview()
  mkdirSync(join(folder, 'Holiday'))
  expect(await addFiles(app, [join(folder, 'Holiday')])).toMatchObject({ added: 0, emptyFolder: 'Holiday' })
})
