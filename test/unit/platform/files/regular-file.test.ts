import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { openRegularFile } from '../../../../electron/platform/files/regular-file.ts'

vi.mock(import('node:fs/promises'), async (original) => {
  const real = await original()
  return { ...real, open: vi.fn(real.open) }
})

beforeEach(() => void vi.mocked(open).mockClear())

test.each([
  ['a device', () => '/dev/null'],
  ['a folder', () => tmpdir()],
])('doesn’t open %s', async (_what, create) => {
  await expect(openRegularFile(create())).rejects.toThrow('not a regular file')
  expect(open).not.toHaveBeenCalled()
})

test('doesn’t open a link where there is no O_NOFOLLOW', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-regular-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'file'), 'text')
  symlinkSync(join(folder, 'file'), join(folder, 'link'))
  await expect(openRegularFile(join(folder, 'link'), { followLinks: false })).rejects.toThrow('a link')
  expect(open).not.toHaveBeenCalled()
})
