import { renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { WatchWorkerClient } from '../../../../electron/discovery/watched-folders/watch-worker-client.ts'
import { createTestEnvironment, standingClock } from '../../../support/hand-clock.ts'
import { createModelFolder } from '../model-folder.ts'

/** Watches folders with the real thread. */
function setup(root: string) {
  const changed: string[] = []
  const ready: string[] = []
  const lost: string[] = []
  const client = new WatchWorkerClient({
    worker: new URL('../../../../electron/discovery/watched-folders/watch-worker.ts', import.meta.url),
    environment: createTestEnvironment(standingClock()),
    onFileChanged: (id, path) => changed.push(`${id} ${relative(root, path)}`),
    onReady: (id) => ready.push(id),
    onLost: (id, isRemoved) => lost.push(`${id} ${isRemoved ? 'is removed' : 'failed'}`),
  })
  onTestFinished(() => client.close())
  const write = (name: string) => writeFileSync(join(root, name), 'x')
  return { client, changed, ready, lost, write }
}

test('reports new and changed models, but no other files and no junk', async () => {
  const root = createModelFolder('watched/old.pt', 'watched/deep/a.pt', 'watched/.git/b.pt')
  const { client, changed, ready, write } = setup(root)
  client.start('one', join(root, 'watched'))
  await expect.poll(() => ready).toEqual(['one'])
  write('watched/.git/b.pt')
  write('watched/deep/notes.txt')
  write('watched/deep/new.pt')
  await expect.poll(() => changed).toContain('one watched/deep/new.pt')
  write('watched/old.pt')
  await expect.poll(() => changed).toContain('one watched/old.pt')
  expect([...new Set(changed)]).toEqual(['one watched/deep/new.pt', 'one watched/old.pt'])
})

test('watches another folder under the same id instead of the first', async () => {
  const root = createModelFolder('a/old.pt', 'b/old.pt')
  const { client, changed, ready, write } = setup(root)
  client.start('one', join(root, 'a'))
  await expect.poll(() => ready).toEqual(['one'])
  client.start('one', join(root, 'b'))
  await expect.poll(() => ready).toEqual(['one', 'one'])
  write('a/new.pt')
  write('b/new.pt')
  await expect.poll(() => changed).toContain('one b/new.pt')
  expect(changed).not.toContain('one a/new.pt')
})

test('reports changes of a folder that is a link, under the path of the link', async () => {
  const root = createModelFolder('real/deep/old.pt')
  symlinkSync(join(root, 'real'), join(root, 'link'), 'junction')
  const { client, changed, ready, write } = setup(root)
  client.start('one', join(root, 'link'))
  await expect.poll(() => ready).toEqual(['one'])
  write('real/deep/new.pt')
  await expect.poll(() => changed).toContain(`one ${join('link', 'deep', 'new.pt')}`)
})

test('reports at once that a folder is gone', async () => {
  const root = createModelFolder('watched/deep/old.pt')
  const { client, ready, lost } = setup(root)
  client.start('one', join(root, 'watched'))
  await expect.poll(() => ready).toEqual(['one'])
  renameSync(join(root, 'watched'), join(root, 'away'))
  await expect.poll(() => lost).toContain('one is removed')
})
