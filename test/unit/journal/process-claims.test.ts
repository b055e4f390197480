import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createOtherProcessCheck, renewRegularly } from '../../../electron/journal/process-claims.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { createUploadStore, type UploadStore } from '../../../electron/journal/upload-store.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { valueOf } from '../../support/engine.ts'
import { uploadRecord } from '../../support/records.ts'

/** A journal that several processes open, each with its id of the boot. */
function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-processes-'))
  const environment = createTestEnvironment(standingClock())
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return (runner: string, readBootId: () => string) => {
    const { database } = openJournal(folder, 0)
    onTestFinished(() => void (database.isOpen && database.close()))
    return { database, store: createUploadStore(database, runner, environment, readBootId) }
  }
}

const ids = (records: readonly { readonly id: string }[]) => records.map(({ id }) => id)

test.each([
  ['ids', 'id 1', 'id 2'],
  ['times', 'booted at 1000', 'booted at 100000'],
])(
  'claims rows of a process from before a reboot although its pid is in use (%s)',
  (_of, earlier, current) => {
    const start = setup()
    const [record, ofOlderVersion] = [uploadRecord(), uploadRecord()]
    for (const [runner, upload, boot] of [
      ['theirs', record, earlier],
      ['older', ofOlderVersion, null],
    ] as const) {
      const { store, database } = start(runner, () => earlier)
      store.add([upload])
      database.prepare('UPDATE runners SET pid = ?, boot = ? WHERE id = ?').run(process.ppid, boot, runner)
    }
    const { store, database } = start('ours', () => current)
    expect(ids(store.unclaimed())).toEqual([record.id])
    expect(valueOf(store.claimQueueIds())).toEqual([record.id])
    const runners = database.prepare('SELECT id FROM runners ORDER BY id').all()
    expect(runners).toEqual([{ id: 'older' }, { id: 'ours' }])
  },
)

/** Two processes of a computer without boot ids, of which the other one has an upload. */
function startWithoutBootIds() {
  const start = setup()
  let clockErrorMs = 0
  const readBootId = () => `booted at ${1_790_000_000_000 + clockErrorMs}`
  const [theirs, ours] = [start('theirs', readBootId), start('ours', readBootId)]
  const record = uploadRecord()
  theirs.store.add([record])
  // A runner with the id of this process would be one from before a reboot.
  theirs.database.prepare('UPDATE runners SET pid = ?').run(process.ppid)
  const claimed = () => [ids(ours.store.unclaimed()), valueOf(ours.store.claimQueueIds())].flat()
  return {
    store: theirs.store,
    record,
    claimed,
    setClock: (errorMs: number) => void (clockErrorMs = errorMs),
  }
}

const renewals: [string, (store: UploadStore, record: UploadRecord) => unknown][] = [
  ['a change', (store, record) => store.save([record])],
  ['an unflushed change', (store, record) => store.save([record], { isFlushed: false })],
  ['a transaction', (store, record) => store.transaction(() => store.save([record]))],
  ['a part', (store, record) => store.parts.add(record.id, { number: 1, etag: '"1"', checksum: 1 })],
  ['a part of an upload worker', (store) => store.parts.flush()],
  ['a claimed file', (store, record) => store.claimFile(record)],
  ['its renewal', (store) => store.renewClaims()],
]

test.each(renewals)(
  'a process keeps its uploads after the clock was set forward, with %s',
  (_what, renew) => {
    const { store, record, claimed, setClock } = startWithoutBootIds()
    setClock(3_600_000)
    renew(store, record)
    expect(claimed()).toEqual([])
  },
)

test.each(renewals)('a process keeps its uploads while the clock drifts, with %s', (_what, renew) => {
  const { store, record, claimed, setClock } = startWithoutBootIds()
  for (const driftMs of [40_000, 80_000]) {
    setClock(driftMs)
    expect(claimed()).toEqual([])
    renew(store, record)
  }
})

test('a process that was set back with the clock has ended after a reboot', () => {
  const { store, record, claimed, setClock } = startWithoutBootIds()
  setClock(-3_600_000)
  store.save([record])
  setClock(0)
  expect(new Set(claimed())).toEqual(new Set([record.id]))
})

test('claims are renewed each minute only where boots have no id', () => {
  const { timers, advance, waits } = standingClock()
  let count = 0
  renewRegularly(() => (count += 1), timers, 'id 1')
  expect(waits()).toEqual([])
  const stop = renewRegularly(() => (count += 1), timers, 'booted at 1000')
  advance(60_000)
  advance(60_000)
  stop()
  expect([count, waits()]).toEqual([2, []])
})

test('another process has uploads while it lives, and its last state is known once the journal is closed', () => {
  const { database } = setup()('ours', () => 'this boot')
  const hasOthers = createOtherProcessCheck(database)
  // This process does not count.
  expect(hasOthers()).toBe(false)
  const insert = database.prepare('INSERT INTO runners (id, pid) VALUES (?, ?)')
  insert.run('theirs', process.ppid)
  expect(hasOthers()).toBe(true)
  database.exec("DELETE FROM runners WHERE id = 'theirs'")
  expect(hasOthers()).toBe(false)
  insert.run('theirs', process.ppid)
  expect(hasOthers()).toBe(true)
  const again = createOtherProcessCheck(database)
  database.close()
  expect([hasOthers(), again()]).toEqual([true, false])
})
