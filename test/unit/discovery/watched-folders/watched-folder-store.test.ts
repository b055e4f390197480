import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { migrate } from '../../../../electron/journal/schema.ts'
import { WatchedFolderStore } from '../../../../electron/discovery/watched-folders/watched-folder-store.ts'

const folder = (id: string) => ({
  id,
  path: `/models/${id}`,
  accountId: 'me',
  isPaused: false,
  rootId: null,
  team: { id: 'team', name: 'Studio' },
})
const file = (name: string, state: 'offered' | 'known' = 'offered') => ({
  path: `/models/${name}`,
  sizeBytes: 5,
  mtimeMs: 1.5,
  state,
})

function setup() {
  const database = new DatabaseSync(':memory:')
  database.exec('PRAGMA foreign_keys = ON')
  migrate(database)
  onTestFinished(() => database.close())
  /** Makes inserting the file `refused` fail, and undoes either the statement or the whole transaction. */
  const refuse = (by: 'ABORT' | 'ROLLBACK') =>
    database.exec(
      `CREATE TRIGGER refuse BEFORE INSERT ON watched_files WHEN NEW.path = '/models/refused'
       BEGIN SELECT RAISE(${by}, 'no room'); END`,
    )
  return { store: new WatchedFolderStore(database), refuse }
}

test.each(['ABORT', 'ROLLBACK'] as const)(
  'stores no folder without all its files, and the next write succeeds (%s)',
  (by) => {
    const { store, refuse } = setup()
    refuse(by)
    expect(() => store.add(folder('one'), [file('a'), file('refused')])).toThrow('no room')
    expect([store.list(), store.files('one')]).toEqual([[], []])
    store.add(folder('one'), [file('a')])
    expect([store.list(), store.files('one')]).toEqual([[folder('one')], [file('a')]])
  },
)

test('stores a pause and a new team for that folder only', () => {
  const { store } = setup()
  for (const id of ['one', 'two']) store.add(folder(id), [])
  const other = { id: 'lab', name: 'Lab' }
  store.setPaused('one', true)
  store.setTeam('two', 'you', other)
  expect(store.list()).toEqual([
    { ...folder('one'), isPaused: true },
    { ...folder('two'), accountId: 'you', team: other },
  ])
  store.setPaused('one', false)
  expect(store.list()[0]).toEqual(folder('one'))
})

test('stores unread folders apart from files, and replaces them when files in them are offered', () => {
  const { store } = setup()
  store.add(folder('one'), [file('a')], ['/models/x', '/models/y'])
  store.add(folder('two'), [], ['/models/x'])
  expect([store.files('one'), store.unreadFolders('one')]).toEqual([[file('a')], ['/models/x', '/models/y']])
  store.saveOffered('one', [file('x/b')], ['/models/y'])
  expect([store.files('one'), store.unreadFolders('one')]).toEqual([[file('a'), file('x/b')], ['/models/y']])
  expect(store.unreadFolders('two')).toEqual(['/models/x'])
})
