import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { startProgram } from '../../support/command-line.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { createOldJournal } from '../../support/old-journal.ts'
import { uploadRecord } from '../../support/records.ts'
import { unfinishedIn } from '../../support/rows-on-journal.ts'

/** A process that opens the journal and kills itself before the statement of this number of the migration. */
function migrateUntil(statement: number, folder: string) {
  const module = JSON.stringify(import.meta.resolve('../../../electron/journal/journal-file.ts'))
  const script = `import { DatabaseSync } from 'node:sqlite'
    import { openJournal } from ${module}
    const { exec } = DatabaseSync.prototype
    let number = 0
    DatabaseSync.prototype.exec = function (sql) {
      if (sql === 'BEGIN IMMEDIATE' || number > 0) number += 1
      if (number === ${statement}) process.kill(process.pid, 'SIGKILL')
      return exec.call(this, sql)
    }
    openJournal(process.argv[1], 0)`
  return startProgram([process.execPath, '--input-type=module', '-e', script, folder], {}).ended
}

test('kills in a migration lose no upload, wherever they hit', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-kills-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const records = Array.from({ length: 2_000 }, () => uploadRecord())
  createOldJournal(join(folder, 'journal.sqlite'), 14, records).close()
  let kills = 0
  while ((await migrateUntil(kills + 1, folder)).signal === 'SIGKILL') kills += 1
  expect(kills).toBeGreaterThan(5)
  const { database, damagedFile } = openJournal(folder, 0)
  expect(damagedFile).toBeNull()
  expect(unfinishedIn(createUploadStore(database, createTestEnvironment(standingClock())))).toEqual(records)
  database.close()
})
