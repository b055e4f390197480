import { expect, test } from 'vitest'
import { RecentFolders } from '../../../../electron/discovery/places/recent-folders.ts'

test('keeps the newest thirty folders, each once, newest first', () => {
  let text: string | null = 'not json'
  const folders = new RecentFolders({ get: () => text, set: (newText) => (text = newText) })
  expect(folders.list()).toEqual([])
  for (let index = 0; index < 40; index += 1) folders.add(`/f/${index}`)
  folders.add('/f/20')
  expect([folders.list().length, folders.list().slice(0, 2)]).toEqual([30, ['/f/20', '/f/39']])
})
