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

/** Other systems flush `/dev/null` or have none, and have no list of a process's open files. */
const testOnLinux = test.runIf(process.platform === 'linux')

/** It can be opened but not flushed (fdatasync(2), EINVAL). */
const unflushable = '/dev/null'

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-flush-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'log')
  writeFileSync(file, 'text')
  return file
}

/** Whether this process has the file open (proc_pid_fd(5)). */
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

test('a log is flushed at once, or the error is thrown', () => {
  const file = newFile()
  flushLogNow(file)
  expect(() => flushLogNow(`${file}-missing`)).toThrow('ENOENT')
})

test('a log is flushed without blocking, or each failure is returned and logged', async () => {
  const environment = createTestEnvironment(standingClock())
  const file = newFile()
  expect(await createLogFlush(file, environment)()).toEqual(success(undefined))
  expect(environment.lines).toEqual([])
  const failing = createLogFlush(`${file}-missing`, environment)
  for (let times = 1; times <= 2; times += 1) {
    expect(await failing()).toMatchObject({ ok: false, failure: { code: 'journal-trouble' } })
    expect(environment.lines).toHaveLength(times)
  }
})

testOnLinux('a flushed log is closed', async () => {
  const file = newFile()
  flushLogNow(file)
  expect(isOpen(file)).toBe(false)
  await createLogFlush(file, createTestEnvironment(standingClock()))()
  expect(isOpen(file)).toBe(false)
})

testOnLinux('an error of the disk is thrown, or returned', async () => {
  expect(() => flushLogNow(unflushable)).toThrow('EINVAL')
  const flush = createLogFlush(unflushable, createTestEnvironment(standingClock()))
  expect(await flush()).toMatchObject({ ok: false, failure: { code: 'journal-trouble' } })
})

test('without a log there is nothing to flush', async () => {
  const environment = createTestEnvironment(standingClock())
  expect(await createLogFlush(null, environment)()).toEqual(success(undefined))
})
