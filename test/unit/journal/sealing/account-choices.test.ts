import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { createStoredChoices } from '../../../../electron/journal/account-store.ts'
import { createSchema, journalVersion } from '../../../../electron/journal/schema.ts'
import { returnChoices, takeChoices } from '../../../../electron/journal/sealing/account-choices.ts'
import { createUploadStore } from '../../../../electron/journal/upload-store.ts'
import type { ChoiceName } from '../../../../electron/platform/environment.ts'
import { createTestEnvironment, standingClock } from '../../../support/hand-clock.ts'
import { uploadRecord } from '../../../support/records.ts'

/** A journal with these choices. */
function setup(stored: Partial<Record<ChoiceName, unknown>> = {}) {
  const database = new DatabaseSync(':memory:')
  onTestFinished(() => database.close())
  createSchema(database, journalVersion)
  const environment = createTestEnvironment(standingClock())
  const choices = createStoredChoices(database, environment)
  const set = (name: ChoiceName, value: unknown) =>
    void choices.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  for (const [name, value] of Object.entries(stored)) set(name as ChoiceName, value)
  return {
    database,
    set,
    get: (name: ChoiceName): unknown => {
      const text = choices.get(name)
      return text === null ? null : JSON.parse(text)
    },
    addUpload: (path: string) =>
      createUploadStore(database, environment).add([uploadRecord({ path, accountId: 'bob' })]),
    take: (hasOtherUsers: boolean) => takeChoices(database, ['alice'], hasOtherUsers),
  }
}

const teamOf = (accountId: string) => ({ accountId, teamId: 't' })
const lastTeam = (last: string, ...earlier: readonly string[]) => ({
  ...teamOf(last),
  earlier: earlier.map(teamOf),
})

test('takes the teams that an account has chosen, and returns them after those chosen since', () => {
  const { take, get, database, set } = setup({ team: lastTeam('alice', 'bob', 'carol') })
  const taken = take(true)
  expect(get('team')).toEqual(lastTeam('bob', 'carol'))
  set('team', lastTeam('carol'))
  returnChoices(database, taken)
  expect(get('team')).toEqual(lastTeam('carol', 'alice'))
})

test.for<[string, readonly string[], boolean, boolean]>([
  ['stay if another user is signed in', ['bob', 'alice'], true, true],
  ['stay if no team was chosen and another user is signed in', [], true, true],
  ['are removed if its team was chosen last', ['alice', 'bob'], true, false],
  ['are removed if no other user is signed in', ['bob', 'alice'], false, false],
])(
  'when an account is sealed, files that wait for a team %s',
  ([, [last, ...earlier], hasOtherUsers, stay]) => {
    const { take, get } = setup({
      'waiting-files': ['/a', '/b'],
      ...(last === undefined ? {} : { team: lastTeam(last, ...earlier) }),
    })
    take(hasOtherUsers)
    expect(get('waiting-files')).toEqual(stay ? ['/a', '/b'] : null)
  },
)

test('users who stay keep what is about folders of their files, and about no file', () => {
  const { take, get, addUpload, database } = setup({
    'known-folders': ['/bobs', '/bobs/models', '/alices', '/bobs/models/other'],
    'type-corrections': [
      { key: 'folder /bobs/models .safetensors', type: 'vae' },
      { key: 'folder /alices .safetensors', type: 'vae' },
      { key: 'base SDXL', type: 'loras' },
      { type: 'no key' },
    ],
  })
  addUpload('/bobs/models/a.safetensors')
  const taken = take(true)
  expect(get('known-folders')).toEqual(['/bobs', '/bobs/models'])
  expect(get('type-corrections')).toMatchObject([
    { key: 'folder /bobs/models .safetensors' },
    { key: 'base SDXL' },
  ])
  returnChoices(database, taken)
  expect(get('known-folders')).toEqual(['/bobs', '/bobs/models', '/alices', '/bobs/models/other'])
})
