import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import { journalFile } from '../../../electron/journal/journal-file.ts'
import { createLogFlush, flushLogNow, logFileOf } from '../../../electron/journal/log-flush.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { openTestJournal } from '../../support/test-journal.ts'

/** It can be opened but not flushed (fdatasync(2), EINVAL). */
const unflushable = '/dev/null'

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-flush-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'log')
  writeFileSync(file, 'text')
  return file
}

const isOpen = (file: string) =>
  readdirSync('/proc/self/fd').some((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`) === file
    } catch {
      return false // closed meanwhile
    }
  })

test('a journal has a log beside it, and a database in memory or without a write-ahead log has none', () => {
  const { folder, database } = openTestJournal()
  expect(logFileOf(database)).toBe(`${journalFile(folder)}-wal`)
  database.exec('PRAGMA journal_mode = DELETE')
  expect(logFileOf(database)).toBeNull()
  const inMemory = new DatabaseSync(':memory:')
  expect(logFileOf(inMemory)).toBeNull()
  inMemory.close()
})

test('a log is flushed at once and closed, or the error of its disk is thrown', () => {
  const file = newFile()
  flushLogNow(file)
  expect(isOpen(file)).toBe(false)
  expect(() => flushLogNow(unflushable)).toThrow('EINVAL')
  expect(() => flushLogNow(`${file}-missing`)).toThrow('ENOENT')
})

test('a log is flushed without blocking and closed, or its failure is returned and logged', async () => {
  const environment = createTestEnvironment(standingClock())
  const file = newFile()
  expect(await createLogFlush(file, environment)()).toEqual(success(undefined))
  expect([isOpen(file), environment.lines]).toEqual([false, []])
  const failing = createLogFlush(unflushable, environment)
  for (let times = 1; times <= 2; times += 1) {
    expect(await failing()).toMatchObject({ ok: false, failure: { code: 'journal-trouble' } })
    expect(environment.lines).toHaveLength(times)
  }
})

test('without a log there is nothing to flush', async () => {
  const environment = createTestEnvironment(standingClock())
  expect(await createLogFlush(null, environment)()).toEqual(success(undefined))
})
