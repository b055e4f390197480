import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeText } from '../../fixtures/model-files.ts'
import { imported, pickleOf } from '../../fixtures/pickles.ts'
import { setup } from '../../support/engine.ts'

test('accepts a refused linked file once the folder that it is in is added', async () => {
  const { app, folder } = await setup()
  const at = (name: string) => join(folder, 'files', name)
  await writeText(at('disk/old.pt'), pickleOf(imported('some_trainer.callbacks', 'Checkpoint')))
  await mkdir(at('drop'))
  await symlink(at('disk/old.pt'), at('drop/old.pt'))
  const [id = ''] = await app.add(at('drop'))
  expect(app.row(id).failure?.code).toBe('file-link')
  await app.add(at('drop'))
  expect(app.row(id).failure?.code).toBe('file-link')
  await app.add(at('disk'))
  expect(app.row(id).failure?.code).toBe('file-suspicious')
})
