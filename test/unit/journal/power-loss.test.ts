import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { uploadRecord } from '../../support/records.ts'

/** A journal in use, and copies of it as they may be on the disk after a power failure. */
function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-power-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const environment = createTestEnvironment(standingClock())
  const { database } = openJournal(join(folder, 'used'), 0)
  onTestFinished(() => database.close())
  const wal = () => readFileSync(join(folder, 'used', 'journal.sqlite-wal'))
  return {
    store: createUploadStore(database, environment),
    walBytes: () => wal().length,
    /** Opens a copy whose log ends after `walBytes` and returns the ids in it. */
    openTruncated(walBytes: number) {
      const copy = join(folder, `copy ${walBytes}`)
      mkdirSync(copy)
      copyFileSync(join(folder, 'used', 'journal.sqlite'), join(copy, 'journal.sqlite'))
      writeFileSync(join(copy, 'journal.sqlite-wal'), wal().subarray(0, walBytes))
      const { database: copied, damagedFile } = openJournal(copy, 0)
      const ids = copied
        .prepare('SELECT id FROM uploads ORDER BY position')
        .all()
        .map(({ id }) => id)
      copied.close()
      return { ids, damagedFile }
    },
  }
}

test('a journal with a truncated log opens at its last complete commit', () => {
  const { store, walBytes, openTruncated } = setup()
  const commits = [0, 1, 2, 3].map((position) => {
    const record = uploadRecord({ position })
    store.add([record])
    return { id: record.id, walBytes: walBytes() }
  })
  const ids = commits.map(({ id }) => id)
  const [first, second] = commits
  expect(openTruncated(walBytes())).toEqual({ ids, damagedFile: null })
  expect(openTruncated(walBytes() - 1)).toEqual({ ids: ids.slice(0, 3), damagedFile: null })
  expect(openTruncated((second?.walBytes ?? 0) - 2_000)).toEqual({ ids: ids.slice(0, 1), damagedFile: null })
  expect(openTruncated(first?.walBytes ?? 0)).toEqual({ ids: ids.slice(0, 1), damagedFile: null })
})
