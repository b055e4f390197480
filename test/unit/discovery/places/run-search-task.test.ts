import { expect, test } from 'vitest'
import { searchFolders } from '../../../../electron/discovery/places/run-search-task.ts'
import type { SearchMessage } from '../../../../electron/discovery/places/search-messages.ts'
import {
  unresponsiveResult,
  type FolderSearchResult,
} from '../../../../electron/discovery/scan/search-folder.ts'

test('leaves out the other folders of a mount on which two don’t respond', async () => {
  const searched: string[] = []
  const messages: SearchMessage[] = []
  const folders = ['/none/a', '/none/b', '/none/c']
  const search = async (folder: string) => {
    searched.push(folder)
    return unresponsiveResult
  }
  await searchFolders(folders, (message) => void messages.push(message), search)
  expect(searched).toEqual(['/none/a', '/none/b'])
  expect(messages).toEqual(folders.map((folder) => ({ kind: 'folder', folder, ...unresponsiveResult })))
})

test('searches two folders of a mount at once, and one once another does not respond', async () => {
  const searched: string[] = []
  const posted: string[] = []
  const results = new Map<string, (result: FolderSearchResult) => void>()
  const search = (folder: string) => {
    searched.push(folder)
    return new Promise<FolderSearchResult>((resolve) => results.set(folder, resolve))
  }
  const healthy: FolderSearchResult = { models: [], incompleteReason: null, unread: [] }
  const folders = ['/none/a', '/none/b', '/none/c', '/none/d']
  const done = searchFolders(
    folders,
    (message) =>
      void (message.kind === 'folder' && posted.push(`${message.folder} ${message.incompleteReason}`)),
    search,
  )
  await expect.poll(() => searched).toEqual(['/none/a', '/none/b'])
  results.get('/none/a')?.(unresponsiveResult)
  await expect.poll(() => posted).toEqual(['/none/a too-slow'])
  expect(searched).toHaveLength(2)
  results.get('/none/b')?.(healthy)
  await expect.poll(() => searched).toEqual(['/none/a', '/none/b', '/none/c'])
  results.get('/none/c')?.(healthy)
  await expect.poll(() => searched).toEqual(folders)
  results.get('/none/d')?.(healthy)
  await done
  expect(posted.slice(1)).toEqual(['/none/b null', '/none/c null', '/none/d null'])
})
