import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { downloadSuffixes } from '../../../../electron/recognition/file-names.ts'
import { exists, isGone, isWhole, lookAt } from '../../../../electron/discovery/watched-folders/file-state.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'modelferry-looks-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
})
const at = (name: string) => join(root, name)

test('a file that cannot be opened is not whole', async () => {
  expect(await isWhole(at('missing'))).toBe(false)
  if (process.platform === 'win32') return
  // Not even an administrator can open a socket as a file.
  const server = createServer().listen(at('socket'))
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  expect([await exists(at('socket')), await isWhole(at('socket'))]).toEqual([true, false])
})

test('a file beside which a download has left its mark is not whole', async () => {
  writeFileSync(at('m.safetensors'), 'x')
  expect(await isWhole(at('m.safetensors'))).toBe(true)
  for (const suffix of downloadSuffixes) {
    writeFileSync(at(`m.safetensors${suffix}`), '')
    expect(await isWhole(at('m.safetensors')), suffix).toBe(false)
    rmSync(at(`m.safetensors${suffix}`))
  }
  expect(await isWhole(at('m.safetensors'))).toBe(true)
})

test('a look gives size and time of a file, and nothing for a folder or a missing path', async () => {
  writeFileSync(at('m'), 'four')
  mkdirSync(at('folder'))
  expect(await lookAt(at('m'))).toEqual({ sizeBytes: 4, mtimeMs: expect.any(Number) as number })
  expect([await lookAt(at('folder')), await lookAt(at('missing'))]).toEqual([null, null])
})

test('a folder is gone when its path is missing or a file, not when it cannot be read', async () => {
  mkdirSync(at('folder'))
  writeFileSync(at('file'), '')
  symlinkSync(at('loop'), at('loop'))
  const gone = await Promise.all(
    ['folder', 'missing', 'file', 'file/below', 'loop'].map((name) => isGone(at(name))),
  )
  expect(gone).toEqual([false, true, true, true, false])
})
