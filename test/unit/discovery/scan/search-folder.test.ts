import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { searchFolder } from '../../../../electron/discovery/scan/search-folder.ts'

const limits = { entries: 1_000, walkMs: 60_000, graceMs: 60_000 }

function folder(): string {
  const root = mkdtempSync(join(tmpdir(), 'modelferry-folder-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const name of ['a', 'b', 'c']) {
    mkdirSync(join(root, name))
    writeFileSync(join(root, name, 'x.safetensors'), Buffer.alloc(2_000, 1))
  }
  return root
}

const told = async (path: string, change: Partial<typeof limits> = {}) => {
  const { models, cut } = await searchFolder(path, { ...limits, ...change })
  return [models.length, cut]
}

test('a folder is looked through to its end, or says why not', async () => {
  const root = folder()
  expect(await told(root)).toEqual([3, null])
  expect(await told(root, { entries: 5 })).toEqual([1, 'too-many'])
  expect(await told(root, { walkMs: -1 })).toEqual([0, 'too-slow'])
  expect(await told(join(root, 'none'))).toEqual([0, 'gone'])
})

test('a folder that can’t be opened is not taken for an empty one', async () => {
  const root = folder()
  symlinkSync('circle', join(root, 'circle'))
  expect(await told(join(root, 'circle'))).toEqual([0, 'unreadable'])
})

test('a disk that doesn’t answer is left behind', async () => {
  const unanswered = () => new Promise<never>(() => {})
  const given = { ...limits, walkMs: 1, graceMs: 1 }
  expect(await searchFolder(folder(), given, unanswered)).toEqual({ models: [], cut: 'too-slow' })
})
