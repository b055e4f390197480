import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openJournal } from '../../electron/journal/journal-file.ts'
import { createTestEnvironment, standingClock } from './hand-clock.ts'

/** A journal in its own folder, which is closed and removed after the test. */
export function openTestJournal() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-journal-'))
  const { database } = openJournal(folder, 0)
  onTestFinished(() => {
    if (database.isOpen) database.close()
    rmSync(folder, { recursive: true })
  })
  return { folder, database, environment: createTestEnvironment(standingClock()) }
}
