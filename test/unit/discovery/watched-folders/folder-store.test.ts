import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { migrate } from '../../../../electron/journal/schema.ts'
import { createKeptFolders } from '../../../../electron/discovery/watched-folders/folder-store.ts'

const folder = (id: string) => ({
  ...{ id, path: `/models/${id}`, accountId: 'me', isPaused: false },
  team: { id: 'team', name: 'Studio' },
})
const file = (name: string, state: 'offered' | 'known' = 'offered') => ({
  ...{ path: `/models/${name}`, sizeBytes: 5, mtimeMs: 1.5, state },
})

function setup() {
  const database = new DatabaseSync(':memory:')
  database.exec('PRAGMA foreign_keys = ON')
  migrate(database)
  onTestFinished(() => database.close())
  /** Refuses files called `refused`, the way SQLite does when it undoes one statement or the whole transaction. */
  const refuse = (by: 'ABORT' | 'ROLLBACK') =>
    database.exec(
      `CREATE TRIGGER refuse BEFORE INSERT ON watched_files WHEN NEW.path = '/models/refused'
       BEGIN SELECT RAISE(${by}, 'no room'); END`,
    )
  return { database, kept: createKeptFolders(database), refuse }
}

test.each(['ABORT', 'ROLLBACK'] as const)(
  'a folder is not stored without all its files, and the next write succeeds (%s)',
  (by) => {
    const { kept, refuse } = setup()
    refuse(by)
    expect(() => kept.add(folder('one'), [file('a'), file('refused')])).toThrow('no room')
    expect([kept.list(), kept.files('one')]).toEqual([[], []])
    kept.add(folder('one'), [file('a')])
    expect([kept.list(), kept.files('one')]).toEqual([[folder('one')], [file('a')]])
  },
)

test('files are stored all or none, and a second failure leaves the folder usable too', () => {
  const { kept, refuse } = setup()
  kept.add(folder('one'), [file('a')])
  refuse('ABORT')
  for (let time = 0; time < 2; time += 1) {
    expect(() => kept.keep('one', [file('a', 'known'), file('refused')])).toThrow('no room')
    expect(kept.files('one')).toEqual([file('a')])
  }
  kept.keep('one', [file('a', 'known'), file('b')])
  expect(kept.files('one')).toEqual([file('a', 'known'), file('b')])
})

test('a folder that is stored already is refused and keeps its files', () => {
  const { kept } = setup()
  kept.add(folder('one'), [file('a')])
  expect(() => kept.add(folder('one'), [file('b')])).toThrow('UNIQUE')
  expect([kept.list(), kept.files('one')]).toEqual([[folder('one')], [file('a')]])
})

test('folders are listed in the order they were added, also after one was removed', () => {
  const { kept } = setup()
  for (const id of ['z', 'm', 'a']) kept.add(folder(id), [file(id)])
  kept.remove('m')
  kept.add(folder('k'), [])
  expect(kept.list().map(({ id }) => id)).toEqual(['z', 'a', 'k'])
})

test('a removed folder takes its files along, and leaves those of the others', () => {
  const { kept } = setup()
  for (const id of ['one', 'two']) kept.add(folder(id), [file(id)])
  kept.remove('one')
  expect([kept.files('one'), kept.files('two')]).toEqual([[], [file('two')]])
})

test('pausing and a new team are stored for that folder only', () => {
  const { kept } = setup()
  for (const id of ['one', 'two']) kept.add(folder(id), [])
  const other = { id: 'lab', name: 'Lab' }
  kept.setPaused('one', true)
  kept.setTeam('two', 'you', other)
  expect(kept.list()).toEqual([
    { ...folder('one'), isPaused: true },
    { ...folder('two'), accountId: 'you', team: other },
  ])
  kept.setPaused('one', false)
  expect(kept.list()[0]).toEqual(folder('one'))
})

test('a row that cannot be read is left out, and the others are listed', () => {
  const { database, kept } = setup()
  for (const id of ['one', 'two']) kept.add(folder(id), [file('a'), file('b')])
  // A later version may have states that this one does not have.
  database.exec(
    `PRAGMA ignore_check_constraints = ON;
     UPDATE watched_files SET state = 'unheard of' WHERE path = '/models/a'`,
  )
  expect(kept.files('one')).toEqual([file('b')])
})
