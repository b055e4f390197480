import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { failure } from '../../../electron/contract/errors.ts'
import { createCommands } from '../../../electron/uploads/commands.ts'
import { openJournal } from '../../../electron/uploads/journal-file.ts'
import { createRows } from '../../../electron/uploads/rows.ts'
import { createStore } from '../../../electron/uploads/store.ts'
import { standingClock, testPorts } from '../../support/hand-clock.ts'
import { uploadRecord } from '../../support/records.ts'
import { handQueue, stopped } from './hand-queue.ts'

/** Commands over a queue whose runs end only when the test says so. */
function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-commands-'))
  const ports = testPorts(standingClock())
  const { database } = openJournal(folder, 0)
  const rows = createRows({
    ...{ store: createStore(database, 'me', ports), ports },
    changed: () => {},
    moved: () => {},
  })
  onTestFinished(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  const { queue, run } = handQueue({ atOnce: 4 })
  const commands = createCommands({
    ...{ rows, queue, forget: () => {}, leftBehind: () => {} },
    inspect: () => Promise.reject(new Error('nothing is looked at here')),
  })
  return {
    ...{ rows, queue, run, commands },
    add() {
      const record = uploadRecord()
      rows.add([record])
      return record.id
    },
    /** One whose disk is gone: outside the queue, until whoever looks for the disk queues it. */
    addAway() {
      const record = uploadRecord()
      rows.add([record])
      rows.happen(record.id, 'begin')
      rows.happen(record.id, 'trouble', { failure: failure('disk-missing', { folder: '/disk' }) })
      return record.id
    },
  }
}

test.each(['pause', 'cancel'] as const)(
  'a disk that returns while others still stop starts nothing that was told to %s',
  async (command) => {
    const { rows, queue, run, commands, add, addAway } = setup()
    const [running, away] = [add(), addAway()]
    queue.add([running])
    const obeyed = commands[command]([running, away])
    queue.add([away])
    await run(running).end(stopped)
    await setImmediate()
    expect(run(away).signal.aborted).toBe(true)
    await run(away).end(stopped)
    expect(await obeyed).toMatchObject({ ok: true })
    expect([queue.has(running), queue.has(away)]).toEqual([false, false])
    const phases = [running, away].map((id) => rows.get(id)?.live.phase)
    expect(phases).toEqual(command === 'pause' ? ['paused', 'paused'] : [undefined, undefined])
  },
)

test('what is in no queue is paused at once: nothing can come in between', () => {
  const { rows, commands, addAway } = setup()
  const id = addAway()
  void commands.pause([id])
  expect(rows.get(id)?.live.phase).toBe('paused')
})
