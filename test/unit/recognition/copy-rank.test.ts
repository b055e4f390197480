import { expect, test } from 'vitest'
import { compareCopies } from '../../../electron/recognition/copy-rank.ts'

test.each([
  ['models/loras/x.safetensors', 'models/loras/backup/x.safetensors'],
  ['models/loras/style/x.safetensors', 'models/loras/Backups/x.safetensors'],
  ['models/loras/a/b/x.safetensors', 'models/loras/old_loras/x.safetensors'],
  ['models/loras/a/x.safetensors', 'models/loras/OldLoras/x.safetensors'],
  ['models/loras/a/x.safetensors', 'models/loras/tmp2/x.safetensors'],
  ['models/loras/a/x.safetensors', 'models/loras/copy of a/x.safetensors'],
  ['models/loras/a/x.safetensors', 'models/loras/2024 archive/x.safetensors'],
  ['models/loras/a/x.safetensors', 'models/loras/备份/x.safetensors'],
  ['models/loras/x.safetensors', 'models/loras/a/x.safetensors'],
  ['models/loras/a/x.safetensors', 'models/other/x.safetensors'],
  ['D:\\ComfyUI\\models\\loras\\a\\x.safetensors', 'D:\\Downloads\\x.safetensors'],
  ['models/loras/x.safetensors', 'models/loras/x (1).safetensors'],
  ['models/loras/x.safetensors', 'models/loras/x - Copy.safetensors'],
  ['models/loras/x.safetensors', 'models/loras/Copy of x.safetensors'],
  ['models/loras/x.safetensors', 'models/loras/x copy 2.safetensors'],
  ['ComfyUI/models/loras/a/b/c/x.safetensors', 'Downloads/x.safetensors'],
])('workflows rather look for %s than for %s', (kept, skipped) => {
  expect([compareCopies(kept, skipped) < 0, compareCopies(skipped, kept) > 0]).toEqual([true, true])
})

test.each([
  ['models/loras/x.safetensors', 'models/loras/y.safetensors'],
  ['/home/alice/apps/ComfyUI/models/loras/x.safetensors', 'models/loras/x.safetensors'],
  ['models/loras/golden/x.safetensors', 'models/loras/photocopied/x.safetensors'],
  ['/mnt/backup/loras/x.safetensors', '/mnt/backup/loras/y.safetensors'],
])('finds no difference between %s and %s', (one, other) => {
  expect(compareCopies(one, other)).toBe(0)
})
