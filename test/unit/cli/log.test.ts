import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runLogCommand } from '../../../electron/cli/commands/log.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { createUploadLogStore } from '../../../electron/journal/upload-log/upload-log-store.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'
import { uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

/** What `log` writes and returns for a queue with these uploads, each of which was paused once. */
function setup(records: readonly UploadRecord[]) {
  const { folder, database, environment } = rowsOnJournal(records)
  const logs = createUploadLogStore(database, environment)
  for (const { id } of records)
    logs.append(id, { kind: 'event', event: { event: 'paused', atMs: 1_000, reason: 'user' } })
  logs.flush()
  return {
    folder,
    log(upload: string, { json = false } = {}) {
      const { streams, out, err } = recordedStreams()
      return { code: runLogCommand({ name: 'log', upload, json }, folder, streams), out, err }
    },
  }
}

const first = uploadRecord({ id: 'first', fileName: 'a.safetensors', addedAtMs: 2_000 })
const second = uploadRecord({
  id: 'second',
  fileName: 'a.safetensors',
  addedAtMs: 1_000,
  phase: 'paused',
  team: { id: '', name: '' },
})
const other = uploadRecord({
  id: 'third',
  fileName: 'b.safetensors',
  target: { displayName: 'Night Style', modelType: 'loras', modelPath: 'models/loras/b.safetensors' },
})

test.each(['third', 'b.safetensors', 'B.SAFETENSORS', 'night style'])(
  'shows the log of the upload “%s” as lines of text',
  (idOrName) => {
    const { code, out, err } = setup([first, other]).log(idOrName)
    expect([code, err]).toEqual([exitCodes.ok, []])
    expect(out.join('\n')).toContain('b.safetensors')
    expect(out.at(-1)).toMatch(/1970-01-01T00:00:01\.000Z.*paused/i)
  },
)

test('writes the log as one JSON object', () => {
  const { code, out, err } = setup([first, other]).log('third', { json: true })
  expect([code, err, out.length]).toEqual([exitCodes.ok, [], 1])
  expect(JSON.parse(out.join('\n'))).toMatchObject({
    id: 'third',
    file: { name: 'b.safetensors' },
    events: [{ event: 'paused', at: '1970-01-01T00:00:01.000Z' }],
  })
})

test('an id names one of several uploads of a file, and the name lists them, the latest first', () => {
  const { log } = setup([first, second])
  expect(log('second').code).toBe(exitCodes.ok)
  expect(log('a.safetensors')).toEqual({
    code: exitCodes.someFailed,
    out: [],
    err: [
      '2 uploads have this name. Use the ID of one of them:',
      'first  1970-01-01T00:00:02.000Z  waiting     Studio North',
      'second  1970-01-01T00:00:01.000Z  paused      no team yet',
    ],
  })
})

test.each([
  ['lost.safetensors', ''],
  ['c.safetensors', ' Did you mean "b.safetensors"?'],
  ['Nigth Style', ' Did you mean "Night Style"?'],
])('says that no upload has the name “%s”', (name, hint) => {
  expect(setup([other]).log(name)).toEqual({
    code: exitCodes.someFailed,
    out: [],
    err: [`No upload has the ID or name "${name}".${hint}`],
  })
})

test('says why the queue can’t be read', () => {
  const { folder, log } = setup([first])
  const damaged = join(folder, 'damaged')
  mkdirSync(damaged)
  const { streams, err } = recordedStreams()
  writeFileSync(join(damaged, 'journal.sqlite'), 'no database'.repeat(100))
  expect(runLogCommand({ name: 'log', upload: 'first', json: false }, damaged, streams)).toBe(
    exitCodes.someFailed,
  )
  expect(err).toEqual([expect.stringContaining('(journal-trouble')])
  expect(log('first').code).toBe(exitCodes.ok)
})
