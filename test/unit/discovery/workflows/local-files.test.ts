import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { lookAt, sentBefore } from '../../../../electron/discovery/workflows/local-files.ts'
import type { Need } from '../../../../electron/discovery/workflows/workflow.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'modelferry-local-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
})
const at = (name: string) => join(root, ...name.split('/'))
function write(name: string, bytes: number): void {
  mkdirSync(join(at(name), '..'), { recursive: true })
  writeFileSync(at(name), Buffer.alloc(bytes))
  utimesSync(at(name), 1_000, 1_000)
}
const need = (name: string): Need => ({
  ...{ name, modelType: 'loras', url: null, sha256: null, isOff: false, nodes: [] },
})

test('a file is described with its size, its time and the type that its folder tells', async () => {
  write('models/loras/faces/grain.safetensors', 7)
  expect(await lookAt(at('models/loras/faces/grain.safetensors'))).toEqual({
    ...{ path: at('models/loras/faces/grain.safetensors'), sizeBytes: 7, mtimeMs: 1_000_000 },
    ...{ modelType: 'loras', name: 'faces/grain.safetensors' },
  })
})

test('a missing path, a path below a file and a folder are no file', async () => {
  write('file', 1)
  mkdirSync(at('folder'))
  const looks = await Promise.all(['missing', 'file/below', 'folder'].map((name) => lookAt(at(name))))
  expect(looks).toEqual([null, null, null])
})

test('files sent before are looked up by name in lower case, and those that are gone are left out', async () => {
  write('b.safetensors', 3)
  mkdirSync(at('c.safetensors'))
  const asked: (readonly string[])[] = []
  const found = await sentBefore([need('Faces/B.safetensors'), need('A.safetensors')], {
    sentBefore: (names) => (asked.push(names), ['a', 'b', 'c'].map((name) => at(`${name}.safetensors`))),
  })
  expect(asked).toEqual([['b.safetensors', 'a.safetensors']])
  expect(found.map(({ path }) => path)).toEqual([at('b.safetensors')])
})
