import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import { journalFile } from '../../../electron/journal/journal-file.ts'
import { readJournal, readUploadLogs } from '../../../electron/journal/journal-reader.ts'
import { createSchema } from '../../../electron/journal/schema.ts'

test('migrates a journal of an older version, as after an update', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-reader-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const old = new DatabaseSync(journalFile(folder))
  createSchema(old, 1)
  old.exec("INSERT INTO choices VALUES ('all-paused', 'yes')")
  old.close()
  expect(readJournal(folder)).toMatchObject({ ok: true, value: { allPaused: true } })
  expect(readUploadLogs(folder, 'a')).toEqual(success([]))
})
