import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { renameUnreadableJson } from '../../../../electron/desktop/settings/unreadable-json.ts'
import { createTestEnvironment, standingClock } from '../../../support/hand-clock.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'settings-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** The names in the folder and the log after `settings.json` was checked. */
async function check() {
  const { log, lines } = createTestEnvironment(standingClock())
  renameUnreadableJson(join(folder, 'settings.json'), log)
  return { names: await readdir(folder), levels: lines.map(({ level }) => level) }
}

test.each(['', '{"theme":', 'null', '5', '"text"', '[]'])(
  'keeps the bytes of %j under another name',
  async (text) => {
    await writeFile(join(folder, 'settings.json'), text)
    const { names, levels } = await check()
    expect([names, levels]).toEqual([[expect.stringMatching(/^settings\.unreadable-\d+\.json$/)], ['warn']])
    expect(await readFile(join(folder, names[0] ?? ''), 'utf8')).toBe(text)
  },
)
