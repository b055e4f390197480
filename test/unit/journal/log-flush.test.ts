import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import { createLogFlush, flushLogNow } from '../../../electron/journal/log-flush.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-flush-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'log')
  writeFileSync(file, 'text')
  return file
}

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
